"""brat's standoff form (Stenetorp et al., 2012, EACL), in: a ``.txt`` and an ``.ann`` file a text.

Read from a folder, an archive, or either file of one text. Written by `formats.brat_out`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.files import DataFile, read_files
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Span

OFFSET = r"-?\d{1,18}"
MENTION = re.compile(rf"(T\S*)\t(\S+) ({OFFSET} {OFFSET}(?:;{OFFSET} {OFFSET})*)(?:\t(.*))?")
RELATION = re.compile(r"(R\S*)\t(\S+) \S+?:(\S+) \S+?:(\S+)\s*")
EVENT = re.compile(r"(E\S*)\t(\S+:\S+)((?: +\S+:\S+)*)\s*")
LEFT_OUT = {
    "A": "attributes are not read",
    "M": "attributes are not read",
    "N": "links to a knowledge base are not read",
    "#": "notes are not read",
    "*": "which mentions are the same is not read",
}
"""Kinds of lines that say what the native form has no place for."""


@dataclass(slots=True)
class _Lines:
    """The lines of one ``.ann`` file by their kind, each with words that say where it stood."""

    mentions: list[tuple[str, re.Match[str]]] = field(default_factory=list)
    relations: list[tuple[str, re.Match[str]]] = field(default_factory=list)
    events: list[tuple[str, re.Match[str]]] = field(default_factory=list)


def read_brat(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the texts with their mentions, relations and events.

    A mention in several pieces is read if only white space parts them, as where a line ends.
    """
    for number, (text, marks) in enumerate(_pairs(path, report)):
        id = options.document_id(path, number, unquote(text.path.removesuffix(".txt")))
        draft = Draft(id, text.text, report, where=marks.where)
        lines = _lines(draft, marks)
        triggers = {match[2].rpartition(":")[2] for _, match in lines.events}
        spans, entities = _add_mentions(draft, lines, triggers)
        _add_relations(draft, lines, entities)
        _add_events(draft, lines, spans, entities)
        yield draft.finish(Scope())


def _pairs(path: Path, report: ImportReport) -> Iterator[tuple[DataFile, DataFile]]:
    """Give each text with its marks, whichever of the two comes first."""
    pending: dict[str, DataFile] = {}
    for file in _both(path):
        stem = file.path[: -len(".txt")]
        other = pending.pop(stem, None)
        if other is None:
            pending[stem] = file
        elif file.path.endswith(".ann"):
            yield other, file
        else:
            yield file, other
    for file in pending.values():
        if file.path.endswith(".ann"):
            report.add_unaligned("the .ann file has no .txt file beside it", file.where)
        else:
            file.text  # noqa: B018  what is no text is refused as elsewhere
            report.left_out.add("the text has no .ann file beside it", file.where)


def _both(path: Path) -> Iterator[DataFile]:
    if path.suffix not in {".txt", ".ann"}:
        yield from read_files(path, ".txt", ".ann")
        return
    for file in (path.with_suffix(".txt"), path.with_suffix(".ann")):
        if file.exists():
            yield from read_files(file)


def _lines(draft: Draft, marks: DataFile) -> _Lines:
    lines = _Lines()
    kinds = {
        "T": (MENTION, lines.mentions),
        "R": (RELATION, lines.relations),
        "E": (EVENT, lines.events),
    }
    for number, line in enumerate(marks.text.removeprefix("\ufeff").split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        where = f"{marks.where}, line {number}"
        if line[0] in LEFT_OUT:
            draft.left_out(LEFT_OUT[line[0]], f"line {number}")
            continue
        pattern, matches = kinds.get(line[0], (None, []))
        match = pattern.fullmatch(line) if pattern else None
        if match is None:
            raise AnnotationError(
                f"{where}: not a line of brat: {line[:60]!r}",
                hint="such as T1, a tab, PER 0 5, a tab and the mention",
            )
        matches.append((where, match))
    return lines


def _add_mentions(
    draft: Draft, lines: _Lines, triggers: set[str]
) -> tuple[dict[str, Span | None], dict[str, str | None]]:
    """Give the spans by their ids, and the ids of those that are entities and no triggers."""
    spans: dict[str, Span | None] = {}
    entities: dict[str, str | None] = {}
    for where, match in lines.mentions:
        draft.where = where
        id, type, places, mention = match.groups()
        if id in spans:
            draft.unaligned("the id was used before", id)
            continue
        span = spans[id] = _span(draft, type, places, mention)
        if id not in triggers:
            entities[id] = None if span is None else draft.entity(type, span.start, span.end)
    return spans, entities


def _span(draft: Draft, type: str, places: str, mention: str | None) -> Span | None:
    pieces = [tuple(map(int, piece.split())) for piece in places.split(";")]
    for (_, end), (start, _) in pairwise(pieces):
        gap = draft.text[max(0, end) : max(0, start)]
        if gap.strip() or start < end:
            draft.unaligned("the mention is in several pieces", f"{type} {places} {mention!r}")
            return None
    span = draft.span(type, pieces[0][0], pieces[-1][1])
    if span is not None and mention is not None and _spaced(span.text) != _spaced(mention):
        draft.unaligned("the text at the offsets is not the mention", f"{type} {mention!r}")
        return None
    return span


def _spaced(text: str) -> list[str]:
    """Give the words of a mention: its line ends stand as spaces in the ``.ann`` file."""
    return text.split()


def _add_relations(draft: Draft, lines: _Lines, entities: dict[str, str | None]) -> None:
    for where, match in lines.relations:
        draft.where = where
        _, type, head, tail = match.groups()
        if head.startswith("E") or tail.startswith("E"):
            draft.left_out("relations between events are not read", type)
        else:
            draft.relation(type, entities.get(head), entities.get(tail))


def _add_events(
    draft: Draft,
    lines: _Lines,
    spans: dict[str, Span | None],
    entities: dict[str, str | None],
) -> None:
    for where, match in lines.events:
        draft.where = where
        type, _, trigger = match[2].rpartition(":")
        arguments: list[Argument | None] = []
        roles: set[str] = set()
        for words in match[3].split():
            name, _, target = words.rpartition(":")
            role = _role(name, roles)
            roles.add(role)
            if target.startswith("E"):
                draft.left_out("an event inside of an event is not read", f"{type} {role}")
            else:
                arguments.append(_argument(draft, role, spans.get(target), entities.get(target)))
        draft.event(type, spans.get(trigger), arguments)


def _role(name: str, before: set[str]) -> str:
    """Give the role without the number that brat puts behind the second one of a name."""
    stem = name.rstrip("0123456789")
    return stem if stem in before else name


def _argument(draft: Draft, role: str, span: Span | None, entity: str | None) -> Argument | None:
    if span is None:
        draft.unaligned("the argument is no mention that fits the text", role)
        return None
    return Argument(role, span.text, span.start, span.end, entity=entity)
