"""Sets of triples whose ends are strings without offsets: DuIE, and `triple_list` as in WebNLG.

Each string is looked up in its text. Where one stands several times, the head and the tail that
are nearest to each other are taken, and the report counts that; the pairs of the other places are
then not known, for the triple may hold of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.occurrences import nearest_pair, occurrences
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_array, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

VALUE = "@value"
"""The slot of a DuIE object that holds the object itself."""


MAX_KNOWN_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Triple:
    """A relation between two strings, each with its type."""

    relation: str
    head_type: str
    head: str
    tail_type: str
    tail: str


def read_duie(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read DuIE 1.0 or 2.0 (Li et al., 2019, NLPCC): ``{text, spo_list}`` a line.

    An object with several slots gives a relation for each: ``predicate`` for the object itself and
    ``predicate.slot`` for the others.
    """
    for number, (where, values) in enumerate(read_json_lines(path)):
        id = options.document_id(path, number)
        draft = Draft(id, need(values, "text", str, where), report, where=where)
        rows = need(values, "spo_list", list, where)
        yield _with_triples(draft, (triple for row in rows for triple in _of_duie(row, where)))


def read_triples(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read an array of ``{text, triple_list}``; mentions take the type that the options say."""
    type = options.entity_type
    for number, (where, values) in enumerate(read_json_array(path)):
        id = options.document_id(path, number)
        draft = Draft(id, need(values, "text", str, where), report, where=where)
        rows = need(values, "triple_list", list, where)
        yield _with_triples(draft, (_of_list(row, type, where) for row in rows))


def _of_duie(row: Any, where: str) -> Iterator[Triple]:
    relation, head_type, head = (
        need(row, key, str, where) for key in ("predicate", "subject_type", "subject")
    )
    objects, types = (_slots(row.get(key), key, where) for key in ("object", "object_type"))
    for slot, tail in objects.items():
        name = relation if slot == VALUE else f"{relation}.{slot}"
        yield Triple(name, head_type, head, types.get(slot, slot), tail)


def _slots(value: Any, key: str, where: str) -> Mapping[str, str]:
    slots = {VALUE: value} if isinstance(value, str) else value
    if not isinstance(slots, Mapping) or not all(isinstance(item, str) for item in slots.values()):
        raise AnnotationError(
            f"{where}: {key!r} must be a string or an object of strings, got {value!r:.60}",
            hint='such as {"@value": "北京"}',
        )
    return slots


def _of_list(row: Any, type: str, where: str) -> Triple:
    if not (isinstance(row, list) and len(row) == 3 and all(isinstance(item, str) for item in row)):
        raise AnnotationError(
            f"{where}: a triple is three strings, got {row!r:.60}",
            hint="write subject, relation and object",
        )
    head, relation, tail = row
    return Triple(relation, type, head, type, tail)


def _with_triples(draft: Draft, triples: Iterable[Triple]) -> AnnotatedDocument:
    related: set[tuple[str, str]] = set()
    marked: set[tuple[str, str]] = set()
    for triple in triples:
        related.add((triple.head, triple.tail))
        ends = triple_ends(draft, triple)
        if ends is not None:
            marked.add(ends)
    pairs = known_pairs(draft, related, marked)
    return draft.finish(Scope(all_mentions=False, known_pairs=pairs, event_types=()))


def triple_ends(draft: Draft, triple: Triple) -> tuple[str, str] | None:
    """Mark both ends of a triple and its relation, and give their ids; None if an end is missing.

    An end that does stand in the text is marked even where the other one is missing.
    """
    heads, tails = (occurrences(draft.text, string) for string in (triple.head, triple.tail))
    if not heads or not tails:
        for type, string in ((triple.head_type, triple.head), (triple.tail_type, triple.tail)):
            span = draft.find(f"{triple.relation}, {type}", string)
            if span is not None:
                draft.entity(type, span.start, span.end)
        return None
    lengths = (len(triple.head), len(triple.tail))
    head_start, tail_start = nearest_pair(heads, tails, lengths)
    head = draft.entity(triple.head_type, head_start, head_start + lengths[0])
    tail = draft.entity(triple.tail_type, tail_start, tail_start + lengths[1])
    draft.note_choice(triple.relation, triple.head, heads)
    draft.note_choice(triple.relation, triple.tail, tails)
    draft.relation(triple.relation, head, tail)
    return None if head is None or tail is None else (head, tail)


def known_pairs(
    draft: Draft, related: set[tuple[str, str]], marked: set[tuple[str, str]]
) -> tuple[tuple[str, str], ...] | None:
    """Give the pairs whose relations are known; None when all are.

    Where there are too many pairs to list, only those with a relation count as known.
    """
    entities = draft.entities
    if len(entities) ** 2 > MAX_KNOWN_PAIRS:
        return tuple(sorted(marked))
    pairs = [(head, tail) for head in entities for tail in entities if head is not tail]
    known = tuple(
        (head.id, tail.id)
        for head, tail in pairs
        if (head.id, tail.id) in marked or (head.text, tail.text) not in related
    )
    return None if len(known) == len(pairs) else known
