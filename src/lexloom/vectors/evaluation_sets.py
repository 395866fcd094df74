"""Sets that word vectors are scored on, as they are published: pairs with scores, and analogies.

`vectors.evaluate` scores vectors on them.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lexloom.errors import InputError


@dataclass(frozen=True, slots=True)
class Pair:
    """Two words and how alike people find them."""

    first: str
    second: str
    score: float


@dataclass(frozen=True, slots=True)
class Question:
    """An analogy: `a` is to `b` as `c` is to `d`."""

    a: str
    b: str
    c: str
    d: str


Questions = dict[str, list[Question]]
"""Analogies by their section."""


def read_set(path: Path) -> list[Pair] | Questions:
    """Read a set of pairs (two words and a score a line) or of analogies (four words a line).

    Fields are parted by tabs, white space or commas. The score of a pair is its first number, and
    the names of columns may stand above. Analogies stand in sections, each begun by a line with a
    colon and its name.

    Raises:
        InputError: If the file cannot be read, or is neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8",
            hint="convert it, for instance with iconv -f GB18030 -t UTF-8",
        ) from error
    lines = [(number, _fields(line)) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, fields) for number, fields in lines if fields and fields[0][:1] != "#"]
    if not lines:
        raise InputError(f"{path} has neither pairs nor analogies")
    column, *others = [_score_column(fields) for _, fields in lines[:2]]
    if lines[0][1][0].startswith(":"):
        return _questions(path, lines)
    if others and others[0] is not None and (column is None or column > others[0]):
        column, lines = others[0], lines[1:]  # above stood the names of columns
    elif column is None and len(lines[0][1]) == 4:
        return _questions(path, lines)
    return [_pair(path, number, fields, column or 2) for number, fields in lines]


def _questions(path: Path, lines: Sequence[tuple[int, list[str]]]) -> Questions:
    questions: Questions = {}
    section = path.stem
    for number, fields in lines:
        if fields[0].startswith(":"):
            section = " ".join(fields).lstrip(": ") or path.stem
        elif len(fields) == 4:
            questions.setdefault(section, []).append(Question(*fields))
        else:
            raise InputError(
                f"{path}: line {number} has {len(fields)} words, not the 4 of analogies"
            )
    if not questions:
        raise InputError(f"{path} has neither pairs nor analogies")
    return questions


def _fields(line: str) -> list[str]:
    """Cut a line at tabs or commas, where a word may hold spaces, or else at white space."""
    line = line.strip()
    fields = line.split()
    if line.startswith((":", "#")) or (_score_column(fields) and "\t" not in line):
        return fields
    for delimiter in "\t,":
        parted = [field.strip() for field in next(csv.reader([line], delimiter=delimiter), [])]
        if len(parted) > 2:
            return parted
    return fields


def _score_column(fields: Sequence[str]) -> int | None:
    """Give where the first number behind two words is; a part of speech may stand between."""
    return next((at for at in range(2, len(fields)) if _is_number(fields[at])), None)


def _pair(path: Path, number: int, fields: Sequence[str], column: int) -> Pair:
    if len(fields) <= column or not _is_number(fields[column]):
        raise InputError(
            f"{path}: line {number} is not two words and a number",
            hint="sets have pairs (word word score) or analogies (four words)",
        )
    return Pair(fields[0], fields[1], float(fields[column]))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
