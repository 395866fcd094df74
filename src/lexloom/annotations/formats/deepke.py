"""DeepKE's CSV: one sentence, one relation or attribute and its two mentions with offsets a row.

The first line names the columns. Whatever else the sentence holds was not marked, and the scope
says so.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

COLUMNS = (
    "sentence",
    "relation",
    "head",
    "head_type",
    "head_offset",
    "tail",
    "tail_type",
    "tail_offset",
)
ATTRIBUTE_COLUMNS = (
    "sentence",
    "attribute",
    "entity",
    "entity_offset",
    "attribute_value",
    "attribute_value_offset",
)
NO_RELATIONS = frozenset({"None", ""})
"""Labels for a pair without a relation."""


def read_deepke(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the rows, each one document with one known pair."""
    for number, (where, row) in enumerate(_rows(path, COLUMNS)):
        draft = Draft(options.document_id(path, number), row["sentence"], report, where=where)
        head = _mention(draft, row, "head", row["head_type"])
        tail = _mention(draft, row, "tail", row["tail_type"])
        yield _with_relation(draft, row["relation"], head, tail)


def read_deepke_attributes(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the rows of attributes: a relation from the entity to the value, named by the attribute.

    Mentions have no types and take the one that the options say.
    """
    type = options.entity_type
    for number, (where, row) in enumerate(_rows(path, ATTRIBUTE_COLUMNS)):
        draft = Draft(options.document_id(path, number), row["sentence"], report, where=where)
        head = _mention(draft, row, "entity", type)
        tail = _mention(draft, row, "attribute_value", type)
        yield _with_relation(draft, row["attribute"], head, tail)


def _with_relation(
    draft: Draft, relation: str, head: str | None, tail: str | None
) -> AnnotatedDocument:
    if relation not in NO_RELATIONS:
        draft.relation(relation, head, tail)
    pairs = () if head is None or tail is None else ((head, tail),)
    return draft.finish(Scope(all_mentions=False, known_pairs=pairs, event_types=()))


def _mention(draft: Draft, row: Mapping[str, str], end: str, type: str) -> str | None:
    offset = row[f"{end}_offset"]
    try:
        start = int(offset)
    except ValueError:
        draft.unaligned("an offset is not a whole number", f"{end}_offset {offset!r}")
        return None
    mention = row[end]
    return draft.entity(type, start, start + len(mention), mention)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    # strict: a quote that never closes is an error, not the rest of the file in one field
    rows = csv.reader((line for _, line in read_lines(path, keep_ends=True)), strict=True)
    where = f"{path}, line 1"
    try:
        header = next(rows, None)
        if header is None:
            return
        _check_header(header, columns, where)
        for cells in rows:
            where = f"{path}, line {rows.line_num}"
            if len(cells) != len(header):
                raise AnnotationError(
                    f"{where}: {len(cells)} columns where there must be {len(header)}",
                    hint="a sentence with a comma stands in double quotes",
                )
            yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise AnnotationError(f"{where}: not CSV ({error})", hint="check the quotes") from error


def _check_header(header: list[str], columns: Sequence[str], where: str) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise AnnotationError(
            f"{where}: the column {missing[0]!r} is missing",
            hint=f"the first line names the columns: {','.join(columns)}",
        )
