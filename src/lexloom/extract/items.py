"""Facts in one shape, of a reading and of an annotation alike: what `extract.mistakes` compares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lexloom.extract.confidence import Kind
from lexloom.extract.protocols import Facts
from lexloom.records import Entity, Event, Relation

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A span of a fact: a mention, an end, a trigger or an argument."""

    name: str
    type: str
    """Of an end its entity type, of an argument its role."""
    text: str
    start: int
    end: int

    @property
    def range(self) -> Range:
        """Where it is."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Item:
    """A gold or found fact; the parts that decide whether it is right come first."""

    type: str
    parts: tuple[Part, ...]
    confidence: float | None = None
    """Of a found fact; a gold one has none."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        parts = {
            part.name: {"type": part.type, "text": part.text, "start": part.start, "end": part.end}
            for part in self.parts
        }
        sure = {} if self.confidence is None else {"confidence": self.confidence}
        return {"type": self.type, **parts, **sure}


def items_of(facts: Facts, kind: Kind) -> Iterator[Item]:
    """Give the facts of one kind, in the order in which the protocols give them."""
    if kind == "entity":
        for entity in facts.entities:
            yield Item(entity.type, (_part("mention", entity),), entity.confidence)
    elif kind == "relation":
        entities = {entity.id: entity for entity in facts.entities}
        for relation in facts.relations:
            yield _relation(relation, entities)
    elif kind == "trigger":
        for event in facts.events:
            yield Item(event.type, (_trigger(event),), event.confidence)
    else:
        for event in facts.events:
            yield from _arguments(event)


def _part(name: str, entity: Entity) -> Part:
    return Part(name, entity.type, entity.text, entity.start, entity.end)


def _relation(relation: Relation, entities: Mapping[str, Entity]) -> Item:
    head, tail = entities[relation.head], entities[relation.tail]
    parts = (_part("head", head), _part("tail", tail))
    return Item(relation.type, parts, relation.confidence)


def _trigger(event: Event) -> Part:
    trigger = event.trigger
    return Part("trigger", event.type, trigger.text, trigger.start, trigger.end)


def _arguments(event: Event) -> Iterator[Item]:
    for argument in event.arguments:
        part = Part("argument", argument.role, argument.text, argument.start, argument.end)
        yield Item(event.type, (part, _trigger(event)), argument.confidence)
