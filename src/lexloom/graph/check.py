"""Refuse an extraction that contradicts itself before anything of it enters the graph."""

from collections.abc import Iterator

from lexloom.errors import GraphError
from lexloom.records import Extraction, Span, page_of, text_sha256

MAX_OFFSET = 2**53
"""Greatest offset that JSON readers keep exact."""


def check_extraction(extraction: Extraction, text: str | None) -> None:
    """Hold what the graph relies on: unique ids, known ends, spans in order, confidences in [0, 1].

    Args:
        extraction: What was read from one document.
        text: The document, if at hand; every span is then compared with it.

    Raises:
        GraphError: If something does not hold; it names the document.
    """
    where = f"document {extraction.document.id}"
    coverage = extraction.coverage
    if not 0 <= coverage.characters_read <= coverage.characters <= MAX_OFFSET:
        raise GraphError(
            f"{where}: it cannot be that {coverage.characters_read} of {coverage.characters} "
            "characters were read"
        )
    _check_types(extraction, where)
    _check_ids(extraction, where)
    _check_pages(extraction, where)
    for confidence in _confidences(extraction):
        if not 0.0 <= confidence <= 1.0:
            raise GraphError(f"{where}: a confidence must be in [0, 1], got {confidence}")
    if text is not None and text_sha256(text) != extraction.document.sha256:
        raise GraphError(
            f"{where}: the text given is not the one that was read: its SHA-256 differs",
            hint="give the decoded text, newlines untouched",
        )
    for span in _spans(extraction):
        if not 0 <= span.start < span.end <= MAX_OFFSET:
            raise GraphError(f"{where}: [{span.start}, {span.end}) is no span of a text")
        if span.end - span.start != len(span.text):
            raise GraphError(
                f"{where}: [{span.start}, {span.end}) is not as long as {span.text[:40]!r}",
                hint="offsets count Unicode code points, end excluded",
            )
        if text is not None and text[span.start : span.end] != span.text:
            raise GraphError(
                f"{where}: the span [{span.start}, {span.end}) does not hold {span.text[:40]!r}",
                hint="offsets count Unicode code points, end excluded",
            )


def _check_types(extraction: Extraction, where: str) -> None:
    names = [entity.type for entity in extraction.entities]
    names += [relation.type for relation in extraction.relations]
    for event in extraction.events:
        names += [event.type, *(argument.role for argument in event.arguments)]
    if not all(names):
        raise GraphError(f"{where}: a type or role is empty")


def _check_ids(extraction: Extraction, where: str) -> None:
    known = {entity.id for entity in extraction.entities}
    if len(known) != len(extraction.entities):
        raise GraphError(f"{where}: two entities have the same id")
    named = [end for relation in extraction.relations for end in (relation.head, relation.tail)]
    named += [
        argument.entity
        for event in extraction.events
        for argument in event.arguments
        if argument.entity is not None
    ]
    for name in named:
        if name not in known:
            raise GraphError(
                f"{where}: a relation or an argument names the unknown entity {name!r}"
            )


def _check_pages(extraction: Extraction, where: str) -> None:
    pages = extraction.document.pages
    if pages and (pages[0] != 0 or list(pages) != sorted(pages) or pages[-1] > MAX_OFFSET):
        raise GraphError(
            f"{where}: its pages do not start one behind the other",
            hint="document.pages holds the offset that each page starts at, from 0",
        )
    for span in _spans(extraction):
        if span.page is not None and span.page != page_of(pages, max(0, span.start)):
            raise GraphError(
                f"{where}: [{span.start}, {span.end}) is not on page {span.page}",
                hint="document.pages says where each page starts",
            )


def _confidences(extraction: Extraction) -> Iterator[float]:
    yield from (entity.confidence for entity in extraction.entities)
    yield from (relation.confidence for relation in extraction.relations)
    for event in extraction.events:
        yield event.confidence
        yield from (argument.confidence for argument in event.arguments)


def _spans(extraction: Extraction) -> Iterator[Span]:
    for entity in extraction.entities:
        yield Span(entity.text, entity.start, entity.end, entity.page)
    for event in extraction.events:
        yield event.trigger
        for argument in event.arguments:
            yield Span(argument.text, argument.start, argument.end, argument.page)
