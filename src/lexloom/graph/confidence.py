"""How sure the graph is of an entity or a fact that several documents support."""

import math
from collections.abc import Iterable


def noisy_or(confidences: list[float]) -> float:
    """Give the chance that at least one of independent sources is right: ``1 - prod(1 - c)``.

    The caller gives one confidence per document, the greatest in it, for two readings of the same
    text are not independent. Sorted and rounded to six decimals, so that the order of adding
    never shows.
    """
    return round(1.0 - math.prod(1.0 - c for c in sorted(confidences)), 6)


class NoisyOr:
    """`noisy_or` as an aggregate of SQL."""

    def __init__(self) -> None:
        self.confidences: list[float] = []

    def step(self, confidence: float) -> None:
        """Take the confidence of one more document."""
        self.confidences.append(confidence)

    def finalize(self) -> float:
        """Give the confidence of the group."""
        return noisy_or(self.confidences)


def support(confidences: Iterable[tuple[str, float]]) -> tuple[float, int]:
    """Give the confidence from pairs of document and confidence, and the number of documents."""
    best: dict[str, float] = {}
    for document, confidence in confidences:
        best[document] = max(confidence, best.get(document, 0.0))
    return noisy_or(list(best.values())), len(best)
