"""Phrases: pairs of words that stand together far more often than by chance become one word.

Mikolov et al. (2013, arXiv:1310.4546, section 4) score the pairs, or their normalised pointwise
mutual information does (Bouma, 2009). `vectors.corpus` has the words as numbers in files; here the
files are read piece by piece, and a pass more joins longer phrases.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors.words import IDEOGRAPHS

PIECE_IDS = 1 << 21
"""Numbers of a file that are read at once, about; a piece ends with a sentence."""
MERGED_PAIRS = 1 << 22
"""So many counts are gathered before they are added up."""
THRESHOLDS = {"mikolov": 100.0, "npmi": 0.5}
"""Scores above which words are joined if nothing else is said; the first is word2phrase's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhrasesConfig:
    """Which words become one."""

    phrase_passes: int | None = None
    """How often pairs are joined: once gives phrases of two words, twice of up to four; None joins
    nothing."""
    phrase_score: Literal["mikolov", "npmi"] = "mikolov"
    """``mikolov``: (count of the pair - ``min_phrase_count``) x words of the corpus / the counts of
    both words; ``npmi``: the information of the pair over the greatest possible, in [-1, 1]."""
    phrase_threshold: float | None = None
    """Pairs that score more are joined; None takes what `THRESHOLDS` has for the score."""
    min_phrase_count: int = 5
    """Pairs that came less often are not joined."""
    delimiter: str = "_"
    """Stands between the words of a phrase, but not between Chinese characters."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.phrase_passes is not None and not 1 <= self.phrase_passes <= 10:
            raise ConfigError(f"phrase_passes must be in [1, 10], got {self.phrase_passes}")
        if self.min_phrase_count < 1:
            raise ConfigError(f"min_phrase_count must be at least 1, got {self.min_phrase_count}")
        if any(char.isspace() or char == "\0" for char in self.delimiter):
            raise ConfigError(f"delimiter must hold no white space, got {self.delimiter!r}")

    @property
    def threshold(self) -> float:
        """The score that a pair must exceed."""
        given = self.phrase_threshold
        return THRESHOLDS[self.phrase_score] if given is None else given


@dataclass(frozen=True, slots=True)
class Pairs:
    """P pairs of words, each as one number ``first x V + second``, ascending."""

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountedWords:
    """Words by their numbers, and how often each came."""

    words: list[bytes]
    counts: NDArray[np.int64]


def join_phrases(paths: list[Path], counted: CountedWords, config: PhrasesConfig) -> CountedWords:
    """Join the words of files of numbers into phrases; the files are written anew.

    Args:
        paths: Numbers of words, each sentence ended by `SENTENCE_END`.
        counted: The words and their counts.
        config: Which words are joined.

    Returns:
        The words with the phrases behind them; a word that is in phrases alone stays, with a count
        of zero.
    """
    for _ in range(config.phrase_passes or 0):
        chosen = choose_pairs(count_pairs(paths, counted.counts, config), counted.counts, config)
        if not len(chosen):
            break
        words, numbers = _named(chosen, counted.words, config.delimiter)
        joiner = _Joiner(chosen, numbers, len(counted.words))
        counts = np.zeros(len(words), np.int64)
        for path in paths:
            counts += joiner.rewrite(path, len(words))
        counted = CountedWords(words, counts)
    return counted


def count_pairs(paths: list[Path], counts: NDArray[np.int64], config: PhrasesConfig) -> Pairs:
    """Count which words stand directly behind which, so far as the pair can come often enough."""
    # a pair comes no more often than its words
    is_frequent = counts >= config.min_phrase_count
    total = Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    waiting: list[Pairs] = []
    for path in paths:
        for piece in _pieces(path):
            first, second = piece[:-1], piece[1:]
            near = (first != SENTENCE_END) & (second != SENTENCE_END)
            first, second = first[near].astype(np.int64), second[near].astype(np.int64)
            kept = is_frequent[first] & is_frequent[second]
            keys = first[kept] * len(counts) + second[kept]
            waiting.append(Pairs(*np.unique(keys, return_counts=True)))
            if sum(len(part.keys) for part in waiting) > max(MERGED_PAIRS, len(total.keys)):
                total, waiting = _sum([total, *waiting]), []
    total = _sum([total, *waiting])
    often = total.counts >= config.min_phrase_count
    return Pairs(total.keys[often], total.counts[often])


def choose_pairs(
    pairs: Pairs, counts: NDArray[np.int64], config: PhrasesConfig
) -> NDArray[np.int64]:
    """Give the keys of the pairs whose score is above the threshold, ascending."""
    first, second = (counts[side].astype(np.float64) for side in np.divmod(pairs.keys, len(counts)))
    num_words = float(counts.sum())
    if config.phrase_score == "mikolov":
        # divided one by one: the product of two counts may be beyond what a float64 tells apart
        scores = (pairs.counts - config.min_phrase_count) / first / second * num_words
    else:
        share = pairs.counts / num_words
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.log(share / (first / num_words) / (second / num_words)) / -np.log(share)
        scores = np.nan_to_num(scores, nan=1.0)  # a corpus of one pair alone
    chosen: NDArray[np.int64] = pairs.keys[scores > config.threshold]
    return chosen


class _Joiner:
    """Replaces pairs of numbers by one, from left to right."""

    def __init__(self, keys: NDArray[np.int64], numbers: NDArray[np.uint32], size: int) -> None:
        self._keys = keys
        self._numbers = numbers
        self._size = size
        self._may_begin = np.zeros(size, np.bool_)
        self._may_begin[keys // size] = True

    def rewrite(self, path: Path, num_words: int) -> NDArray[np.int64]:
        """Join the words of a file in place, and count them."""
        counts = np.zeros(num_words, np.int64)
        target = path.with_suffix(".joined")
        with target.open("wb") as stream:
            for piece in _pieces(path):
                joined = self.join(piece)
                stream.write(joined.tobytes())
                counts += np.bincount(joined[joined != SENTENCE_END], minlength=num_words)
        target.replace(path)
        return counts

    def join(self, piece: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Join the words of whole sentences; of pairs that overlap, the one on the left."""
        first = np.where(piece == SENTENCE_END, 0, piece)
        may = self._may_begin[first[:-1]] & (piece[:-1] != SENTENCE_END)
        places = np.flatnonzero(may & (piece[1:] != SENTENCE_END))
        keys = first[places].astype(np.int64) * self._size + first[places + 1]
        found = np.searchsorted(self._keys, keys)
        found[found == len(self._keys)] = 0
        is_pair = self._keys[found] == keys
        places, found = places[is_pair], found[is_pair]
        # in a run of pairs that overlap, every other one
        starts = np.flatnonzero(np.diff(places, prepend=-2) != 1)
        within = np.arange(len(places)) - np.repeat(starts, np.diff(starts, append=len(places)))
        taken = within % 2 == 0
        joined = piece.copy()
        joined[places[taken]] = self._numbers[found[taken]]
        return np.delete(joined, places[taken] + 1)


