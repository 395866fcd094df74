"""The pieces that windows are packed from: sentences, and parts of those too long for a model.

`corpus.sentences` says where sentences are; here the long ones are cut, at clause marks where it
can be, else at white space, else anywhere. `extract.windows` puts the pieces together.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lexloom.corpus.sentences import split_sentences

CountUnits = Callable[[str], int]

CLAUSE_MARKS = frozenset("，；：、,;:—")
# a word with the wide marks behind it; ASCII marks end a word only before white space
WORD = re.compile(r"[^\s，；：、]+[，；：、]*|[，；：、]+")
MAX_CHARACTERS_PER_UNIT = 64
"""A sentence with more characters than this for each unit is cut without counting it first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a part of one."""

    start: int
    end: int
    num_units: int
    num_gap_units: int
    """Units of the white space between the piece before and this one."""
    sentence: int = 0
    """Number of its sentence; the parts of one sentence share it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many units a piece may have; a single character is never cut, whatever it counts."""

    max_units: int
    """A sentence of more units is cut."""
    max_part_units: int
    """Most units of a part that is cut off."""


def cut_pieces(text: str, count_units: CountUnits, limits: Limits) -> Iterator[Piece]:
    """Give the pieces of a text in order; only white space lies between them.

    `count_units` must give a joined string no more units than its parts have together.
    """
    count_gap = functools.lru_cache(maxsize=256)(count_units)
    last = None
    for number, (start, end) in enumerate(split_sentences(text)):
        gap = text[last:start] if last is not None else ""
        num_gap_units = count_gap(gap) if gap else 0
        last = end
        if end - start <= MAX_CHARACTERS_PER_UNIT * limits.max_units:
            num_units = count_units(text[start:end])
            if num_units <= limits.max_units:
                yield Piece(start, end, num_units, num_gap_units, number)
                continue
        words = _words(text, start, end, count_units, limits.max_part_units)
        for part in _joined(text, words, count_gap, limits.max_part_units):
            gap_units = num_gap_units if part.start == start else part.num_gap_units
            yield Piece(part.start, part.end, part.num_units, gap_units, number)


def _words(
    text: str, start: int, end: int, count_units: CountUnits, limit: int
) -> Iterator[tuple[int, int, int]]:
    """Give start, end and units of each word, cut where a word alone is over the limit."""
    for match in WORD.finditer(text, start, end):
        word_start, word_end = match.span()
        num_units = count_units(match[0])
        if num_units <= limit:
            yield word_start, word_end, num_units
        else:
            size = max(1, (word_end - word_start) * limit // num_units)
            yield from _cut_word(text, word_start, word_end, count_units, (limit, size))


def _cut_word(
    text: str, start: int, end: int, count_units: CountUnits, limit_and_size: tuple[int, int]
) -> Iterator[tuple[int, int, int]]:
    """Cut a word into runs of about `size` characters, each within the limit."""
    limit, size = limit_and_size
    while start < end:
        cut = _before_mark(text, start, min(start + size, end), end)
        num_units = count_units(text[start:cut])
        while num_units > limit and cut > start + 1:
            cut = _before_mark(text, start, start + (cut - start) // 2, end)
            num_units = count_units(text[start:cut])
        yield start, cut, num_units
        start = cut


def _before_mark(text: str, start: int, cut: int, end: int) -> int:
    """Move a cut before the character whose combining marks it would tear off, if one is near."""
    moved = cut
    while cut - 16 < moved < end and moved > start + 1 and _joins(text, moved):
        moved -= 1
    return moved if moved > start and not (moved < end and _joins(text, moved)) else cut


def _joins(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it."""
    return (
        unicodedata.category(text[at]) in ("Mn", "Me", "Mc")
        or "\u200d" in text[at - 1 : at + 1]
        or "\U0001f3fb" <= text[at] <= "\U0001f3ff"
        or ("\ud800" <= text[at - 1] <= "\udbff" and "\udc00" <= text[at] <= "\udfff")
    )


def _joined(
    text: str, words: Iterable[tuple[int, int, int]], count_gap: CountUnits, limit: int
) -> Iterator[Piece]:
    """Join words into parts within the limit; a full part ends behind its last clause mark."""
    held: list[Piece] = []
    used = 0
    for start, end, num_units in words:
        gap = text[held[-1].end : start] if held else ""
        word = Piece(start, end, num_units, count_gap(gap) if gap else 0)
        while held and used + word.num_gap_units + num_units > limit:
            num_first = _num_until_clause(text, held)
            yield _join(held[:num_first])
            del held[:num_first]
            used = _join(held).num_units if held else 0
        used += num_units + (word.num_gap_units if held else 0)
        held.append(word)
    if held:
        yield _join(held)


def _num_until_clause(text: str, held: list[Piece]) -> int:
    for index in range(len(held), 0, -1):
        if text[held[index - 1].end - 1] in CLAUSE_MARKS:
            return index
    return len(held)


def _join(words: list[Piece]) -> Piece:
    first = words[0]
    num_units = sum(word.num_units + word.num_gap_units for word in words) - first.num_gap_units
    return Piece(first.start, words[-1].end, num_units, first.num_gap_units)
