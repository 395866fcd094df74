"""Numbers for words, and corpora as arrays of them; the most frequent word comes first."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import InputError
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.spelling import nearest_spellings

UNKNOWN, BEGIN, END = "<unk>", "<s>", "</s>"
SPECIAL = (UNKNOWN, BEGIN, END)
UNKNOWN_ID, BEGIN_ID, END_ID = range(3)
"""The ids of `SPECIAL`; these words in a text are read as unknown ones."""

WORDS_AT_ONCE = 1 << 18
"""Words that are held as strings before they become numbers."""

MAX_COMPARED = 50_000
"""Words that are compared with an unknown one, the most frequent ones."""

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences as one array: each begins with `BEGIN_ID`, and those of a corpus end in `END_ID`.

    N tokens in all, special ones too.
    """

    ids: Ids
    """Shape ``(N,)``."""
    starts: NDArray[np.int64]
    """Where each sentence starts, ascending."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sentence, special ones too."""
        return np.diff(self.starts, append=len(self.ids))


def wrap(ids: Ids, lengths: NDArray[np.int64], *, ends: bool = True) -> Sentences:
    """Put the special ids around sentences that lie behind one another."""
    extra = 1 + ends
    starts = np.cumsum(lengths + extra) - (lengths + extra)
    wrapped = np.full(len(ids) + extra * len(lengths), END_ID, np.int32)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    wrapped[np.arange(len(ids)) + extra * sentence + 1] = ids
    wrapped[starts] = BEGIN_ID
    return Sentences(wrapped, starts)


class _Known(dict[str, int]):
    """The ids of words; what is not in it is unknown."""

    def __missing__(self, word: str) -> int:
        return UNKNOWN_ID


class Vocabulary:
    """Words by id; the first three are `SPECIAL`."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        assert tuple(self.words[: len(SPECIAL)]) == SPECIAL
        self._ids = _Known({word: id for id, word in enumerate(self.words) if id > END_ID})
        assert len(self._ids) == len(self.words) - len(SPECIAL), "a word stands twice"

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    def encode(self, words: Sequence[str]) -> Ids:
        """Give ids; a word that is not known, and one that is special, is `UNKNOWN_ID`."""
        return np.fromiter(map(self._ids.__getitem__, words), np.int32, len(words))

    def encode_sentences(
        self, sentences: Sequence[Sequence[str]], *, ends: bool = True
    ) -> Sentences:
        """Give sentences as one array, with the special ids around each."""
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        ids = self.encode(list(itertools.chain.from_iterable(sentences)))
        return wrap(ids, lengths, ends=ends)

    def nearest(self, word: str) -> str:
        """Give a hint that names the known word that is spelled most like `word`."""
        near = nearest_spellings(word, self.words[len(SPECIAL) : MAX_COMPARED], 1)
        return f"did you mean {near[0]!r}?" if near else "no known word is spelled like it"


class _Numbering(dict[str, int]):
    """Numbers words in the order in which they are first seen."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def read_corpus(
    sentences: Iterable[Sequence[str]],
    config: NgramConfig,
    *,
    on_words: Callable[[int], None] | None = None,
) -> tuple[Vocabulary, Sentences]:
    """Number the words of sentences in one pass; they are held as numbers, not as text.

    The order of the vocabulary is by falling count, then by the word's bytes, so it does not hang
    on the order of the sentences.

    Raises:
        InputError: If there is no word, only one, or none as frequent as the settings ask for.
    """
    numbering = _Numbering()
    parts: list[Ids] = []
    lengths: list[int] = []
    waiting: list[str] = []
    for sentence in sentences:
        if sentence:
            lengths.append(len(sentence))
            waiting += sentence
        if len(waiting) >= WORDS_AT_ONCE:
            parts.append(_number(waiting, numbering, on_words))
            waiting = []
    parts.append(_number(waiting, numbering, on_words))
    ids = np.concatenate(parts)
    vocabulary, new_ids = _choose(numbering, np.bincount(ids, minlength=len(numbering)), config)
    return vocabulary, wrap(new_ids[ids], np.array(lengths, np.int64))


def _number(words: list[str], numbering: _Numbering, on_words: Callable[[int], None] | None) -> Ids:
    ids = np.fromiter(map(numbering.__getitem__, words), np.int32, len(words))
    if on_words is not None:
        on_words(len(words))
    return ids


def _choose(
    numbering: _Numbering, counts: NDArray[np.int64], config: NgramConfig
) -> tuple[Vocabulary, Ids]:
    """Give the vocabulary, and the id in it of each number."""
    _check(len(numbering), counts)
    words = np.array(sorted(numbering), dtype=object)
    numbers = np.fromiter(map(numbering.__getitem__, words), np.int64, len(words))
    # stable, so that words of one count stay in the order of their bytes
    order = np.argsort(-counts[numbers], kind="stable")
    words, numbers = words[order], numbers[order]
    is_kept = (counts[numbers] >= config.min_count) & ~np.isin(words, SPECIAL)
    words, numbers = words[is_kept][: config.max_words], numbers[is_kept][: config.max_words]
    if not len(words):
        raise InputError(
            f"no word is seen {config.min_count} times, so the vocabulary would be empty",
            hint=f"the most frequent one is seen {counts.max()} times: lower min_count",
        )
    new_ids = np.full(len(numbering), UNKNOWN_ID, np.int32)
    new_ids[numbers] = np.arange(len(words)) + len(SPECIAL)
    return Vocabulary([*SPECIAL, *words.tolist()]), new_ids


def _check(num_distinct: int, counts: NDArray[np.int64]) -> None:
    if not num_distinct:
        raise InputError("the corpus holds no word", hint="give text with words in it")
    if num_distinct == 1:
        raise InputError(
            f"the corpus holds one word only, {int(counts.sum())} times",
            hint="a language model needs at least two to choose between",
        )
