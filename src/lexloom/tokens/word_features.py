"""Rows of words to numbers: words, pairs of characters, spellings, and words of a lexicon.

What a tagger on vectors reads. The lexicon's words that stand in a row are given to each place as
four bags, by the part of the word that the place is (SoftLexicon: Ma et al., 2020,
arXiv:1908.05969). Subwords are `units`' matter.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ArtifactError

PADDING, UNKNOWN = 0, 1
NUM_RESERVED = 2
"""Numbers that stand for no word."""
NUM_PARTS = 4
BEGIN, MIDDLE, END, WHOLE = range(NUM_PARTS)
"""Which part of a word a place is."""
MAX_CHARACTERS = 24
"""Characters of a word whose spelling is read."""

Ids = NDArray[np.int64]


class Numbering:
    """Strings and their numbers, the first one's being `NUM_RESERVED`."""

    def __init__(self, strings: Sequence[str]) -> None:
        """Set up.

        Raises:
            ArtifactError: If a string comes twice.
        """
        self.strings = tuple(strings)
        self._ids = {text: number for number, text in enumerate(self.strings, NUM_RESERVED)}
        if len(self._ids) != len(self.strings):
            raise ArtifactError("a vocabulary holds the same string twice", hint="train it again")

    @property
    def num_ids(self) -> int:
        """How many numbers there are, the reserved ones too."""
        return len(self.strings) + NUM_RESERVED

    def __contains__(self, text: object) -> bool:
        return text in self._ids

    def id_of(self, text: str) -> int:
        """Give a string's number: as it stands, else without width and case, else unknown."""
        number = self._ids.get(text)
        return self._ids.get(plain(text), UNKNOWN) if number is None else number


def plain(text: str) -> str:
    """Give a string without differences of width and case."""
    return unicodedata.normalize("NFKC", text).lower()


@dataclass(frozen=True, slots=True)
class LexiconMatches:
    """The lexicon's words in a row, sorted by slot; a slot is a place's number times 4 + part."""

    slots_N: Ids
    word_ids_N: Ids
    weights_N: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WordFeatures:
    """A row of T words as numbers."""

    word_ids_T: Ids
    bigram_ids_T: Ids | None = None
    spellings: list[list[int]] | None = None
    """The numbers of each word's characters."""
    lexicon: LexiconMatches | None = None

    def __len__(self) -> int:
        return len(self.word_ids_T)


class Lexicon:
    """Words that are looked for in rows, and how much each weighs."""

    def __init__(self, words: Sequence[str], counts: Sequence[int] | None = None) -> None:
        """Set up.

        Args:
            words: The words; they get the numbers of a `Numbering`.
            counts: How often each came in a corpus; None where that is not known.

        Raises:
            ArtifactError: If a word is empty or comes twice, or the numbers differ.
        """
        self.numbering = Numbering(words)
        self.counts = tuple(counts) if counts is not None else (1,) * len(words)
        if len(self.counts) != len(words) or "" in self.numbering:
            raise ArtifactError("a lexicon needs words and as many counts", hint="train it again")
        # frequent words say more, but not in proportion: one of them would drown all others
        self._weights = 1.0 + np.log(np.maximum(np.array(self.counts, np.float64), 1.0))
        self._prefixes = {word[:end] for word in words for end in range(1, len(word))}
        self._places = {word: place for place, word in enumerate(words)}

    def spans(self, row: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Give the words that stand in a row: first and last place, and the word's own place."""
        for first in range(len(row)):
            text = ""
            for last in range(first, len(row)):
                if not row[last]:  # a word without characters is no part of another
                    continue
                text += row[last]
                if row[first] and text in self._places:
                    yield first, last, self._places[text]
                if text not in self._prefixes:
                    break

    def match(self, row: Sequence[str]) -> LexiconMatches:
        """Give each place's bags; the weights of a place sum to the number of its bags."""
        slots: list[int] = []
        places: list[int] = []
        for first, last, place in self.spans(row):
            if first == last:
                parts = [first * NUM_PARTS + WHOLE]
            else:
                middle = (at * NUM_PARTS + MIDDLE for at in range(first + 1, last))
                parts = [first * NUM_PARTS + BEGIN, *middle, last * NUM_PARTS + END]
            slots += parts
            places += [place] * len(parts)
        order = np.argsort(slots, kind="stable")
        slots_N = np.array(slots, np.int64)[order]
        places_N = np.array(places, np.int64)[order]
        weights_N = self._weights[places_N]
        at_N = slots_N // NUM_PARTS
        sums_T = np.bincount(at_N, weights_N, minlength=len(row))
        weights_N = NUM_PARTS * weights_N / sums_T[at_N]
        return LexiconMatches(slots_N, places_N + NUM_RESERVED, weights_N.astype(np.float32))


@dataclass(frozen=True)
class WordFeaturizer:
    """What is known by number; makes numbers of rows."""

    words: Numbering
    bigrams: Numbering | None = None
    characters: Numbering | None = None
    lexicon: Lexicon | None = field(default=None, repr=False)

    def encode(self, row: Sequence[str]) -> WordFeatures:
        """Give the numbers of a row of words."""
        return WordFeatures(
            np.array([self.words.id_of(word) for word in row], np.int64),
            self._bigrams(row),
            self._spellings(row),
            None if self.lexicon is None else self.lexicon.match(row),
        )

    def _bigrams(self, row: Sequence[str]) -> Ids | None:
        numbering = self.bigrams
        if numbering is None:
            return None
        pairs = bigrams(row)
        return np.array([numbering.id_of(p) if p else UNKNOWN for p in pairs], np.int64)

    def _spellings(self, row: Sequence[str]) -> list[list[int]] | None:
        if self.characters is None:
            return None
        ids = self._character_ids
        return [[ids.get(char, UNKNOWN) for char in word[:MAX_CHARACTERS]] for word in row]

    @cached_property
    def _character_ids(self) -> dict[str, int]:
        assert self.characters is not None
        return {char: self.characters.id_of(char) for char in self.characters.strings}


def bigrams(row: Sequence[str]) -> list[str]:
    """Give the pair that each place makes with the next; empty unless both are one character."""
    pairs = [a + b if len(a) == len(b) == 1 else "" for a, b in pairwise(row)]
    return [*pairs, ""] if row else []
