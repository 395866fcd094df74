"""Find any of many phrases in a text at once, as runs of units: boilerplate, and a user's words.

Words match whole and in any case, Chinese by characters; what stands between units does not count.
The work is one look-up a unit, whatever the number of phrases.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from lexloom.corpus.grams import Hashes, Positions, Units, gram_hashes, split_units
from lexloom.errors import ConfigError

FILTER_BITS = 18


class PhraseTable:
    """Phrases by the hashes of their units."""

    def __init__(self, phrases: Iterable[str]) -> None:
        by_size: dict[int, list[int]] = {}
        self._may_begin = np.zeros(1 << FILTER_BITS, np.bool_)
        self._may_follow = np.zeros(1 << FILTER_BITS, np.bool_)
        for phrase in phrases:
            hashes = split_units(phrase).hashes
            if len(hashes):
                self._may_begin[_low_bits(hashes[:1])] = True
                # behind a phrase of one unit anything may follow, so it has no second filter
                self._may_follow[_low_bits(hashes[1:2]) if len(hashes) > 1 else slice(None)] = True
                by_size.setdefault(len(hashes), []).append(int(gram_hashes(hashes, len(hashes))[0]))
        self._by_size = {size: frozenset(keys) for size, keys in sorted(by_size.items())}

    def __len__(self) -> int:
        return sum(len(keys) for keys in self._by_size.values())

    def find(self, units: Units) -> Positions:
        """Give the number of the first unit of each occurrence, in order."""
        if not self._by_size:
            return np.zeros(0, np.int64)
        begins = np.flatnonzero(self._may_begin[_low_bits(units.hashes)])
        following = units.hashes[np.minimum(begins + 1, len(units) - 1)]
        begins = begins[self._may_follow[_low_bits(following)]]
        if not len(begins):
            return begins
        found = [self._matches(units.hashes, begins, size) for size in self._by_size]
        return np.unique(np.concatenate(found))

    def _matches(self, hashes: Hashes, begins: Positions, size: int) -> Positions:
        fitting = begins[begins <= len(hashes) - size]
        if not len(fitting):
            return fitting
        # the candidates' runs one behind the other; every size-th n-gram lies in one run
        runs = hashes[fitting[:, None] + np.arange(size)].ravel()
        keys = gram_hashes(runs, size)[::size]
        known = self._by_size[size]
        return fitting[[key in known for key in keys.tolist()]]


def read_phrases(path: Path) -> list[str]:
    """Read a user's word list: one phrase a line, ``#`` begins a comment line.

    Raises:
        ConfigError: If the file cannot be read, or holds no phrase.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(
            f"cannot read the word list {path}: {error.strerror}", hint="check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"the word list {path} is not UTF-8", hint="convert it; one phrase a line"
        ) from error
    phrases = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not phrases:
        raise ConfigError(f"the word list {path} holds no phrase", hint="one phrase a line")
    return phrases


def _low_bits(hashes: Hashes) -> Positions:
    return (hashes & np.uint64((1 << FILTER_BITS) - 1)).astype(np.int64)
