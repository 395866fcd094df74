"""FewFC, Chinese financial events (Zhou et al., 2021, AAAI).

Each line has a content and events, each event a type and mentions ``{word, span, role}`` of which
one plays the role ``trigger``; several events may share a trigger.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Span

TRIGGER = "trigger"
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


def read_fewfc(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their events."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        id = options.document_id(path, number, need(values, "id", str, where))
        draft = Draft(id, need(values, "content", str, where), report, where=where)
        for event in need(values, "events", list, where):
            _add_event(draft, event)
        yield draft.finish(EVENTS_ONLY)


def _add_event(draft: Draft, event: Mapping[str, Any]) -> None:
    type = need(event, "type", str, draft.where)
    trigger: Span | None = None
    arguments: list[Argument | None] = []
    for mention in need(event, "mentions", list, draft.where):
        role, word = (need(mention, key, str, draft.where) for key in ("role", "word"))
        start, end = _span(mention, draft.where)
        if role != TRIGGER:
            arguments.append(draft.argument(role, start, end, word))
        elif trigger is None:
            trigger = draft.span(role, start, end, word)
        else:
            draft.unaligned("the event has a second trigger", f"{type} {word!r}")
    draft.event(type, trigger, arguments)


def _span(mention: Mapping[str, Any], where: str) -> tuple[int, int]:
    span = need(mention, "span", list, where)
    if len(span) != 2:
        raise AnnotationError(f"{where}: a span has a start and an end, got {span!r}")
    return span[0], span[1]
