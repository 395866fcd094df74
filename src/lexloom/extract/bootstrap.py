"""Confidence intervals by the bootstrap over documents (Efron, 1979), from per-document counts.

Whole documents are drawn with replacement, for the facts of one document are not independent. The
work is a product of a weight matrix and the counts; no document is scored again.

Dimensions: R resamples, D documents, C types; the last axis of counts is correct, predicted, gold.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
CORRECT, PREDICTED, GOLD = range(3)
WEIGHTS_PER_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


def resampled_counts(
    counts_DC3: NDArray[np.int64] | FloatArray, *, num_resamples: int, seed: int
) -> NDArray[np.float64]:
    """Give the counts summed over the documents of each resample, shape ``(R, C, 3)``.

    Any numbers will do that are added up over documents, with any further dimensions.

    Equal numbers of documents and equal seeds draw the same documents, so two systems can be
    compared resample by resample.
    """
    num_documents = counts_DC3.shape[0]
    flat_Dx = counts_DC3.reshape(num_documents, -1).astype(np.float64)
    sums = [weights_RD @ flat_Dx for weights_RD in _weights(num_documents, num_resamples, seed)]
    return np.concatenate(sums).reshape(num_resamples, *counts_DC3.shape[1:])


def _weights(num_documents: int, num_resamples: int, seed: int) -> Iterator[FloatArray]:
    """Draw how often each document stands in each resample, a bounded number of rows at a time."""
    generator = np.random.default_rng(seed)
    rows = max(1, WEIGHTS_PER_CHUNK // num_documents)
    for first in range(0, num_resamples, rows):
        size = min(rows, num_resamples - first)
        drawn = generator.integers(0, num_documents, size=(size, num_documents))
        drawn += np.arange(size)[:, None] * num_documents
        weights = np.bincount(drawn.ravel(), minlength=size * num_documents)
        yield weights.reshape(size, num_documents).astype(np.float64)


def f1_of(counts_x3: FloatArray) -> FloatArray:
    """Give F1 from counts with any leading dimensions; NaN where there is no fact at all."""
    total = counts_x3[..., PREDICTED] + counts_x3[..., GOLD]
    f1 = np.full(total.shape, np.nan)
    np.divide(2 * counts_x3[..., CORRECT], total, out=f1, where=total > 0)
    return f1


def percentile_interval(values_R: FloatArray) -> Interval:
    """Give the central 95 % of the resampled values; NaN, a resample without facts, is left out."""
    values_R = values_R[~np.isnan(values_R)]
    if not values_R.size:
        return Interval(0.0, 0.0)
    low, high = np.quantile(values_R, [0.025, 0.975])
    return Interval(float(low), float(high))
