"""Numbers that describe annotated documents: how many, how long, which types, how they overlap."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from lexloom.annotations.document import AnnotatedDocument
from lexloom.records import Entity


@dataclass(frozen=True, slots=True)
class Lengths:
    """The spread of some lengths, in code points; all zero where there is none."""

    count: int = 0
    mean: float = 0.0
    median: int = 0
    percentile_95: int = 0
    max: int = 0

    @classmethod
    def of(cls, lengths: Iterable[int]) -> Self:
        """Measure `lengths`; a percentile is the least length that so many do not exceed."""
        ordered = sorted(lengths)
        if not ordered:
            return cls()
        return cls(
            count=len(ordered),
            mean=sum(ordered) / len(ordered),
            median=_percentile(ordered, 50),
            percentile_95=_percentile(ordered, 95),
            max=ordered[-1],
        )


def _percentile(ordered: Sequence[int], percent: int) -> int:
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """What `measure` finds."""

    documents: int = 0
    empty_documents: int = 0
    """Documents in which nothing is marked."""
    characters: Lengths = Lengths()
    """Lengths of the texts."""
    entities: dict[str, int] = field(default_factory=dict)
    """Entities by type, most frequent first; so are the other tables."""
    relations: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    arguments: dict[str, int] = field(default_factory=dict)
    """Arguments by ``event type/role``."""
    sentences: Lengths = Lengths()
    """Lengths of the sentences, where they were asked for."""
    mentions: Lengths = Lengths()
    """Lengths of the entities' mentions."""
    nested_entities: int = 0
    """Entities that lie inside of another or share its span."""
    crossing_entities: int = 0
    """Entities that overlap another without nesting, each counted once."""
    shared_triggers: int = 0
    """Events whose trigger's span is an earlier event's too."""
    sentence_lengths: dict[int, int] = field(default_factory=dict)
    """Sentences by length, in order; drawn, and no part of the JSON form."""
    mention_lengths: dict[int, int] = field(default_factory=dict)
    """Mentions of entities by length, in order; drawn, and no part of the JSON form."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        values = asdict(self)
        del values["sentence_lengths"], values["mention_lengths"]
        return values


def measure(
    documents: Iterable[AnnotatedDocument],
    split: Callable[[str], Iterable[tuple[int, int]]] | None = None,
) -> Statistics:
    """Count what is marked in `documents`.

    Args:
        documents: Seen once, one after the other.
        split: Gives where the sentences of a text begin and end; None to measure none.
    """
    counts = {kind: Counter[str]() for kind in ("entities", "relations", "events", "arguments")}
    texts: list[int] = []
    mentions: list[int] = []
    sentences: list[int] = []
    empty = nested = crossing = shared = 0
    for document in documents:
        texts.append(len(document.text))
        if split is not None:
            sentences += [end - start for start, end in split(document.text)]
        mentions += [entity.end - entity.start for entity in document.entities]
        for kind, names in _names(document).items():
            counts[kind].update(names)
        empty += not (document.entities or document.relations or document.events)
        overlaps = _overlaps(document.entities)
        nested, crossing = nested + overlaps[0], crossing + overlaps[1]
        triggers = {(event.trigger.start, event.trigger.end) for event in document.events}
        shared += len(document.events) - len(triggers)
    return Statistics(
        documents=len(texts),
        empty_documents=empty,
        characters=Lengths.of(texts),
        entities=dict(counts["entities"].most_common()),
        relations=dict(counts["relations"].most_common()),
        events=dict(counts["events"].most_common()),
        arguments=dict(counts["arguments"].most_common()),
        sentences=Lengths.of(sentences),
        mentions=Lengths.of(mentions),
        nested_entities=nested,
        crossing_entities=crossing,
        shared_triggers=shared,
        sentence_lengths=dict(sorted(Counter(sentences).items())),
        mention_lengths=dict(sorted(Counter(mentions).items())),
    )


def _names(document: AnnotatedDocument) -> dict[str, list[str]]:
    return {
        "entities": [entity.type for entity in document.entities],
        "relations": [relation.type for relation in document.relations],
        "events": [event.type for event in document.events],
        "arguments": [f"{e.type}/{a.role}" for e in document.events for a in e.arguments],
    }


def _overlaps(entities: Sequence[Entity]) -> tuple[int, int]:
    """Give how many entities are nested in an earlier or longer one, and how many cross one."""
    ordered = sorted(entities, key=lambda entity: (entity.start, -entity.end))
    nested = crossing = 0
    open_entities: list[Entity] = []
    for entity in ordered:
        open_entities = [other for other in open_entities if other.end > entity.start]
        nested += any(other.end >= entity.end for other in open_entities)
        crossing += any(other.end < entity.end for other in open_entities)
        open_entities.append(entity)
    return nested, crossing
