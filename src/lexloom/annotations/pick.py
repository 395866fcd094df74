"""Which texts to annotate next: at random, or those in which a model is most in doubt.

Doubt alone picks near-copies of one hard text, so texts that are like a picked one count less
(maximal marginal relevance, Carbonell and Goldstein, 1998). `extract.doubt` says what doubt is.

Dimensions: N texts, M texts in the pool, D features.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lexloom.seeds import derive

POOL_FACTOR = 10
"""Of the most doubtful texts, how many times those wanted are looked at."""


def pick_at_random(texts: Sequence[str], count: int, *, seed: int = 0) -> list[int]:
    """Give the places of `count` texts, drawn by the hash of the text and so the same each time."""
    return sorted(range(len(texts)), key=lambda place: (derive(seed, texts[place]), place))[:count]


def pick_doubtful(
    doubts_N: NDArray[np.float32], vectors_ND: NDArray[np.float32], count: int
) -> list[int]:
    """Give the places of `count` doubtful texts that differ from each other, the first one first.

    Each time the text is taken whose doubt, times how unlike it is to those taken, is greatest.

    Args:
        doubts_N: How much in doubt a model is, at least 0.
        vectors_ND: What the texts are about; of two texts that are alike the angle is small.
        count: How many are wanted; fewer come where there are fewer texts.
    """
    pool_M = np.argsort(-doubts_N, kind="stable")[: POOL_FACTOR * count]
    unit_MD = _directions(vectors_ND)[pool_M]
    # without doubt, what is unlike still comes first
    worth_M = doubts_N[pool_M].astype(np.float64) + 1e-6
    likeness_M = np.zeros(len(pool_M))
    picked: list[int] = []
    for _ in range(min(count, len(pool_M))):
        best = int(np.argmax(worth_M * (1.0 - likeness_M)))
        picked.append(int(pool_M[best]))
        likeness_M = np.maximum(likeness_M, unit_MD @ unit_MD[best])
        likeness_M[best] = np.inf
    return picked


def _directions(vectors_ND: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give vectors of length 1 from the middle of all: what all texts share says nothing."""
    centred_ND = vectors_ND.astype(np.float64) - vectors_ND.astype(np.float64).mean(0)
    lengths_N1 = np.linalg.norm(centred_ND, axis=1, keepdims=True)
    directions: NDArray[np.float64] = centred_ND / np.maximum(lengths_N1, 1e-9)
    return directions
