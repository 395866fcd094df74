"""Instruction lines in the layout of IEPile (Gui et al., 2024, arXiv:2402.14710), in.

Neighbouring lines of one text ask for different types and make one document. Answers are strings,
which are looked up in the text as in `annotations.triples`. Written by `annotations.iepile_out`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.formats.iepile_out import NOTHING
from lexloom.annotations.formats.triples import Triple, known_pairs, triple_ends
from lexloom.annotations.occurrences import occurrences
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Argument

ENTITY_TASKS = frozenset({"NER"})
RELATION_TASKS = frozenset({"RE", "SPO"})
EVENT_TASKS = frozenset({"EE", "EEA", "EET"})
GRAPH_TASK = "KG"
TASKS = ENTITY_TASKS | RELATION_TASKS | EVENT_TASKS | {GRAPH_TASK}
ENDS = (("subject", "object"), ("head", "tail"))
"""What the ends of a relation are called; the second is DeepKE's."""


@dataclass(frozen=True, slots=True)
class _Line:
    where: str
    task: str
    text: str
    asked: tuple[str | Mapping[str, Any], ...]
    answers: Mapping[str, Any]


def read_iepile(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the documents; the types that were asked for are what the annotators looked for.

    Ends of relations take the type of an entity of the same words, else that of the options.
    """
    lines = (_line(where, values) for where, values in read_json_lines(path))
    for number, (text, group) in enumerate(groupby(lines, key=lambda line: line.text)):
        rows = list(group)
        id = options.document_id(path, number)
        draft = Draft(id, text, report, where=rows[0].where)
        yield _Reader(draft, rows, options.entity_type).document()


def _line(where: str, values: Mapping[str, Any]) -> _Line:
    instruction = _parsed(values, "instruction", where)
    answers = _parsed(values, "output" if "output" in values else "label", where)
    asked = need(instruction, "schema", list, where)
    if not all(isinstance(item, str | Mapping) for item in asked):
        raise AnnotationError(f"{where}: the schema holds neither strings nor objects")
    task = values.get("task", GRAPH_TASK)
    if not isinstance(task, str) or task not in TASKS:
        raise AnnotationError(
            f"{where}: unknown task {task!r:.40}", hint="tasks: NER, RE, SPO, EE, EEA, EET, KG"
        )
    return _Line(where, task, need(instruction, "input", str, where), tuple(asked), answers)


def _parsed(values: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(need(values, key, str, where))
    except (ValueError, RecursionError) as error:
        raise AnnotationError(f"{where}: {key!r} is not JSON in a string") from error
    if not isinstance(value, Mapping):
        raise AnnotationError(f"{where}: {key!r} must hold an object, got {value!r:.40}")
    return value


class _Reader:
    """Makes one document of the lines of one text."""

    def __init__(self, draft: Draft, lines: list[_Line], entity_type: str) -> None:
        self._draft = draft
        self._lines = lines
        self._entity_type = entity_type
        self._types: dict[str, str] = {}
        """Types of the strings that are entities."""
        self._related: set[tuple[str, str]] = set()
        self._marked: set[tuple[str, str]] = set()
        self._in_doubt = False
        """Whether some entity's words stand at further places."""

    def document(self) -> AnnotatedDocument:
        """Give the document; entities are read first, for relations take their types."""
        tasks = {line.task for line in self._lines}
        for wanted, add in (
            (ENTITY_TASKS, self._add_entities),
            (RELATION_TASKS, self._add_relations),
            (frozenset({GRAPH_TASK}), self._add_graph),
            (EVENT_TASKS, self._add_events),
        ):
            for line in self._lines:
                if line.task in wanted:
                    self._draft.where = line.where
                    add(line)
        has_entities = bool(tasks & ENTITY_TASKS)
        return self._draft.finish(
            Scope(
                entity_types=self._asked(ENTITY_TASKS) if has_entities else None,
                relation_types=self._asked(RELATION_TASKS | {GRAPH_TASK}),
                event_types=self._asked(EVENT_TASKS),
                all_mentions=has_entities and not self._in_doubt,
                known_pairs=known_pairs(self._draft, self._related, self._marked),
            )
        )

    def _asked(self, tasks: frozenset[str]) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for line in (line for line in self._lines if line.task in tasks):
            for item in line.asked:
                names |= dict.fromkeys(_names(item, line.where))
        return tuple(names)

    def _add_entities(self, line: _Line) -> None:
        for type in line.answers:
            for mention in _strings(line.answers[type], line.where):
                self._types.setdefault(mention, type)
                self._in_doubt |= len(occurrences(self._draft.text, mention)) > 1
                span = self._draft.find(type, mention)
                if span is not None:
                    self._draft.entity(type, span.start, span.end)

    def _add_relations(self, line: _Line) -> None:
        types: dict[str, tuple[str | None, str | None]] = {}
        for item in line.asked:
            if isinstance(item, Mapping):
                ends = (item.get("subject_type"), item.get("object_type"))
                types[need(item, "predicate", str, line.where)] = ends
        for relation, rows in line.answers.items():
            for row in _rows(rows, line.where):
                head_key, tail_key = next((ends for ends in ENDS if ends[0] in row), ENDS[0])
                head, tail = (need(row, key, str, line.where) for key in (head_key, tail_key))
                head_type, tail_type = types.get(relation, (None, None))
                self._add_triple(relation, (head_type, head), (tail_type, tail))

    def _add_graph(self, line: _Line) -> None:
        for type, entities in line.answers.items():
            if not isinstance(entities, Mapping):
                raise AnnotationError(f"{line.where}: the entities of {type!r} are not an object")
            for head, attributes in entities.items():
                if not isinstance(attributes, Mapping):
                    raise AnnotationError(f"{line.where}: what {head!r} has is not an object")
                for relation, tails in attributes.items():
                    for tail in _strings(tails, line.where):
                        self._add_triple(relation, (type, head), (None, tail))

    def _add_triple(self, relation: str, head: tuple[Any, str], tail: tuple[Any, str]) -> None:
        types = [
            given if isinstance(given, str) else self._types.get(words, self._entity_type)
            for given, words in (head, tail)
        ]
        self._related.add((head[1], tail[1]))
        ends = triple_ends(self._draft, Triple(relation, types[0], head[1], types[1], tail[1]))
        if ends is not None:
            self._marked.add(ends)

    def _add_events(self, line: _Line) -> None:
        for type, rows in line.answers.items():
            for row in rows if isinstance(rows, list) else [rows]:
                event = {"trigger": row} if isinstance(row, str) else row
                trigger = self._draft.find(type, need(event, "trigger", str, line.where))
                near = 0 if trigger is None else trigger.start
                self._draft.event(type, trigger, self._arguments(event, near))

    def _arguments(self, event: Mapping[str, Any], near: int) -> Iterator[Argument]:
        where = self._draft.where
        given = need(event, "arguments", dict, where) if "arguments" in event else {}
        for role, fillers in given.items():
            for words in _strings(fillers, where):
                span = self._draft.find(role, words, near)
                if span is not None:
                    yield Argument(role, span.text, span.start, span.end)


def _names(item: str | Mapping[str, Any], where: str) -> list[str]:
    """Give the types that one item of a schema asks for."""
    if isinstance(item, str):
        return [item]
    if "attributes" in item:
        names = item["attributes"]  # a list, or an object with a description of each
        return _strings(list(names) if isinstance(names, Mapping) else names, where)
    return [need(item, "predicate" if "predicate" in item else "event_type", str, where)]


def _strings(value: Any, where: str) -> list[str]:
    """Give one string or several; none for what stands for nothing."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise AnnotationError(
            f"{where}: an answer must be a string or a list of strings, got {value!r:.60}"
        )
    return [item for item in values if item != NOTHING]


def _rows(value: Any, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise AnnotationError(f"{where}: relations must be a list of objects, got {value!r:.60}")
    return value
