"""One text's found facts as records: mentions with ids, relations that name them, events.

Every span is cut from the source text here, so that ``text[start:end] == mention`` holds by making.
"""

from dataclasses import dataclass

from lexloom.extract.encoder import TextFacts
from lexloom.records import Argument, Entity, Event, Relation, Span


@dataclass(frozen=True, slots=True)
class TextRecords:
    """The records of one text; see `records.Extraction` for those of a document."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    events: tuple[Event, ...]


def to_records(text: str, facts: TextFacts) -> TextRecords:
    """Make the records of the facts found in `text`."""
    entities = []
    of_span: dict[tuple[int, int], str] = {}
    for number, found in enumerate(facts.entities):
        span = Span.of(text, found.start, found.end)
        name = f"e{number}"
        entities.append(Entity(name, found.type, span.text, span.start, span.end, found.confidence))
        of_span.setdefault((span.start, span.end), name)
    events = []
    for event in facts.events:
        arguments = []
        for argument in event.arguments:
            span = Span.of(text, argument.start, argument.end)
            entity = of_span.get((span.start, span.end))
            arguments.append(
                Argument(argument.role, span.text, span.start, span.end, argument.confidence, entity)
            )
        trigger = Span.of(text, event.start, event.end)
        events.append(Event(event.type, trigger, tuple(arguments), event.confidence))
    relations = tuple(
        Relation(r.type, f"e{r.head}", f"e{r.tail}", r.confidence) for r in facts.relations
    )
    return TextRecords(tuple(entities), relations, tuple(events))
