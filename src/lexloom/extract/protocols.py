"""The scoring protocols: which facts of a document count, and when two of them are the same.

A protocol turns a document into a set of facts, each a type and a key; a predicted fact is correct
when the gold set holds an equal one, so doubles count once. Ids never enter a key: gold and
predicted ids differ, spans and strings are compared. `extract.score` counts and averages.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import AnnotationError, UsageError
from lexloom.records import Entity, Event, Relation


class Facts(Protocol):
    """Anything with entities, relations and events: an Extraction, or an AnnotatedDocument."""

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The mentions, each with an id that is unique in the document."""
        ...

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The relations; their ends are ids of `entities`."""
        ...

    @property
    def events(self) -> tuple[Event, ...]:
        """The events with their triggers and arguments."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How many facts are correct, predicted and gold; ratios without a denominator are 0."""

    num_correct: int = 0
    num_predicted: int = 0
    num_gold: int = 0

    @property
    def precision(self) -> float:
        """The share of the predicted facts that is correct."""
        return self.num_correct / self.num_predicted if self.num_predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of the gold facts that was found."""
        return self.num_correct / self.num_gold if self.num_gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.num_predicted + self.num_gold
        return 2 * self.num_correct / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One countable fact: two facts are the same when type and key are equal."""

    type: str
    key: Hashable
    known_by: Hashable = None
    """What decides whether the annotators looked at it; equal for equal keys."""


FactsOf = Callable[[Facts], Iterable[Fact]]
KnownTest = Callable[[Fact], bool]


def ner_strict(facts: Facts) -> Iterable[Fact]:
    """Give each mention by its type and span."""
    for entity in facts.entities:
        span = (entity.start, entity.end)
        yield Fact(entity.type, span, known_by=span)


def ner_string(facts: Facts) -> Iterable[Fact]:
    """Give each mention by its type and the string it reads, wherever it stands."""
    for entity in facts.entities:
        yield Fact(entity.type, entity.text, known_by=entity.text)


def relations_strict(facts: Facts) -> Iterable[Fact]:
    """Give each relation by its type and the span and type of both ends."""
    for relation, head, tail in _resolved(facts):
        key = (_span(head), head.type, _span(tail), tail.type)
        yield Fact(relation.type, key, known_by=(_span(head), _span(tail)))


def relations_boundaries(facts: Facts) -> Iterable[Fact]:
    """Give each relation by its type and the spans of both ends, whose types do not count."""
    for relation, head, tail in _resolved(facts):
        pair = (_span(head), _span(tail))
        yield Fact(relation.type, pair, known_by=pair)


def relations_triple(facts: Facts) -> Iterable[Fact]:
    """Give each relation by its type and the strings of both ends."""
    for relation, head, tail in _resolved(facts):
        pair = (head.text, tail.text)
        yield Fact(relation.type, pair, known_by=pair)


def events_trigger(facts: Facts) -> Iterable[Fact]:
    """Give each event by its type and the span of its trigger."""
    for event in facts.events:
        yield Fact(event.type, (event.trigger.start, event.trigger.end))


def events_argument(facts: Facts) -> Iterable[Fact]:
    """Give each argument by event type, role and span; the trigger's span does not count.

    An argument is correct when the document holds a gold event of the same type with the same role
    at the same span, even if the trigger was found elsewhere or the event was split in two. This
    is the usual "argument classification".
    """
    for event in facts.events:
        for argument in event.arguments:
            yield Fact(event.type, (argument.role, argument.start, argument.end))


def _span(entity: Entity) -> tuple[int, int]:
    return (entity.start, entity.end)


def _resolved(facts: Facts) -> Iterable[tuple[Relation, Entity, Entity]]:
    entities = {entity.id: entity for entity in facts.entities}
    for relation in facts.relations:
        yield relation, entities[relation.head], entities[relation.tail]


