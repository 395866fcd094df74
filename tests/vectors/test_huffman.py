import heapq

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.huffman import huffman_paths

counts = st.lists(st.integers(1, 1000), min_size=2, max_size=60).map(
    lambda values: np.array(sorted(values, reverse=True))
)


def codes(paths):
    for start, stop in zip(paths.starts, paths.starts[1:], strict=False):
        yield paths.nodes[start:stop].tolist(), paths.labels[start:stop].astype(int).tolist()


def shortest(counts):
    """The least sum of count times depth, by a heap."""
    heap, total = counts.tolist(), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        total += joined
        heapq.heappush(heap, joined)
    return total


@given(counts)
def test_paths_are_the_shortest_there_are(counts):
    paths = huffman_paths(counts)
    assert (np.diff(paths.starts) * counts).sum() == shortest(counts)


@given(counts)
def test_each_word_has_turns_of_its_own_from_the_root(counts):
    found = [*codes(huffman_paths(counts))]
    assert len({tuple(turns) for _, turns in found}) == len(counts)
    root = len(counts) - 2
    below = {}
    for nodes, turns in found:
        assert nodes[0] == root
        for node, turn, after in zip(nodes, turns, [*nodes[1:], None], strict=True):
            # a turn leads to one inner node, or to a word
            if after is not None:
                assert below.setdefault((node, turn), after) == after
    assert {node for nodes, _ in found for node in nodes} == set(range(len(counts) - 1))


def test_frequent_words_have_short_paths():
    lengths = np.diff(huffman_paths(np.array([100, 10, 5, 1])).starts)
    assert lengths.tolist() == [1, 2, 3, 3]
