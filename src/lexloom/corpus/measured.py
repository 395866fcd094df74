"""A text with what filters look at, measured once: its units and its lines."""

from collections import Counter
from dataclasses import dataclass
from typing import Self

import numpy as np

from lexloom.corpus.grams import Hashes, Units, gram_hashes, split_units


@dataclass(frozen=True, slots=True)
class Measured:
    """A text, its units and its lines."""

    text: str
    units: Units
    lines: list[str]
    """Without white space at either end, and without empty ones."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Measure `text`."""
        stripped = [line.strip() for line in text.split("\n")]
        return cls(text, split_units(text), [line for line in stripped if line])

    def repeated_line_shares(self) -> tuple[float, float]:
        """Give the share of lines that repeat an earlier one, and that of their characters."""
        counts = Counter(self.lines)
        num_repeats = len(self.lines) - len(counts)
        if not num_repeats:
            return 0.0, 0.0
        repeated = sum(len(line) * (count - 1) for line, count in counts.items() if count > 1)
        return num_repeats / len(self.lines), repeated / sum(map(len, self.lines))

    def gram_shares(self, top_size: int, repeat_size: int) -> tuple[float, float]:
        """Give how much of a text is its most frequent n-gram, and how much repeats an n-gram.

        The first is the share of units that the most frequent n-gram of `top_size` units would
        cover, the second that of n-grams of `repeat_size` units that stood before.
        """
        hashes = self.units.hashes
        top = _longest_run(gram_hashes(hashes, top_size))
        grams = np.sort(gram_hashes(hashes, repeat_size))
        num_repeats = int((grams[1:] == grams[:-1]).sum())
        return (
            min(1.0, top * top_size / len(hashes)) if top > 1 else 0.0,
            num_repeats / len(grams) if num_repeats else 0.0,
        )


def _longest_run(grams: Hashes) -> int:
    """Give how often the most frequent hash is there."""
    if not len(grams):
        return 0
    grams = np.sort(grams)
    ends = np.flatnonzero(grams[1:] != grams[:-1])
    return int(np.diff(np.concatenate([[-1], ends, [len(grams) - 1]])).max())
