"""MinHash signatures of texts, and the keys by which near-duplicates find each other.

After Broder (1997): the share of equal places of two signatures estimates the Jaccard similarity of
the two sets of n-grams. Places are cut into bands; texts that agree in a whole band are candidates.
`rensa` does the hashing: on whole arrays it is several times faster than numpy. `dedupe` remembers.
"""

from dataclasses import dataclass

import numpy as np
import rensa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from lexloom.corpus.grams import GRAM_BASE, Hashes, gram_hashes
from lexloom.errors import ConfigError

Signature = NDArray[np.uint16]

ALGORITHM: int = rensa.RMinHash.ALGORITHM_VERSION
"""Signatures of another version cannot be compared with ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MinHashConfig:
    """How near-duplicates are told."""

    gram_units: int = 5
    """Units (words or Chinese characters) of an n-gram."""
    num_bands: int = 14
    band_rows: int = 8
    """Places of a signature are bands times rows; more rows find only closer texts."""
    threshold: float = 0.75
    """Least estimated Jaccard similarity of a duplicate, in (0, 1]."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("gram_units", "num_bands", "band_rows"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0.0 < self.threshold <= 1.0:
            raise ConfigError(
                f"threshold must be in (0, 1], got {self.threshold}",
                hint="give a share such as 0.75, not a percentage",
            )

    @property
    def num_places(self) -> int:
        """Length of a signature."""
        return self.num_bands * self.band_rows


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is remembered of a text."""

    signature: Signature
    """The lowest 16 bits of each minimum (b-bit MinHash: Li and König, 2010, arXiv:0910.3349)."""
    keys: Hashes
    """One a band."""


def sketch(hashes: Hashes, config: MinHashConfig, *, seed: int = 0) -> Sketch | None:
    """Give the sketch of a text from the hashes of its units; None where it has no n-gram."""
    grams = gram_hashes(hashes, config.gram_units)
    if not len(grams):
        return None
    minima = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        grams, [0, len(grams)], config.num_places, seed
    ).to_rows()
    values = np.array(minima[0], np.uint64)
    return Sketch((values & np.uint64(0xFFFF)).astype(np.uint16), _band_keys(values, config))


def similarity(first: Signature, second: Signature) -> float:
    """Estimate the Jaccard similarity of two texts from their signatures, in [0, 1]."""
    return float((first == second).mean())


def _band_keys(values: Hashes, config: MinHashConfig) -> Hashes:
    """Hash each band, with its number, to one key."""
    numbers = np.arange(config.num_bands, dtype=np.uint64)[:, None]
    rows = np.hstack([numbers, values.reshape(config.num_bands, config.band_rows)])
    weights = np.cumprod(np.full(config.band_rows + 1, GRAM_BASE, np.uint64))
    sums: Hashes = ((rows + np.uint64(1)) * weights).sum(axis=1, dtype=np.uint64)
    return gram_hashes(sums, 1)
