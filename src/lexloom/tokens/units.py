"""Cut text into units, the smallest pieces a mention can start or end at, and units into tokens.

A unit is a Chinese character, a word, a run of digits, or one mark; its tokens are WordPieces
(Schuster and Nakajima, 2012). Offsets count code points of the text as it is, whatever the
tokenizer folds away.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers import pre_tokenizers as pre

from lexloom.artifacts import write_text
from lexloom.errors import ArtifactError, ShapeError
from lexloom.tokens.tokenizer import without_surrogates

SHAPES = (
    "special", "other", "lower", "capitalized", "upper", "initial", "mixed", "digits",
    "alphanumeric", "mark", "cjk",
)  # fmt: skip
"""What a unit looks like, for the uncased encoder cannot see it; the order is saved in models."""

ORNAMENTS = re.compile(
    "[\u200d\u2022\u203b\u20e3\u2190-\u21ff\u2300-\u23ff\u25a0-\u25ca\u25cc-\u25ee\u25f0-\u266c"
    "\u2670-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff]+"
)
"""Emoji, and bullets, arrows, stars and hearts, with what joins and colours them; but for the
circles, which are Chinese zeros, and the accidentals of music."""
SELECTORS = re.compile("[\u20e3\ufe0e\ufe0f\U000e0100-\U000e01ef]")
"""What chooses the look of the character before it, and would be read as part of the next word."""

_SHAPE_ID = {name: number for number, name in enumerate(SHAPES)}


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One text as tokens and units: T tokens (``[CLS]`` and ``[SEP]`` with them) and U units."""

    input_ids: NDArray[np.int32]
    """Token ids, shape ``(T,)``."""
    unit_ids: NDArray[np.int32]
    """The unit of each token, shape ``(T,)``; -1 at special tokens."""
    shape_ids: NDArray[np.int32]
    """Index into `SHAPES` of each token's unit, shape ``(T,)``."""
    starts: NDArray[np.int32]
    """Where each unit starts in the text, shape ``(U,)``."""
    ends: NDArray[np.int32]
    """Where each unit ends, shape ``(U,)``."""
    ornament_units: frozenset[int] = frozenset()
    """The units that are ornaments: emoji, bullets and the like."""

    @property
    def num_units(self) -> int:
        """How many units the text has."""
        return len(self.starts)


