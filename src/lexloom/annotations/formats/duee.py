"""Chinese events in the layout of DuEE (Li et al., 2020, NLPCC).

Each line is ``{text, id, event_list: [{event_type, trigger, trigger_start_index, arguments:
[{role, argument, argument_start_index}]}]}``. Where an offset is missing, as in DuEE-fin, the
string is looked up.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import listed, need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.records import Argument, Span

MAX_DIGITS = 19
"""An offset that is written with so many digits is none."""
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


def read_duee(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their events; other names of an argument are left out and counted.

    A text without ``event_list``, as DuEE-fin has them, holds no event; that is counted too.
    """
    for number, (where, values) in enumerate(_rows(path)):
        own = str(values["id"]) if "id" in values else None
        id = options.document_id(path, number, own)
        draft = Draft(id, need(values, "text", str, where), report, where=where)
        if "event_list" not in values:
            draft.repaired("a text without 'event_list' holds no event", id)
        for event in listed(values, "event_list", where):
            _add_event(draft, event)
        yield draft.finish(EVENTS_ONLY)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects of a file, but none of a file that is not marked at all."""
    rows = read_json_lines(path)
    first: list[tuple[str, Mapping[str, Any]]] = []
    for where, values in rows:
        first.append((where, values))
        if "event_list" in values:
            break
    else:
        for where, values in first:
            need(values, "event_list", list, where)
    yield from chain(first, rows)


def _add_event(draft: Draft, event: Any) -> None:
    type, trigger = (need(event, key, str, draft.where) for key in ("event_type", "trigger"))
    place = _span(draft, type, trigger, event.get("trigger_start_index"), 0)
    near = 0 if place is None else place.start
    arguments: list[Argument | None] = []
    for row in need(event, "arguments", list, draft.where):
        arguments.append(_argument(draft, row, near))
    draft.event(type, place, arguments)


def _argument(draft: Draft, row: Mapping[str, Any], near: int) -> Argument | None:
    role, mention = (need(row, key, str, draft.where) for key in ("role", "argument"))
    for other in listed(row, "alias", draft.where):
        draft.left_out("other names of an argument are not read", f"{role} {other!r}")
    span = _span(draft, role, mention, row.get("argument_start_index"), near)
    return None if span is None else Argument(role, span.text, span.start, span.end)


def _span(draft: Draft, what: str, mention: str, start: Any, near: int) -> Span | None:
    if start is None:
        return draft.find(what, mention, near)
    if isinstance(start, str) and start.isdecimal() and len(start) < MAX_DIGITS:
        start = int(start)  # some converters write offsets as strings
    end = start + len(mention) if isinstance(start, int) else start
    return draft.span(what, start, end, mention)
