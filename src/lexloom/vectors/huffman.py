"""The Huffman tree of a vocabulary, for hierarchical softmax (Morin and Bengio, 2005)."""

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.word2vec_job import Paths


def huffman_paths(counts: NDArray[np.int64]) -> Paths:
    """Give the path from the root to each of V words, ``V - 1`` inner nodes being numbered.

    Args:
        counts: How often each word came, descending.
    """
    parents, turns = _tree(counts)
    depths = np.zeros(2 * len(counts) - 1, np.int64)
    for node in range(len(depths) - 2, -1, -1):
        depths[node] = depths[parents[node]] + 1
    lengths = depths[: len(counts)]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    nodes = np.empty(starts[-1], np.uint32)
    labels = np.empty(starts[-1], np.float32)
    # all words go up one step at a time, and fill their paths from the end
    here, at = np.arange(len(counts)), starts[1:] - 1
    while len(here):
        up = parents[here]
        nodes[at] = up - len(counts)
        labels[at] = 1 - turns[here]
        here, at = up, at - 1
        goes_on = here < len(parents) - 1
        here, at = here[goes_on], at[goes_on]
    return Paths(starts.astype(np.int64), nodes, labels)


def _tree(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Join the two rarest nodes until one is left: two queues, for both stay in order."""
    num_words = len(counts)
    weights = counts.tolist() + [0] * (num_words - 1)
    parents = np.zeros(2 * num_words - 1, np.int64)
    turns = np.zeros(2 * num_words - 1, np.int8)
    leaf, inner = num_words - 1, num_words
    for made in range(num_words, 2 * num_words - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and (inner >= made or weights[leaf] < weights[inner]):
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(inner)
                inner += 1
        weights[made] = weights[pair[0]] + weights[pair[1]]
        parents[pair] = made
        turns[pair[1]] = 1
    return parents, turns
