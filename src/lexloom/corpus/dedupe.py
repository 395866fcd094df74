"""Which documents were there before: exact copies by hash, near-duplicates by MinHash.

The first in the order of the input is kept, and a later one is a duplicate only of a document that
was kept, so that a chain of small changes does not remove its far end.

Memory for each kept document, with the default of 14 bands of 8 places: 12 bytes for the exact
hash, 14 x 12 for the keys of the bands, 224 for the signature, and its id with 8 bytes: about 410
bytes and the id, up to twice as much while sorted runs are merged. Texts are not held.
"""

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.corpus.grams import Hashes
from lexloom.corpus.minhash import MinHashConfig, Sketch

RECENT = 1 << 16
"""Keys that wait in a dictionary before they become a sorted run."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides whether a text was there before."""

    exact: int
    """64 bits of the hash of the whole text."""
    sketch: Sketch | None
    """None where near-duplicates are not looked for."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The kept document that a text repeats."""

    of: str
    reason: str
    """``exact_duplicate`` or ``near_duplicate``."""
    similarity: float
    """Estimated Jaccard similarity; 1 for an exact copy."""


class HashIndex:
    """Numbers by 64-bit keys, 12 bytes each: sorted runs that are merged when they are alike."""

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._runs: list[tuple[Hashes, NDArray[np.uint32]]] = []

    def find(self, keys: Hashes) -> list[int]:
        """Give the numbers stored under any of the keys, lowest first."""
        found = {self._recent[key] for key in keys.tolist() if key in self._recent}
        for run_keys, run_numbers in self._runs:
            places = np.searchsorted(run_keys, keys)
            places[places == len(run_keys)] = 0
            hits = run_keys[places] == keys
            if hits.any():
                found.update(run_numbers[places[hits]].tolist())
        return sorted(found)

    def add(self, keys: Hashes, number: int) -> None:
        """Store `number` under keys; one that is there already keeps its number."""
        for key in keys.tolist():
            self._recent.setdefault(key, number)
        if len(self._recent) >= RECENT:
            self._freeze()

    def _freeze(self) -> None:
        keys = np.fromiter(self._recent.keys(), np.uint64, len(self._recent))
        numbers = np.fromiter(self._recent.values(), np.uint32, len(self._recent))
        order = np.argsort(keys)
        self._runs.append((keys[order], numbers[order]))
        self._recent = {}
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            second, first = self._runs.pop(), self._runs.pop()
            keys = np.concatenate([first[0], second[0]])
            numbers = np.concatenate([first[1], second[1]])
            order = np.argsort(keys, kind="stable")
            self._runs.append((keys[order], numbers[order]))


class Memory:
    """The kept documents so far."""

    def __init__(self, config: MinHashConfig) -> None:
        self._config = config
        self._exact = HashIndex()
        self._near = HashIndex()
        self._signatures = np.zeros((64, config.num_places), np.uint16)
        self._names = bytearray()
        self._name_ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._name_ends) - 1

    def find(self, fingerprint: Fingerprint) -> Duplicate | None:
        """Give the kept document that a text repeats, the most similar one, or None."""
        same = self._exact.find(np.array([fingerprint.exact], np.uint64))
        if same:
            return Duplicate(self._name(same[0]), "exact_duplicate", 1.0)
        if fingerprint.sketch is None:
            return None
        candidates = self._near.find(fingerprint.sketch.keys)
        if not candidates:
            return None
        equal = self._signatures[candidates] == fingerprint.sketch.signature
        estimates = equal.mean(axis=1)
        best = int(estimates.argmax())
        if estimates[best] < self._config.threshold:
            return None
        return Duplicate(self._name(candidates[best]), "near_duplicate", float(estimates[best]))

    def add(self, name: str, fingerprint: Fingerprint) -> None:
        """Remember a kept document by its id."""
        number = len(self)
        self._exact.add(np.array([fingerprint.exact], np.uint64), number)
        if fingerprint.sketch is not None:
            self._near.add(fingerprint.sketch.keys, number)
            if number >= len(self._signatures):
                self._signatures = np.resize(
                    self._signatures, (2 * number, self._config.num_places)
                )
            self._signatures[number] = fingerprint.sketch.signature
        self._names += name.encode("utf-8", "surrogatepass")
        self._name_ends.append(len(self._names))

    def _name(self, number: int) -> str:
        start, end = self._name_ends[number], self._name_ends[number + 1]
        return self._names[start:end].decode("utf-8", "surrogatepass")
