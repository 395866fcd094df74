"""Instruction lines in the layout of IEPile (Gui et al., 2024, arXiv:2402.14710), out.

Each line is ``{task, source, instruction, output}``; instruction and output are JSON strings, the
instruction of ``{instruction, schema, input}``, the output of a key for each type asked for.
Entities make lines of the task NER, relations RE, events EE; each asks for a few types, so that the
number asked for at once stays the same whatever the schema. Offsets are lost.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.options import ExportOptions
from lexloom.annotations.report import ExportReport
from lexloom.annotations.words import guess_joiner
from lexloom.records import Argument

NOTHING = "NAN"
"""Stands for a role that nothing fills."""
INSTRUCTIONS = {
    (
        "NER",
        "zh",
    ): "请在input中找出schema所列各类型的实体，没有的类型给出空列表。以JSON字符串作答。",
    ("NER", "en"): "Find the entities of the types in the schema in the input; give an empty list "
    "for a type that has none. Answer with a JSON string.",
    ("RE", "zh"): "请在input中找出schema所列各关系的主体和客体，没有的关系给出空列表。"
    "以JSON字符串作答。",
    ("RE", "en"): "Find subject and object of the relations in the schema in the input; give an "
    "empty list for a relation that does not occur. Answer with a JSON string.",
    ("EE", "zh"): "请在input中找出schema所列各类型的事件及其触发词和论元，没有的事件给出空列表，"
    "没有的论元给出NAN，多个论元给出列表。以JSON字符串作答。",
    ("EE", "en"): "Find the events of the types in the schema with their triggers and arguments in "
    "the input; give an empty list for an event that does not occur, NAN for an argument that is "
    "missing and a list for several. Answer with a JSON string.",
}
"""What a line asks, by its task and language."""


class _Typed(Protocol):
    @property
    def type(self) -> str: ...


def write_iepile(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[str]:
    """Give the lines of each document; the report counts what a line cannot say.

    Types asked for are those of the document's scope, else those of the schema in the options,
    else those that occur.
    """
    for document in documents:
        writer = _Writer(document, options, report)
        lines = [*writer.entities(), *writer.relations(), *writer.events()]
        if lines:
            report.documents += 1
        else:
            report.left_out.add("there is no type to ask for", document.id)
        yield from lines


class _Writer:
    def __init__(
        self, document: AnnotatedDocument, options: ExportOptions, report: ExportReport
    ) -> None:
        self._document = document
        self._options = options
        self._report = report
        self._language = "zh" if guess_joiner([list(document.text)]) == "" else "en"

    def entities(self) -> Iterator[str]:
        """Give the lines that ask for entities."""
        document, schema = self._document, self._options.schema
        known = [item.name for item in schema.entities] if schema else None
        types = self._types(document.scope.entity_types, known, document.entities, "entity")
        answers: dict[str, list[Any]] = {type: [] for type in types}
        repeated = Counter((entity.type, entity.text) for entity in document.entities)
        for entity in document.entities:
            if entity.type not in answers:
                continue
            self._report.entities += 1
            if entity.text not in answers[entity.type]:
                answers[entity.type].append(entity.text)
                places = document.text.count(entity.text)
                if places > repeated[entity.type, entity.text]:
                    self._changed("not all places of the words are the mention", entity.text)
            else:
                self._changed("several mentions of the same words became one", entity.text)
        yield from self._lines("NER", types, types, answers)

    def relations(self) -> Iterator[str]:
        """Give the lines that ask for relations."""
        document, schema = self._document, self._options.schema
        known = [item.name for item in schema.relations] if schema else None
        types = self._types(document.scope.relation_types, known, document.relations, "relation")
        answers: dict[str, list[Any]] = {type: [] for type in types}
        words = {entity.id: entity.text for entity in document.entities}
        for relation in document.relations:
            if relation.type not in answers:
                continue
            self._report.relations += 1
            row = {"subject": words[relation.head], "object": words[relation.tail]}
            if row in answers[relation.type]:
                self._changed("several relations of the same words became one", relation.type)
            else:
                answers[relation.type].append(row)
        yield from self._lines("RE", types, types, answers)

    def events(self) -> Iterator[str]:
        """Give the lines that ask for events."""
        document, schema = self._document, self._options.schema
        known = {event.name: event for event in schema.events} if schema else None
        types = self._types(
            document.scope.event_types, None if known is None else list(known), document.events,
            "event",
        )  # fmt: skip
        roles: dict[str, dict[str, None]] = {type: {} for type in types}
        for type in types:
            if known is not None and type in known:
                roles[type] |= dict.fromkeys(role.name for role in known[type].roles)
        events = [event for event in document.events if event.type in roles]
        for event in events:
            roles[event.type] |= dict.fromkeys(argument.role for argument in event.arguments)
        answers: dict[str, list[Any]] = {type: [] for type in types}
        for event in events:
            filled = {role: _filler(event.arguments, role) for role in roles[event.type]}
            answers[event.type].append({"trigger": event.trigger.text, "arguments": filled})
            self._report.events += 1
        asked = [
            {"event_type": type, "trigger": True, "arguments": list(roles[type])} for type in types
        ]
        yield from self._lines("EE", types, asked, answers)

    def _types(
        self,
        scope: Sequence[str] | None,
        known: Sequence[str] | None,
        facts: Iterable[_Typed],
        kind: str,
    ) -> list[str]:
        """Give the types to ask for, and report the facts of others."""
        found = list(dict.fromkeys(fact.type for fact in facts))
        wanted = known if scope is None else scope
        if wanted is None or not self._document.scope.all_mentions:
            return found  # an empty answer would say more than is known
        for fact in facts:
            if fact.type not in wanted:
                reason = f"the type of the {kind} is not one of those to ask for"
                self._report.left_out.add(reason, f"{self._document.id}: {fact.type}")
        return list(wanted)

    def _lines(
        self, task: str, types: Sequence[str], asked: Sequence[Any], answers: dict[str, list[Any]]
    ) -> Iterator[str]:
        step = self._options.max_types
        for start in range(0, len(types), step):
            instruction = {
                "instruction": INSTRUCTIONS[task, self._language],
                "schema": asked[start : start + step],
                "input": self._document.text,
            }
            values = {
                "task": task,
                "source": self._options.source,
                "instruction": _dumped(instruction),
                "output": _dumped({type: answers[type] for type in types[start : start + step]}),
            }
            yield _dumped(values) + "\n"

    def _changed(self, reason: str, what: str) -> None:
        self._report.changed.add(reason, f"{self._document.id}: {what}")


def _filler(arguments: Sequence[Argument], role: str) -> str | list[str]:
    texts = list(dict.fromkeys(item.text for item in arguments if item.role == role))
    if not texts:
        return NOTHING
    return texts[0] if len(texts) == 1 else texts


def _dumped(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False)
