"""CASIE, events of cyber security (Satyapanich et al., 2020, AAAI): one JSON file a document.

Read from one file, a folder or an archive. Some offsets are off by a few characters: a mention
that stands near is taken, and the report counts it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.files import read_files
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import listed, need
from lexloom.annotations.report import ImportReport
from lexloom.records import Span

NEAR = 20
"""How many characters a mention may stand off its offsets."""
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


def read_casie(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the documents with their events, named by subtype, such as ``Databreach``.

    What else the files say is left out and counted: which events are the same, whether they
    happened, and the types of arguments.
    """
    for number, file in enumerate(read_files(path, ".json")):
        if not file.content.strip():
            continue
        values = file.json_object()
        own = need(values, "sourcefile", str, file.where).removesuffix(".txt")
        draft = Draft(
            options.document_id(path, number, own),
            need(values, "content", str, file.where),
            report,
            where=file.where,
            near=NEAR,
        )
        marked = need(values, "cyberevent", dict, file.where)
        for hopper in need(marked, "hopper", list, file.where):
            events = need(hopper, "events", list, file.where)
            if len(events) > 1:
                draft.left_out("which events are the same is not read", f"{len(events)} events")
            for event in events:
                _add_event(draft, event)
        yield draft.finish(EVENTS_ONLY)


def _add_event(draft: Draft, event: Any) -> None:
    type = need(event, "subtype", str, draft.where)
    if "realis" in event:
        draft.left_out("whether an event happened is not read", f"{type} {event['realis']!r:.30}")
    arguments = []
    for row in listed(event, "argument", draft.where):
        role = need(need(row, "role", dict, draft.where), "type", str, draft.where)
        arguments.append(draft.argument(role, *_place(row, draft)))
    draft.event(type, _trigger(draft, event), arguments)


def _trigger(draft: Draft, event: Mapping[str, Any]) -> Span | None:
    nugget = need(event, "nugget", dict, draft.where)
    return draft.span("nugget", *_place(nugget, draft))


def _place(row: Mapping[str, Any], draft: Draft) -> tuple[int, int, str]:
    start, end = (need(row, key, int, draft.where) for key in ("startOffset", "endOffset"))
    if isinstance(row.get("type"), str) and "role" in row:
        draft.left_out("the types of arguments are not read", row["type"])
    return start, end, need(row, "text", str, draft.where)
