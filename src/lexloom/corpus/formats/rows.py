"""Tables in CSV and TSV: a document for each row, from the column that holds the texts.

The column is the one asked for, else the one named ``text``, else the one of the longest texts. In
TSV a quotation mark is a character like any other.
"""

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from lexloom.corpus.decode import decode
from lexloom.corpus.formats.lines import TEXT_FIELD
from lexloom.corpus.formats.source import (
    CHUNK_BYTES,
    Context,
    Item,
    Source,
    make_document,
    too_long,
)
from lexloom.errors import InputError
from lexloom.records import Failure

SAMPLE_BYTES = 8 * CHUNK_BYTES
"""What the encoding of a table is told from; a shorter table is decoded whole."""
SAMPLE_ROWS = 50
DELIMITERS = ",;\t|"
MAX_NAME = 40
MIN_TIMES_NAME = 3
"""How many times longer than its name the texts of a column are, if the first row is of names."""
NAME = re.compile(r"[^\W\d][\w .()/-]*")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row and the line that it begins in, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class _Column:
    """Where the texts stand."""

    index: int
    has_names: bool
    """Whether the first row holds the names of the columns."""


def read_rows(source: Source, context: Context) -> Iterator[Item]:
    """Give a document for each row that is not blank, named by the line it begins in."""
    max_bytes = context.options.max_bytes
    rows = _rows(_lines(source, max_bytes), source)
    sample: list[_Row] = []
    error: InputError | None = None
    try:
        sample.extend(islice(rows, SAMPLE_ROWS))
    except InputError as damage:  # the rows before it are kept
        error = damage
    if error and not sample:
        raise error
    if not sample:
        yield make_document(source.id, "", name=source.name)
        return
    column = _choose_column([row.cells for row in sample], context.options.text_field, source.name)
    for row in chain(sample[column.has_names :], rows):
        place = f"{source.id}:{row.line}"
        if column.index < len(row.cells):
            text = row.cells[column.index]
            if len(text) > max_bytes:
                raise too_long(place, max_bytes)
            yield make_document(place, text)
        else:
            reason = f"{place} has {len(row.cells)} columns, and the text is column"
            yield Failure(place, f"{reason} {column.index + 1}", "check its delimiters and quotes")
    if error:
        raise error
    if column.has_names and len(sample) == 1:
        yield make_document(source.id, "", name=source.name)


def _rows(lines: Iterator[str], source: Source) -> Iterator[_Row]:
    first = next(lines, "")
    is_tsv = source.filename.lower().endswith(".tsv")
    reader = csv.reader(
        chain([first], lines),
        delimiter="\t" if is_tsv else _delimiter(first),
        quoting=csv.QUOTE_NONE if is_tsv else csv.QUOTE_MINIMAL,
    )
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Row(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{source.name}:{line} is no row of a table: {error}",
            hint="what stands before it was read; check its quotes",
        ) from error


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)


def _lines(source: Source, max_bytes: int) -> Iterator[str]:
    """Decode a table line by line, line ends kept, for cells hold line breaks too."""
    # the limit is one for the whole process, so it is only ever raised
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))
    sample = source.stream.read(SAMPLE_BYTES)
    if len(sample) < SAMPLE_BYTES:
        yield from io.StringIO(decode(sample, name=source.name).text, newline="")
        return
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        hint = "save it in UTF-8"
        raise InputError(f"{source.name} is too long for a table in UTF-16", hint=hint)
    encoding = decode(sample[: sample.rfind(b"\n") + 1] or sample, name=source.name).encoding
    joined = io.BufferedReader(_Joined(sample.removeprefix(codecs.BOM_UTF8), source))
    number = 0
    # no byte of a character is a line feed, neither in UTF-8 nor in GB18030
    while line := joined.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes:
            raise too_long(f"{source.name}:{number}", max_bytes)
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{source.name}:{number} is not in {encoding}, as the lines before it are",
                hint="what stands before it was read; convert the whole to UTF-8",
            ) from error


class _Joined(io.RawIOBase):
    """The sample that was taken, then the rest of the stream."""

    def __init__(self, sample: bytes, source: Source) -> None:
        super().__init__()
        self._sample = io.BytesIO(sample)
        self._rest = source.stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._sample.readinto(buffer) or self._rest.readinto(buffer)


def _choose_column(rows: Sequence[Sequence[str]], wanted: str | None, name: str) -> _Column:
    """Find the column of the texts, and whether the first row names the columns.

    Raises:
        InputError: If there is no column of the wanted name.
    """
    names = [cell.strip() for cell in rows[0]]
    if wanted is not None:
        if wanted in names:
            return _Column(names.index(wanted), has_names=True)
        close = difflib.get_close_matches(wanted, names, n=1)
        known = ", ".join(cell[:MAX_NAME] for cell in names[:20])
        hint = f"did you mean {close[0]!r}?" if close else f"its first row holds {known}"
        raise InputError(f"{name} has no column {wanted!r}", hint=hint)
    folded = [cell.casefold() for cell in names]
    if TEXT_FIELD in folded:
        return _Column(folded.index(TEXT_FIELD), has_names=True)
    sizes = [_mean_size(rows[1:] or rows, index) for index in range(len(names))]
    index = max(range(len(names)), key=sizes.__getitem__)
    are_names = all(len(cell) <= MAX_NAME and NAME.fullmatch(cell) for cell in names)
    is_name = are_names and sizes[index] >= MIN_TIMES_NAME * len(names[index])
    return _Column(index, has_names=is_name and len(set(names)) == len(names))


def _mean_size(rows: Sequence[Sequence[str]], index: int) -> float:
    sizes = [len(row[index].strip()) if index < len(row) else 0 for row in rows]
    return sum(sizes) / len(sizes)