class UnitTokenizer:
    """A WordPiece tokenizer that tells which unit each token belongs to."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, path: Path) -> "UnitTokenizer":
        """Read a ``tokenizer.json``.

        Raises:
            ArtifactError: If the file is missing or damaged.
        """
        return cls(load_tokenizer(path))

    def save(self, path: Path) -> None:
        """Write the ``tokenizer.json``, a piece a line."""
        values = json.loads(self.tokenizer.to_str())
        write_text(path, json.dumps(values, ensure_ascii=False, indent=0) + "\n")

    @property
    def vocab_size(self) -> int:
        """How many ids there are."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[EncodedText]:
        """Encode texts, each by itself; a lone surrogate is read as the replacement character."""
        clean = [_readable(text) for text in texts]
        encodings = self.tokenizer.encode_batch(clean)
        return [_units(text, encoding) for text, encoding in zip(texts, encodings, strict=True)]


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json`` as it is, with its truncation and padding.

    Raises:
        ArtifactError: If the file is missing or damaged.
    """
    if not path.is_file():
        raise ArtifactError(f"there is no tokenizer {path}", hint="check the model directory")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
        raise ArtifactError(
            f"{path} is no tokenizer: {error}", hint="get or train the model again"
        ) from error


def split_units(tokenizer: Tokenizer) -> None:
    """Make a BERT tokenizer split as `UnitTokenizer` promises: emoji by themselves."""
    tokenizer.pre_tokenizer = pre.Sequence(
        [
            pre.BertPreTokenizer(),
            pre.Split(Regex(r"\p{So}|\p{Sk}"), behavior="isolated"),
        ]
    )


def _units(text: str, encoding: Any) -> EncodedText:
    words, offsets = encoding.word_ids, encoding.offsets
    unit_ids: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    last_word = None
    for word, (start, end) in zip(words, offsets, strict=True):
        if word is None:
            unit_ids.append(-1)
            continue
        # words that hold no token leave gaps in the numbering: count units by their borders
        if word != last_word:
            starts.append(start)
            ends.append(end)
            last_word = word
        ends[-1] = end
        unit_ids.append(len(starts) - 1)
    if not text.isascii():
        ends = _with_combining_marks(text, starts, ends)
    ornaments = _ornament_units(text, starts, ends) if ORNAMENTS.search(text) else frozenset()
    shapes = [shape_id(text[start:end]) for start, end in zip(starts, ends, strict=True)]
    shapes.append(0)  # -1 takes the last one, special
    return EncodedText(
        input_ids=np.array(encoding.ids, dtype=np.int32),
        unit_ids=np.array(unit_ids, dtype=np.int32),
        shape_ids=np.array([shapes[unit] for unit in unit_ids], dtype=np.int32),
        starts=np.array(starts, dtype=np.int32),
        ends=np.array(ends, dtype=np.int32),
        ornament_units=ornaments,
    )


def _readable(text: str) -> str:
    """Give a text of the same length that the tokenizer can read."""
    if text.isascii():
        return text
    # the tokenizer speaks UTF-8, in which a lone surrogate cannot be written
    return SELECTORS.sub(" ", without_surrogates(text))


def is_ornament(text: str) -> bool:
    """Say whether a text is nothing but emoji, bullets and the like."""
    return ORNAMENTS.fullmatch(text) is not None


def _ornament_units(text: str, starts: list[int], ends: list[int]) -> frozenset[int]:
    borders = enumerate(zip(starts, ends, strict=True))
    return frozenset(unit for unit, (start, end) in borders if is_ornament(text[start:end]))


def _with_combining_marks(text: str, starts: list[int], ends: list[int]) -> list[int]:
    """Let each unit keep the combining marks behind it, which the tokenizer folds away."""
    grown = []
    for end, limit in zip(ends, [*starts[1:], len(text)], strict=False):
        while end < limit and unicodedata.category(text[end]).startswith("M"):
            end += 1
        grown.append(end)
    return grown


# most units of a text are words that were seen before
@functools.lru_cache(maxsize=1 << 16)
def shape_id(unit: str) -> int:
    """Say what a unit looks like, as an index into `SHAPES`."""
    return _SHAPE_ID[_shape(unit)]


def _shape(unit: str) -> str:
    first = unit[:1]
    if "\u3400" <= first <= "\u9fff" or "\U00020000" <= first <= "\U000323af":
        return "cjk"
    if unit.isdigit():
        return "digits"
    if not any(char.isalnum() for char in unit):
        return "mark"
    if any(char.isdigit() for char in unit):
        return "alphanumeric"
    if unit.islower():
        return "lower"
    if unit.isupper():
        return "initial" if len(unit) == 1 else "upper"
    if unit.istitle():
        return "capitalized"
    return "mixed" if any(char.isupper() for char in unit) else "other"


def unit_span(encoded: EncodedText, start: int, end: int) -> tuple[int, int] | None:
    """Give the first and last unit of ``text[start:end]``, or None when it cuts through a unit.

    Raises:
        ShapeError: If the span is empty.
    """
    if start >= end:
        raise ShapeError(f"the span [{start}, {end}) is empty")
    first = int(np.searchsorted(encoded.starts, start))
    last = int(np.searchsorted(encoded.ends, end))
    if (
        first < encoded.num_units
        and last < encoded.num_units
        and first <= last
        and encoded.starts[first] == start
        and encoded.ends[last] == end
    ):
        return first, last
    return None