def _known_entities(facts_of: FactsOf) -> Callable[[AnnotatedDocument], KnownTest]:
    def for_document(gold: AnnotatedDocument) -> KnownTest:
        scope, types = gold.scope, gold.scope.entity_types
        marked = {fact.known_by for fact in facts_of(gold)}

        def is_known(fact: Fact) -> bool:
            if not _among(fact.type, types):
                return False
            # where only some mentions are marked, another span is unknown, not wrong
            some = not scope.all_mentions or fact.type in scope.partial_types
            return not some or fact.known_by in marked

        return is_known

    return for_document


def _known_relations(facts_of: FactsOf) -> Callable[[AnnotatedDocument], KnownTest]:
    def for_document(gold: AnnotatedDocument) -> KnownTest:
        types, pairs = gold.scope.relation_types, gold.scope.known_pairs
        if pairs is None:
            return lambda fact: _among(fact.type, types)
        stand_in = AnnotatedDocument(
            id=gold.id,
            text=gold.text,
            entities=gold.entities,
            relations=tuple(Relation("", head, tail) for head, tail in pairs) + gold.relations,
        )
        known = {fact.known_by for fact in facts_of(stand_in)}
        return lambda fact: _among(fact.type, types) and fact.known_by in known

    return for_document


def _known_events(gold: AnnotatedDocument) -> KnownTest:
    types = gold.scope.event_types
    return lambda fact: _among(fact.type, types)


def _among(value: Hashable, allowed: Collection[Hashable] | None) -> bool:
    return allowed is None or value in allowed


@dataclass(frozen=True, slots=True)
class ScoringProtocol:
    """A named rule of what counts, and of what the annotators of a document looked at."""

    facts_of: FactsOf
    known_test: Callable[[AnnotatedDocument], KnownTest]

    def count(self, gold: AnnotatedDocument, predicted: Facts) -> dict[str, Counts]:
        """Count one document's facts per type; what was not looked for is left out on both sides.

        Types outside the document's scope are left out. Where not every mention is marked, so are
        mentions that no gold one equals in span (or string); where only some pairs are known, so
        are relations between other pairs.

        Raises:
            AnnotationError: If a predicted relation names an entity that is not there.
        """
        is_known = self.known_test(gold)
        wanted = {(f.type, f.key) for f in self.facts_of(gold) if is_known(f)}
        try:
            found = {(f.type, f.key) for f in self.facts_of(predicted) if is_known(f)}
        except KeyError as error:
            raise AnnotationError(
                f"document {gold.id}: a predicted relation names the unknown entity {error}",
                hint="head and tail are ids of the same document's entities",
            ) from error
        num_gold = Counter(kind for kind, _ in wanted)
        num_predicted = Counter(kind for kind, _ in found)
        num_correct = Counter(kind for kind, _ in wanted & found)
        return {
            kind: Counts(num_correct[kind], num_predicted[kind], num_gold[kind])
            for kind in num_gold.keys() | num_predicted.keys()
        }


PROTOCOLS: Mapping[str, ScoringProtocol] = {
    "ner_strict": ScoringProtocol(ner_strict, _known_entities(ner_strict)),
    "ner_string": ScoringProtocol(ner_string, _known_entities(ner_string)),
    "relations_strict": ScoringProtocol(relations_strict, _known_relations(relations_strict)),
    "relations_boundaries": ScoringProtocol(
        relations_boundaries, _known_relations(relations_boundaries)
    ),
    "relations_triple": ScoringProtocol(relations_triple, _known_relations(relations_triple)),
    "events_trigger": ScoringProtocol(events_trigger, _known_events),
    "events_argument": ScoringProtocol(events_argument, _known_events),
}


def protocol_named(name: str) -> ScoringProtocol:
    """Give the protocol of that name.

    Raises:
        UsageError: If there is none.
    """
    if name not in PROTOCOLS:
        raise UsageError(
            f"there is no scoring protocol {name!r}", hint=f"one of {', '.join(PROTOCOLS)}"
        )
    return PROTOCOLS[name]
