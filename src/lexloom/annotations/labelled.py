"""Texts, or pairs of texts, with a label or a score: tables with named columns and JSON lines.

The ending of the file's name tells the form. ``.tsv`` is read without quoting, for published sets
hold single quotation marks; ``.csv`` with it. Words with tags are read by `annotations.tagged`.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.annotations.reading import read_json_lines, read_lines
from lexloom.errors import AnnotationError, UsageError

MAX_CELL_CHARACTERS = 1 << 24
"""Longest cell of a ``.csv``."""

Row = tuple[str, Mapping[str, Any]]
"""Words that say where a row stood, and its values by the names of columns."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, or a pair, and what it is given."""

    text: str
    pair: str | None
    label: str
    """A class's name, or a score as it was written."""
    where: str
    """File and line."""

    @property
    def score(self) -> float:
        """The label as a number.

        Raises:
            AnnotationError: If it is none, or not finite.
        """
        try:
            score = float(self.label)
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise AnnotationError(
                f"{self.where}: the score {self.label!r} is no finite number",
                hint="name the column of scores with --label",
            )
        return score


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Which columns hold what."""

    text: str = "text"
    pair: str | None = None
    """The second text; None where there is one only."""
    label: str | None = "label"
    """None where there is none, as in texts to be labelled; they may be blank, or null in JSON."""


def read_labelled(path: Path, columns: Columns) -> Iterator[LabelledText]:
    """Read a file's texts with their labels, white space around labels removed.

    Raises:
        UsageError: If the file's ending is unknown.
        AnnotationError: If the file cannot be read, lacks a column, or a text or label is missing.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"cannot tell the form of {path}", hint=f"its name must end in {', '.join(READERS)}"
        )
    empty = True
    for where, values in reader(path):
        empty = False
        may_be_blank = columns.label is None
        yield LabelledText(
            text=_text(values, columns.text, where, may_be_blank),
            pair=None if columns.pair is None else _text(values, columns.pair, where, may_be_blank),
            label="" if columns.label is None else _label(values, columns.label, where),
            where=where,
        )
    if empty:
        raise AnnotationError(f"{path} holds no row", hint="the file is empty, but for a header")


def _value(values: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in values:
        known = ", ".join(str(key) for key in values)
        raise AnnotationError(f"{where}: there is no column {name!r}", hint=f"columns: {known}")
    return values[name]


def _text(values: Mapping[str, Any], name: str, where: str, may_be_blank: bool) -> str:
    value = _value(values, name, where)
    if value is None and may_be_blank:
        return ""
    if not isinstance(value, str) or not (value.strip() or may_be_blank):
        what = "is empty" if isinstance(value, str) else f"must be a string, got {value!r:.60}"
        raise AnnotationError(f"{where}: the text in {name!r} {what}")
    return value


def _label(values: Mapping[str, Any], name: str, where: str) -> str:
    value = _value(values, name, where)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise AnnotationError(f"{where}: the label must be a string or number, got {value!r:.60}")
    label = str(value).strip()
    if not label:
        raise AnnotationError(f"{where}: the label is empty", hint="give each row a label")
    return label


def _read_tsv(path: Path) -> Iterator[Row]:
    header: list[str] = []
    for number, line in read_lines(path):
        if not line.strip():
            continue
        cells = line.split("\t")
        if header:
            yield _row(header, cells, f"{path}, line {number}")
        header = header or _header(cells, path)


def _read_csv(path: Path) -> Iterator[Row]:
    # the library's own limit is shorter than a long document
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARACTERS))
    reader = csv.reader((line for _, line in read_lines(path, keep_ends=True)), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            if not cells:
                continue
            if header:
                yield _row(header, cells, f"{path}, line {reader.line_num}")
            header = header or _header(cells, path)
    except csv.Error as error:
        raise AnnotationError(
            f"{path}, line {reader.line_num}: not CSV ({error})",
            hint="a file parted by tabs without quoting must end in .tsv",
        ) from error


def _header(cells: Sequence[str], path: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(set(names)) != len(names):
        raise AnnotationError(
            f"{path}: two columns have the same name",
            hint="the first row must name the columns",
        )
    return names


def _row(header: Sequence[str], cells: Sequence[str], where: str) -> Row:
    if len(cells) != len(header):
        raise AnnotationError(
            f"{where}: {len(cells)} cells where the header names {len(header)} columns",
            hint="the first row must name the columns",
        )
    return where, dict(zip(header, cells, strict=True))


READERS: Mapping[str, Callable[[Path], Iterator[Row]]] = {
    ".tsv": _read_tsv,
    ".csv": _read_csv,
    ".jsonl": read_json_lines,
}
"""Readers by the ending of a file's name."""


def class_names(items: Iterable[LabelledText]) -> tuple[str, ...]:
    """Give the different labels: by value where all are whole numbers, else by name."""
    names = {item.label for item in items}
    if all(name.removeprefix("-").isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))
