"""doccano's JSON lines, in both of its layouts, in and out.

Either ``{text, label: [[start, end, type], ...]}``, or ``{text, entities: [{id, label,
start_offset, end_offset}], relations: [{from_id, to_id, type}]}``. Offsets count code points.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.reading import listed, need, read_json_lines
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.errors import AnnotationError

NO_EVENTS = Scope(event_types=())
ENTITIES_ONLY = Scope(relation_types=(), event_types=())


def read_doccano(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the texts with their entities, and relations where the layout has them."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        own = str(values["id"]) if values.get("id") is not None else None
        text = need(values, "text" if "text" in values else "data", str, where)
        draft = Draft(options.document_id(path, number, own), text, report, where=where)
        for comment in listed(values, "Comments", where) + listed(values, "comments", where):
            draft.left_out("comments are not read", repr(comment)[:40])
        if "entities" in values:
            _add_records(draft, values)
            yield draft.finish(NO_EVENTS)
        else:
            key = "labels" if "labels" in values else "label"
            for label in need(values, key, list, where):
                draft.entity(*_label(label, where))
            yield draft.finish(ENTITIES_ONLY)


def _label(label: Any, where: str) -> tuple[str, Any, Any]:
    if not isinstance(label, list) or len(label) != 3 or not isinstance(label[2], str):
        raise AnnotationError(
            f"{where}: a label is [start, end, type], got {label!r:.60}",
            hint="labels of whole texts are read by lexloom train classifier",
        )
    return label[2], label[0], label[1]


def _add_records(draft: Draft, values: Mapping[str, Any]) -> None:
    ids: dict[Any, str | None] = {}
    for row in need(values, "entities", list, draft.where):
        type = need(row, "label", str, draft.where)
        id = draft.entity(type, row.get("start_offset"), row.get("end_offset"))
        own = row.get("id")
        if isinstance(own, int | str) and own in ids:
            draft.unaligned("the id was used before", f"{type} {own!r}")
        elif isinstance(own, int | str):
            ids[own] = id
    for row in listed(values, "relations", draft.where):
        head, tail = (_end(row, key, draft.where) for key in ("from_id", "to_id"))
        draft.relation(need(row, "type", str, draft.where), ids.get(head), ids.get(tail))


def _end(row: Any, key: str, where: str) -> int | str:
    value = row.get(key) if isinstance(row, Mapping) else None
    if not isinstance(value, int | str):
        raise AnnotationError(
            f"{where}: {key!r} must be the id of an entity, got {value!r:.60}",
            hint="a relation has from_id, to_id and type",
        )
    return value


def write_doccano(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[str]:
    """Give a line for each document, in the layout with relations; events are left out."""
    entity_ids, relation_ids = count(1), count(1)
    for document in documents:
        for event in document.events:
            report.left_out.add("the format has no events", f"{document.id}: {event.type}")
        ids = {entity.id: next(entity_ids) for entity in document.entities}
        entities = [
            {"id": ids[e.id], "label": e.type, "start_offset": e.start, "end_offset": e.end}
            for e in document.entities
        ]
        relations = [
            {"id": next(relation_ids), "from_id": ids[r.head], "to_id": ids[r.tail], "type": r.type}
            for r in document.relations
        ]
        values = {"id": document.id, "text": document.text, "entities": entities}
        yield json.dumps(values | {"relations": relations}, ensure_ascii=False) + "\n"
        report.documents += 1
        report.entities += len(entities)
        report.relations += len(relations)
