"""How well labels, scores and tags agree with gold ones, and 95 % intervals by the bootstrap.

Shares are in [0, 1], correlations in [-1, 1]. Where a measure is not defined it is 0, as for the F1
of a class that never occurs. Facts in texts are scored by `extract.score`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lexloom.annotations.tagged import is_spans
from lexloom.annotations.tags import decode_tags

Floats = NDArray[np.float64]
Chosen = NDArray[np.int64] | slice
ALL = slice(None)


def confusion(gold: ArrayLike, found: ArrayLike, num_classes: int) -> NDArray[np.int64]:
    """Count how often each gold class (row) was taken for each class (column)."""
    flat = np.asarray(gold) * num_classes + np.asarray(found)
    return np.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes)


def accuracy(counts_CC: NDArray[np.int64]) -> float:
    """Give the share of right ones."""
    return _ratio(np.trace(counts_CC), counts_CC.sum())


def class_f1(counts_CC: NDArray[np.int64]) -> Floats:
    """Give the F1 of each class, the harmonic mean of its precision and recall."""
    right = np.diag(counts_CC).astype(np.float64)
    total = counts_CC.sum(0) + counts_CC.sum(1)
    f1: Floats = np.divide(2 * right, total, out=np.zeros(len(right)), where=total > 0)
    return f1


def macro_f1(counts_CC: NDArray[np.int64]) -> float:
    """Give the mean F1 of the classes that occur, in gold or found."""
    occurs = (counts_CC.sum(0) + counts_CC.sum(1)) > 0
    return float(class_f1(counts_CC)[occurs].mean()) if occurs.any() else 0.0


def matthews(counts_CC: NDArray[np.int64]) -> float:
    """Give Matthews' correlation of gold and found classes (Gorodkin, 2004, eq. 8)."""
    counts = counts_CC.astype(np.float64)
    gold, found, total = counts.sum(1), counts.sum(0), counts.sum()
    shared = np.trace(counts) * total - gold @ found
    spread = (total**2 - gold @ gold) * (total**2 - found @ found)
    return _ratio(shared, np.sqrt(spread))


def pearson(gold: ArrayLike, found: ArrayLike) -> float:
    """Give the linear correlation."""
    x, y = (np.asarray(values, dtype=np.float64) for values in (gold, found))
    if not len(x) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    x, y = _centred(x), _centred(y)
    return float(np.clip(_ratio(float(x @ y), math.sqrt((x @ x) * (y @ y))), -1.0, 1.0))


def _centred(values: Floats) -> Floats:
    """Give the distances from the mean, the largest as 1, so that no tiny one's square is 0."""
    centred = values - values.mean()
    return np.asarray(centred / np.abs(centred).max())


def spearman(gold: ArrayLike, found: ArrayLike) -> float:
    """Give the correlation of ranks, equal values sharing the mean of theirs."""
    return pearson(ranks(gold), ranks(found))


def ranks(values: ArrayLike) -> Floats:
    """Give the rank of each value from 1; equal values get the mean of their ranks."""
    _, number, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2)[number]


def span_counts(gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Count the right, found and gold spans of each sentence's tags, shape ``(S, 3)``."""
    rows = np.zeros((len(gold), 3), dtype=np.int64)
    for row, tags in enumerate(zip(gold, found, strict=True)):
        wanted, got = (set(decode_tags(side)) for side in tags)
        rows[row] = len(wanted & got), len(got), len(wanted)
    return rows


def span_f1(counts_S3: NDArray[np.int64]) -> float:
    """Give the F1 of all spans together, type and borders right."""
    right, found, gold = counts_S3.sum(0).tolist()
    return _ratio(2 * right, found + gold)


class Scorer(Protocol):
    """Items with gold and found answers."""

    def __len__(self) -> int:
        """Give the number of items that can be drawn by themselves."""
        ...

    def measure(self, chosen: Chosen = ALL) -> dict[str, float]:
        """Give every measure over the chosen items, the main one first."""
        ...


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Classes of texts, by their numbers."""

    gold: NDArray[np.int64]
    found: NDArray[np.int64]
    num_classes: int

    def __len__(self) -> int:
        """Give the number of texts."""
        return len(self.gold)

    def measure(self, chosen: Chosen = ALL) -> dict[str, float]:
        """Give accuracy, F1 and Matthews' correlation; of two classes the last is positive."""
        counts = confusion(self.gold[chosen], self.found[chosen], self.num_classes)
        scores = {"accuracy": accuracy(counts)}
        if self.num_classes == 2:
            scores["f1"] = float(class_f1(counts)[1])
        return scores | {"f1_macro": macro_f1(counts), "matthews": matthews(counts)}


@dataclass(frozen=True, slots=True)
class NumberScores:
    """Scores of texts."""

    gold: Floats
    found: Floats

    def __len__(self) -> int:
        """Give the number of texts."""
        return len(self.gold)

    def measure(self, chosen: Chosen = ALL) -> dict[str, float]:
        """Give both correlations and the mean absolute error."""
        gold, found = self.gold[chosen], self.found[chosen]
        return {
            "spearman": spearman(gold, found),
            "pearson": pearson(gold, found),
            "mean_absolute_error": float(np.abs(gold - found).mean()),
        }


class TagScores:
    """Tags of words; spans too where the tags are BIO."""

    def __init__(self, gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> None:
        self._words_S2 = np.array(
            [
                (sum(g == f for g, f in zip(*rows, strict=True)), len(rows[0]))
                for rows in zip(gold, found, strict=True)
            ],
            dtype=np.int64,
        )
        has_spans = all(is_spans(tags) for tags in (*gold, *found))
        self._spans_S3 = span_counts(gold, found) if has_spans else None

    def __len__(self) -> int:
        """Give the number of sentences."""
        return len(self._words_S2)

    def measure(self, chosen: Chosen = ALL) -> dict[str, float]:
        """Give the F1 of spans, if there are any, and the share of right tags."""
        scores = {} if self._spans_S3 is None else {"f1": span_f1(self._spans_S3[chosen])}
        right, total = self._words_S2[chosen].sum(0).tolist()
        return scores | {"accuracy": _ratio(right, total)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure and its 95 % interval."""

    value: float
    low: float
    high: float


def estimate(scorer: Scorer, *, num_resamples: int = 1_000, seed: int = 0) -> dict[str, Estimate]:
    """Give every measure with its interval, from items drawn anew with replacement (Efron, 1979).

    Equal numbers of items and equal seeds draw the same items, so that two models can be compared.
    """
    values = scorer.measure()
    draw = np.random.default_rng(seed)
    size = len(scorer)
    rows = [scorer.measure(draw.integers(0, size, size)) for _ in range(num_resamples)]
    low, high = np.quantile([list(row.values()) for row in rows], [0.025, 0.975], axis=0)
    return {
        name: Estimate(value, float(low[number]), float(high[number]))
        for number, (name, value) in enumerate(values.items())
    }


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
