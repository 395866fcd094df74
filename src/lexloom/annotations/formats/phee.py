"""PHEE, events of drug safety (Sun et al., 2022, arXiv:2210.12560).

An event has a trigger and the main arguments Subject, Treatment and Effect; inside of those lie
sub-arguments such as the subject's age. Only the main ones are read unless the option `sub_roles`
asks for more: sub-arguments overlap their main argument, so that one flat list of roles would score
two tasks as one, and the published scores keep the two apart.
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

MAIN_ROLES = ("Subject", "Treatment", "Effect")
TRIGGER = "Trigger"
OWN_KEYS = frozenset({"text", "start", "entity_id", "value"})
"""Keys of an argument that are not sub-arguments."""
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


def read_phee(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their events; an argument in several pieces gives one for each."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        id = options.document_id(path, number, need(values, "id", str, where))
        draft = Draft(id, need(values, "context", str, where), report, where=where)
        for annotation in need(values, "annotations", list, where):
            for event in need(annotation, "events", list, where):
                _add_event(draft, event, sub_roles=options.sub_roles)
        yield draft.finish(EVENTS_ONLY)


def _add_event(draft: Draft, event: Mapping[str, Any], *, sub_roles: bool) -> None:
    type = need(event, "event_type", str, draft.where)
    arguments: list[Argument | None] = []
    for role, value in event.items():
        if role in MAIN_ROLES:
            arguments += _arguments(draft, role, value)
            arguments += _sub_arguments(draft, role, value, wanted=sub_roles)
        elif isinstance(value, Mapping) and role != TRIGGER:
            draft.left_out(f"the cue {role} is not read", type)
    draft.event(type, _trigger(draft, event), arguments)


def _sub_arguments(
    draft: Draft, role: str, value: Mapping[str, Any], *, wanted: bool
) -> Iterator[Argument | None]:
    for key, inner in value.items():
        if key in OWN_KEYS:
            continue
        if isinstance(inner, list):
            draft.left_out(f"{role}.{key}, an event inside of an argument, is not read", role)
        elif wanted:
            yield from _arguments(draft, f"{role}.{key}", inner)
        else:
            draft.left_out("sub-arguments were not asked for", f"{role}.{key}")


def _trigger(draft: Draft, event: Mapping[str, Any]) -> Span | None:
    pieces = list(_pieces(draft, event.get(TRIGGER, {"text": [], "start": []})))
    for start, mention in pieces[1:]:
        draft.unaligned("a trigger in several pieces", f"{mention!r} at {start}")
    if not pieces:
        return None
    start, mention = pieces[0]
    return draft.span(TRIGGER, start, start + len(mention), mention)


def _arguments(draft: Draft, role: str, value: Mapping[str, Any]) -> Iterator[Argument | None]:
    for start, mention in _pieces(draft, value):
        yield draft.argument(role, start, start + len(mention), mention)


def _pieces(draft: Draft, value: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Give start and text of each piece; both come as lists of lists of one shape."""
    texts = need(value, "text", list, draft.where)
    starts = need(value, "start", list, draft.where)
    try:
        for group, offsets in zip(texts, starts, strict=True):
            for mention, start in zip(group, offsets, strict=True):
                yield int(start), str(mention)
    except (TypeError, ValueError) as error:
        raise AnnotationError(
            f"{draft.where}: 'text' and 'start' of an argument do not fit each other",
            hint="both are lists of lists, of strings and of offsets",
        ) from error
