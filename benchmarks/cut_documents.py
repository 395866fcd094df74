"""Long annotated documents cut into the windows that ``lexloom extract`` reads, to train on.

What lies in no single window is lost to training: an argument far from its trigger. Scores are
taken on whole documents, in which such an argument counts as missed.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.extractor import WINDOW_WEIGHT, weight
from lexloom.extract.windows import Window, make_windows
from lexloom.records import Argument, Entity, Event, Span

Mention = TypeVar("Mention", Span, Entity, Argument)


def windows_of(text: str) -> list[Window]:
    """Give the windows of a text, on sentence borders and without overlap."""
    return list(
        make_windows(text, max_units=WINDOW_WEIGHT, overlap_sentences=0, count_units=weight)
    )


def cut_into_windows(documents: Iterable[AnnotatedDocument]) -> list[AnnotatedDocument]:
    """Give each window of each document as a document with the facts that lie in it."""
    return [
        _within(document, window, f"{document.id}@{window.start}")
        for document in documents
        for window in windows_of(document.text)
    ]


def _within(document: AnnotatedDocument, window: Window, id: str) -> AnnotatedDocument:
    entities = tuple(_moved(entity, window) for entity in document.entities if _in(entity, window))
    ids = {entity.id for entity in entities}
    known = document.scope.known_pairs
    if known is not None:
        known = tuple(pair for pair in known if ids.issuperset(pair))
    return AnnotatedDocument(
        id=id,
        text=document.text[window.start : window.end],
        entities=entities,
        relations=tuple(r for r in document.relations if {r.head, r.tail} <= ids),
        events=tuple(
            _event(event, window, ids) for event in document.events if _in(event.trigger, window)
        ),
        scope=replace(document.scope, known_pairs=known),
    )


def _event(event: Event, window: Window, ids: set[str]) -> Event:
    kept = [_moved(argument, window) for argument in event.arguments if _in(argument, window)]
    arguments = tuple(a if a.entity in ids else replace(a, entity=None) for a in kept)
    return replace(event, trigger=_moved(event.trigger, window), arguments=arguments)


def _in(item: Span | Entity | Argument, window: Window) -> bool:
    return window.start <= item.start and item.end <= window.end


def _moved(item: Mention, window: Window) -> Mention:
    return replace(item, start=item.start - window.start, end=item.end - window.start)
