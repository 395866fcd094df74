"""What a word is: which characters make words, in English and Chinese.

`nn.kernels.words` cuts by the table that is made here; `vectors.corpus` reads the files.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
import rjieba
from numpy.typing import NDArray

from lexloom.errors import ConfigError
from lexloom.nn.kernels.words import (
    ALONE,
    JOINER,
    KIND_SHIFT,
    LETTER,
    LINE_END,
    SEPARATOR,
)

TABLE_SIZE = 0x40000
"""Characters of the table; no letter lies beyond them."""
PLANE_2 = 0x20000
"""From here on all are ideographs, so far as they are anything."""
APOSTROPHES = "'’"
"""Join the parts of a word such as "don't", and are written as the first."""
IDEOGRAPHS = (
    (0x3005, 0x3007), (0x3021, 0x3029), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)  # fmt: skip
"""Ranges of Chinese characters, first and last."""
_RUN = re.compile("[" + "".join(f"\\U{a:08x}-\\U{b:08x}" for a, b in IDEOGRAPHS) + "]{2,}")

Split = Literal["characters", "segmented", "spaces", "subwords"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsConfig:
    """How lines of text become words."""

    split: Split = "characters"
    """``characters``: runs of letters, marks and digits are words, and each Chinese character is;
    ``segmented``: the same, but Chinese is cut into words by rjieba; ``spaces``: what white space
    parts is a word as it stands, for text that is tokenized already; ``subwords``: the tokens of a
    tokenizer are words, written as it writes them."""
    lowercase: bool = True
    """Whether words are told apart without regard to case; a tokenizer decides that itself."""
    tokenizer: str | None = None
    """The folder of the tokenizer that cuts, with ``subwords`` alone."""

    def __post_init__(self) -> None:
        """Check that a tokenizer is given where one cuts."""
        if self.split == "subwords" and self.tokenizer is None:
            raise ConfigError("split subwords needs a tokenizer", hint="give --tokenizer DIR")
        if self.split != "subwords" and self.tokenizer is not None:
            raise ConfigError(
                f"split {self.split} takes no tokenizer", hint="leave --split out, or --tokenizer"
            )


@functools.cache
def character_table(config: WordsConfig) -> NDArray[np.uint32]:
    """Give the kind and the lower case of each character, as `nn.kernels.words` reads them."""
    characters = list(map(chr, range(PLANE_2)))
    kind = _kind_by_spaces if config.split == "spaces" else _kind_by_letters
    kinds = np.full(TABLE_SIZE, LETTER, np.uint32)
    kinds[:PLANE_2] = np.fromiter(map(kind, characters), np.uint32, PLANE_2)
    kinds[ord("\n")] = LINE_END
    codes = np.arange(TABLE_SIZE, dtype=np.uint32)
    if config.lowercase:
        lower = (char.lower() for char in characters)
        # what becomes two characters stays as it is
        pairs = zip(lower, characters, strict=True)
        low = (ord(a if len(a) == 1 else b) for a, b in pairs)
        codes[:PLANE_2] = np.fromiter(low, np.uint32, PLANE_2)
    if config.split != "spaces":
        codes[[ord(mark) for mark in APOSTROPHES]] = ord(APOSTROPHES[0])
        for first, last in IDEOGRAPHS:
            kinds[first : last + 1] = ALONE if config.split == "characters" else LETTER
    beyond = LETTER if config.split == "spaces" else SEPARATOR
    table = kinds << np.uint32(KIND_SHIFT) | codes
    return np.append(table, np.uint32(beyond << KIND_SHIFT)).astype(np.uint32)


def _kind_by_spaces(char: str) -> int:
    return SEPARATOR if char.isspace() or char == "\0" else LETTER


def _kind_by_letters(char: str) -> int:
    if char in APOSTROPHES:
        return JOINER
    return LETTER if unicodedata.category(char)[0] in "LNM" else SEPARATOR


def segment(text: str) -> str:
    """Put spaces between the words of Chinese."""
    return _RUN.sub(lambda run: f" {' '.join(rjieba.cut(run[0]))} ", text)
