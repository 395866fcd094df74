"""The order of training samples, a pure function of seed, epoch and place; nothing is stored.

Within an epoch the order is a permutation made by a Feistel network with cycle walking (Black and
Rogaway, 2002, "Ciphers with arbitrary finite domains"), so the sample at any place is computed at
once. How far a training is, is one number, and any number of ranks can go on from it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom import seeds
from lexloom.errors import ConfigError

NUM_ROUNDS = 8

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleOrder:
    """Which sample comes at each position of a training, through all of its epochs."""

    num_samples: int
    """Samples of one epoch."""
    seed: int
    shuffle: bool = True
    """Whether to permute; else samples come in the order of the plan."""

    def __post_init__(self) -> None:
        if not 1 <= self.num_samples < 1 << 62:
            raise ConfigError(f"there must be one sample or more, got {self.num_samples}")

    def index(self, position: int) -> int:
        """Give the sample at a position, which counts on from epoch to epoch."""
        return int(self.indices(np.array([position]))[0])

    def indices(self, positions: Numbers) -> Numbers:
        """Give the samples at positions, of any shape."""
        positions = np.asarray(positions, dtype=np.int64)
        if positions.size and int(positions.min()) < 0:
            raise ConfigError(f"a position must be 0 or more, got {int(positions.min())}")
        epochs, places = np.divmod(positions, self.num_samples)
        if not self.shuffle:
            return places
        indices = np.empty_like(places)
        for epoch in np.unique(epochs).tolist():
            here = epochs == epoch
            indices[here] = permuted(
                places[here], self.num_samples, seeds.derive(self.seed, "sample order", epoch)
            )
        return indices

    def rank_indices(self, start: int, count: int, *, rank: int, num_ranks: int) -> Numbers:
        """Give one rank's share of the samples at positions ``[start, start + count)``.

        The ranks take turns, so all of them together see what one alone would.
        """
        if num_ranks < 1 or not 0 <= rank < num_ranks:
            raise ConfigError(f"there is no rank {rank} among {num_ranks}")
        return self.indices(np.arange(start + rank, start + count, num_ranks, dtype=np.int64))


def permuted(places: Numbers, num_samples: int, key: int) -> Numbers:
    """Give where a permutation of ``range(num_samples)`` sends places."""
    half_bits = max(1, -(-(num_samples - 1).bit_length() // 2))
    keys = [seeds.derive(key, number) for number in range(NUM_ROUNDS)]
    values = _encipher(places.ravel().astype(np.uint64), half_bits, keys)
    # outside: walk on; the network is a permutation, so the walk comes back in
    outside = np.flatnonzero(values >= num_samples)
    while len(outside):
        values[outside] = _encipher(values[outside], half_bits, keys)
        outside = outside[values[outside] >= num_samples]
    return values.astype(np.int64).reshape(places.shape)


def _encipher(values: Words, half_bits: int, keys: list[int]) -> Words:
    mask = np.uint64((1 << half_bits) - 1)
    left, right = values >> np.uint64(half_bits), values & mask
    for key in keys:
        left, right = right, left ^ (_mixed(right ^ np.uint64(key)) & mask)
    return (left << np.uint64(half_bits)) | right


def _mixed(values: Words) -> Words:
    """Mix the bits of each number, as SplitMix64 ends (Steele et al., 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
