"""Join what the windows of a document gave into the facts of the document.

An engine fills one `WindowFacts` per window, with offsets into the whole text. A fact is kept from
the window whose core holds its start, so each is kept once, whichever windows saw it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from lexloom.extract.windows import Window
from lexloom.records import Argument, Entity, Event, Relation, Span

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class FoundMention:
    """A typed mention that a window gave; offsets into the whole text."""

    type: str
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundRelation:
    """A relation between two mentions of the same window, given by their indices there."""

    type: str
    head: int
    tail: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundArgument:
    """A span that fills a role; offsets into the whole text."""

    role: str
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event with its trigger's span; offsets into the whole text."""

    type: str
    start: int
    end: int
    arguments: tuple[FoundArgument, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """Everything that one window gave."""

    window: Window
    mentions: tuple[FoundMention, ...] = ()
    relations: tuple[FoundRelation, ...] = ()
    events: tuple[FoundEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class MergedFacts:
    """The facts of a document, in the order of the text."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _MentionKey:
    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True, order=True)
class _RelationKey:
    head: _MentionKey
    tail: _MentionKey
    type: str


@dataclass(frozen=True, slots=True, order=True)
class _ArgumentKey:
    start: int
    end: int
    role: str


@dataclass(slots=True)
class _EventState:
    confidence: float = -math.inf
    arguments: dict[_ArgumentKey, float] = field(default_factory=dict)


def merge_windows(text: str, windows: Iterable[WindowFacts]) -> MergedFacts:
    """Keep each fact from the window that owns its start, and unite what is the same.

    A mention is kept where it starts, a relation where its head starts, an event where its trigger
    starts. The tail of a kept relation is kept with it, wherever it starts. Equal facts become one
    with the greatest confidence. Entities are named ``e0, e1, ...`` in the order of start, end and
    type; an argument names the entity of the same span, if there is one, the surest of several.
    """
    mentions: dict[_MentionKey, float] = {}
    relations: dict[_RelationKey, float] = {}
    events: dict[_MentionKey, _EventState] = {}
    for facts in windows:
        _keep_mentions(facts, mentions)
        _keep_relations(facts, mentions, relations)
        _keep_events(facts, events)
    return _in_order(text, mentions, relations, events)


def _keep(facts: dict[Key, float], key: Key, confidence: float) -> None:
    # raw scores, which calibration is fitted on, may be negative
    facts[key] = max(confidence, facts.get(key, -math.inf))


def _key(mention: FoundMention | FoundEvent) -> _MentionKey:
    return _MentionKey(mention.start, mention.end, mention.type)


def _keep_mentions(facts: WindowFacts, mentions: dict[_MentionKey, float]) -> None:
    for mention in facts.mentions:
        if facts.window.owns(mention.start):
            _keep(mentions, _key(mention), mention.confidence)


def _keep_relations(
    facts: WindowFacts,
    mentions: dict[_MentionKey, float],
    relations: dict[_RelationKey, float],
) -> None:
    for relation in facts.relations:
        head, tail = facts.mentions[relation.head], facts.mentions[relation.tail]
        if facts.window.owns(head.start):
            _keep(mentions, _key(tail), tail.confidence)
            key = _RelationKey(_key(head), _key(tail), relation.type)
            _keep(relations, key, relation.confidence)


def _keep_events(facts: WindowFacts, events: dict[_MentionKey, _EventState]) -> None:
    for event in facts.events:
        if facts.window.owns(event.start):
            state = events.setdefault(_key(event), _EventState())
            state.confidence = max(state.confidence, event.confidence)
            for argument in event.arguments:
                key = _ArgumentKey(argument.start, argument.end, argument.role)
                _keep(state.arguments, key, argument.confidence)


def _in_order(
    text: str,
    mentions: dict[_MentionKey, float],
    relations: dict[_RelationKey, float],
    events: dict[_MentionKey, _EventState],
) -> MergedFacts:
    names = {key: f"e{number}" for number, key in enumerate(sorted(mentions))}
    entities = tuple(
        Entity(name, key.type, text[key.start : key.end], key.start, key.end, mentions[key])
        for key, name in names.items()
    )
    by_span = _surest_by_span(entities)
    return MergedFacts(
        entities=entities,
        relations=tuple(
            Relation(key.type, names[key.head], names[key.tail], relations[key])
            for key in sorted(relations)
        ),
        events=tuple(_event(text, key, events[key], by_span) for key in sorted(events)),
    )


def _surest_by_span(entities: Iterable[Entity]) -> dict[tuple[int, int], str]:
    best: dict[tuple[int, int], Entity] = {}
    for entity in entities:
        span = (entity.start, entity.end)
        if span not in best or entity.confidence > best[span].confidence:
            best[span] = entity
    return {span: entity.id for span, entity in best.items()}


def _event(
    text: str, key: _MentionKey, state: _EventState, by_span: dict[tuple[int, int], str]
) -> Event:
    arguments = tuple(
        Argument(
            role=argument.role,
            text=text[argument.start : argument.end],
            start=argument.start,
            end=argument.end,
            confidence=state.arguments[argument],
            entity=by_span.get((argument.start, argument.end)),
        )
        for argument in sorted(state.arguments)
    )
    trigger = Span.of(text, key.start, key.end)
    return Event(key.type, trigger, arguments, state.confidence)
