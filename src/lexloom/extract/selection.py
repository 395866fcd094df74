"""Facts that are sure enough: what ``lexloom extract --min-confidence`` keeps."""

from dataclasses import replace

from lexloom.records import Event, Extraction


def sure_facts(extraction: Extraction, min_confidence: float) -> Extraction:
    """Give the facts whose confidence is at least `min_confidence`, in [0, 1].

    A relation goes with either of its entities; an argument stays where its entity goes, for it has
    a span and a confidence of its own.
    """
    entities = tuple(e for e in extraction.entities if e.confidence >= min_confidence)
    kept = {entity.id for entity in entities}
    return replace(
        extraction,
        entities=entities,
        relations=tuple(
            relation
            for relation in extraction.relations
            if relation.confidence >= min_confidence and {relation.head, relation.tail} <= kept
        ),
        events=tuple(
            _sure_event(event, min_confidence, kept)
            for event in extraction.events
            if event.confidence >= min_confidence
        ),
    )


def _sure_event(event: Event, min_confidence: float, kept: set[str]) -> Event:
    return replace(
        event,
        arguments=tuple(
            replace(argument, entity=argument.entity if argument.entity in kept else None)
            for argument in event.arguments
            if argument.confidence >= min_confidence
        ),
    )