def _named(
    keys: NDArray[np.int64], words: list[bytes], delimiter: str
) -> tuple[list[bytes], NDArray[np.uint32]]:
    """Give all words with those of the pairs, and the number of each pair's word."""
    numbers = {word: number for number, word in enumerate(words)}
    all_words = list(words)
    found = np.empty(len(keys), np.uint32)
    for place, key in enumerate(keys.tolist()):
        first, second = divmod(key, len(words))
        # two ways to the same word, or a word of the text that reads like a phrase, are one
        phrase = phrase_of([words[first], words[second]], delimiter)
        found[place] = numbers.setdefault(phrase, len(all_words))
        if found[place] == len(all_words):
            all_words.append(phrase)
    return all_words, found


def phrase_of(words: list[bytes], delimiter: str) -> bytes:
    """Give the words as one, with the delimiter where not both sides are Chinese characters."""
    parts = [word.decode("utf-8") for word in words]
    text = parts[0]
    for before, after in pairwise(parts):
        is_chinese = _is_ideograph(before[-1:]) and _is_ideograph(after[:1])
        text += after if is_chinese else delimiter + after
    return text.encode("utf-8")


def _is_ideograph(char: str) -> bool:
    return bool(char) and any(first <= ord(char) <= last for first, last in IDEOGRAPHS)


def _sum(parts: list[Pairs]) -> Pairs:
    """Add up counts of the same pairs."""
    keys = np.concatenate([part.keys for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return Pairs(keys[starts], np.add.reduceat(counts, starts) if len(starts) else counts[:0])


def _pieces(path: Path) -> Iterator[NDArray[np.uint32]]:
    """Give a file in pieces of whole sentences."""
    if not path.stat().st_size:
        return
    ids = np.memmap(path, np.uint32, "r")
    start = 0
    while start < len(ids):
        piece = np.asarray(ids[start : start + PIECE_IDS])
        if start + len(piece) < len(ids):
            ends = np.flatnonzero(piece == SENTENCE_END)
            # a sentence is far shorter than a piece; see vectors.corpus.MAX_SENTENCE_WORDS
            piece = piece[: ends[-1] + 1] if len(ends) else piece
        yield piece
        start += len(piece)
