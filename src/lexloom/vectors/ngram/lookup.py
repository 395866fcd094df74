"""Find many keys at once among sorted ones: a hash table whose probes are array operations.

A binary search waits for memory some twenty times a key; here nearly every key is found, or found
missing, at the first or second look, which a batch takes for all its keys together.
"""

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.ngram.counts import Keys, Nodes

MISSING = -1
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Of Fibonacci hashing: 2**64 divided by the golden ratio, odd."""
SLOTS_PER_KEY = 2


class KeyTable:
    """Distinct non-negative keys, and for each its place among them."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        num_bits = max(1, (SLOTS_PER_KEY * len(keys)).bit_length())
        self._shift = np.uint64(64 - num_bits)
        self._mask = (1 << num_bits) - 1
        self._slots = np.full(1 << num_bits, MISSING, np.int32)
        self._fill()

    def find(self, keys: Keys) -> Nodes:
        """Give the place of each key, `MISSING` for a key that is not there."""
        if not len(self.keys):
            return np.full(len(keys), MISSING, np.int32)
        homes = self._homes(keys)
        places = self._slots[homes]
        waiting = np.flatnonzero((places >= 0) & (self.keys[places] != keys))
        while len(waiting):
            homes[waiting] = slots = (homes[waiting] + 1) & self._mask
            places[waiting] = found = self._slots[slots]
            waiting = waiting[(found >= 0) & (self.keys[found] != keys[waiting])]
        return places

    def _homes(self, keys: Keys) -> NDArray[np.int64]:
        hashes: NDArray[np.uint64] = keys.view(np.uint64) * MULTIPLIER
        return (hashes >> self._shift).view(np.int64)

    def _fill(self) -> None:
        """Give each key the first free slot from its home on; of rivals, the last one stays."""
        homes = self._homes(self.keys)
        waiting = np.arange(len(self.keys), dtype=np.int32)
        while len(waiting):
            slots = homes[waiting]
            is_free = self._slots[slots] < 0
            self._slots[slots[is_free]] = waiting[is_free]
            waiting = waiting[self._slots[slots] != waiting]
            homes[waiting] = (homes[waiting] + 1) & self._mask
