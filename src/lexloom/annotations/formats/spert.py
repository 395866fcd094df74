"""SpERT's JSON (Eberts and Ulges, 2019, arXiv:1909.07755), in and out.

One array of sentences, each with tokens, entities ``{type, start, end}`` over tokens, end excluded,
and relations ``{type, head, tail}`` that name entities by their place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.reading import need, read_json_array
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.annotations.words import guess_joiner, word_spans
from lexloom.errors import AnnotationError

NO_EVENTS = Scope(event_types=())


def read_spert(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their entities, which may nest, and relations."""
    for number, (where, values) in enumerate(read_json_array(path)):
        own = values.get("orig_id")
        draft = Draft.of_tokens(
            options.document_id(path, number, None if own is None else str(own)),
            tokens := _tokens(values, where),
            report,
            where=where,
            joiner=guess_joiner([tokens]) if options.joiner is None else options.joiner,
        )
        ids = [
            draft.token_entity(need(row, "type", str, where), row.get("start"), row.get("end"))
            for row in need(values, "entities", list, where)
        ]
        for row in need(values, "relations", list, where):
            head, tail = (_end(ids, need(row, end, int, where)) for end in ("head", "tail"))
            draft.relation(need(row, "type", str, where), head, tail)
        yield draft.finish(NO_EVENTS)


def _tokens(values: Mapping[str, Any], where: str) -> list[str]:
    tokens: list[str] = need(values, "tokens", list, where)
    if not all(isinstance(token, str) for token in tokens):
        raise AnnotationError(f"{where}: a token is not a string")
    return tokens


def _end(ids: Sequence[str | None], place: int) -> str | None:
    return ids[place] if 0 <= place < len(ids) else None


def write_spert(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[str]:
    """Give the pieces of the JSON array; words are made so that every entity is whole words.

    Events and entities that begin or end with white space cannot be written; the report counts
    them. Read back, words are joined anew, so that only their characters are sure to return.
    """
    separator = "["
    for document in documents:
        values = _sentence(document, report)
        yield f"{separator}\n{json.dumps(values, ensure_ascii=False)}"
        separator = ","
        report.documents += 1
        report.entities += len(values["entities"])
        report.relations += len(values["relations"])
    yield "\n]\n" if separator == "," else "[]\n"


def _sentence(document: AnnotatedDocument, report: ExportReport) -> dict[str, list[Any] | str]:
    words = word_spans(document.text, {b for e in document.entities for b in (e.start, e.end)})
    starts = {start: place for place, (start, _) in enumerate(words)}
    ends = {end: place + 1 for place, (_, end) in enumerate(words)}
    places: dict[str, int] = {}
    entities: list[dict[str, str | int]] = []
    for entity in document.entities:
        if entity.start in starts and entity.end in ends:
            places[entity.id] = len(entities)
            span = {"start": starts[entity.start], "end": ends[entity.end]}
            entities.append({"type": entity.type, **span})
        else:
            reason = "the entity begins or ends with white space"
            report.left_out.add(reason, f"{document.id}: {entity.text!r}")
    for event in document.events:
        report.left_out.add("the format has no events", f"{document.id}: {event.type}")
    return {
        "tokens": [document.text[start:end] for start, end in words],
        "entities": entities,
        "relations": _relations(document, places, report),
        "orig_id": document.id,
    }


def _relations(
    document: AnnotatedDocument, places: Mapping[str, int], report: ExportReport
) -> list[dict[str, str | int]]:
    rows: list[dict[str, str | int]] = []
    for relation in document.relations:
        head, tail = places.get(relation.head), places.get(relation.tail)
        if head is None or tail is None:
            reason = "an end of the relation was not written"
            report.left_out.add(reason, f"{document.id}: {relation.type}")
        else:
            rows.append({"type": relation.type, "head": head, "tail": tail})
    return rows
