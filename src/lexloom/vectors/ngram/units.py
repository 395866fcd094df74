"""Text to sentences of units, and units back to text.

`corpus.sentences` finds the borders of sentences; `vocabulary` numbers the units.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from lexloom.corpus.sentences import split_sentences
from lexloom.vectors.ngram.config import NgramConfig, Unit

SPACE = "▁"
"""Stands for white space among characters: ARPA files part units at white space."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
ACCENTS = "\u0300-\u036f"
LETTER = rf"(?:(?![{HAN}])[\w{ACCENTS}])"
WORD = re.compile(rf"[{HAN}]+|{LETTER}+(?:['’\-]{LETTER}+)*|\S")
IS_HAN = re.compile(rf"[{HAN}]")
WHITE = re.compile(r"\s+")
NO_SPACE_BEFORE = frozenset(",.;:!?%)]}»”’…。，、；：！？）】》」』")
NO_SPACE_BEHIND = frozenset("([{«“‘（【《「『")


def sentences(text: str, config: NgramConfig) -> Iterator[list[str]]:
    """Give the sentences of a text as lists of units; those without a unit are passed over."""
    if config.lowercase:
        text = text.lower()
    cut = _CUTTERS[config.unit]
    return (units for sentence in _borders(text, config.unit) if (units := cut(sentence)))


def split_units(sentence: str, config: NgramConfig) -> list[str]:
    """Give the units of what is one sentence, or the beginning of one."""
    return _CUTTERS[config.unit](sentence.lower() if config.lowercase else sentence)


def join_units(units: Sequence[str], unit: Unit) -> str:
    """Give units as text: the way back as far as there is one."""
    if unit == "character":
        return "".join(units).replace(SPACE, " ").strip()
    if unit == "token":
        return " ".join(units)
    return "".join(_with_spaces(units))


def _borders(text: str, unit: Unit) -> Iterable[str]:
    if unit == "token":
        return text.split("\n")
    return (text[start:end] for start, end in split_sentences(text))


def _words(sentence: str) -> list[str]:
    if sentence.isascii() or not IS_HAN.search(sentence):
        return WORD.findall(sentence)
    import rjieba  # half a second, for its dictionary

    units: list[str] = []
    for piece in WORD.findall(sentence):
        units += rjieba.cut(piece) if IS_HAN.match(piece) else [piece]
    return units


def _characters(sentence: str) -> list[str]:
    return list(WHITE.sub(SPACE, sentence.strip()))


_CUTTERS: dict[Unit, Callable[[str], list[str]]] = {
    "word": _words,
    "token": str.split,
    "character": _characters,
}


def _with_spaces(units: Sequence[str]) -> Iterator[str]:
    last = ""
    for unit in units:
        is_tight = (
            unit[0] in NO_SPACE_BEFORE
            or last[-1:] in NO_SPACE_BEHIND
            or (IS_HAN.match(unit) and _is_wide(last[-1:]))
            or (_is_wide(last[-1:]) and not unit[0].isalnum())
        )
        if last and not is_tight:
            yield " "
        yield unit
        last = unit


def _is_wide(char: str) -> bool:
    return bool(IS_HAN.match(char)) or char in "。，、；：！？）】》」』（【《「『"
