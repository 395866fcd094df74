"""Chances of word2vec: which occurrences are left out, and which words are drawn as negatives."""

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.word2vec_job import Sampler

MAX_DRAW = (1 << 32) - 1


def keep_thresholds(counts: NDArray[np.int64], sample: float | None) -> NDArray[np.uint32]:
    """Give each word the largest draw of 32 bits at which an occurrence of it is kept.

    A word that makes up the share f of the corpus is kept with the chance
    ``sqrt(sample / f) + sample / f``, as word2vec.c has it; the paper (Mikolov et al., 2013,
    arXiv:1310.4546, eq. 5) leaves the second term out.

    Args:
        counts: How often each word came.
        sample: The share above which words are thinned out; None keeps all.
    """
    if sample is None:
        return np.full(len(counts), MAX_DRAW, np.uint32)
    ratio = sample * counts.sum() / np.maximum(counts, 1)
    chance = np.minimum(np.sqrt(ratio) + ratio, 1.0)
    thresholds: NDArray[np.uint32] = np.floor(chance * MAX_DRAW).astype(np.uint32)
    return thresholds


def negative_sampler(counts: NDArray[np.int64], power: float) -> Sampler:
    """Make the table that draws words by the chance ``count ** power`` in one step.

    The alias method (Walker, 1977) by Vose's linear construction (1991).
    """
    weights = np.maximum(counts, 1).astype(np.float64) ** power
    share = weights * (len(counts) / weights.sum())
    table = np.empty((len(counts), 2), np.uint32)
    table[:, 0], table[:, 1] = MAX_DRAW, np.arange(len(counts))
    shares = share.tolist()
    small = [word for word, value in enumerate(shares) if value < 1]
    large = [word for word, value in enumerate(shares) if value >= 1]
    while small and large:
        less, more = small.pop(), large[-1]
        table[less] = min(int(shares[less] * MAX_DRAW), MAX_DRAW), more
        shares[more] -= 1 - shares[less]
        if shares[more] < 1:
            small.append(large.pop())
    return Sampler(table)
