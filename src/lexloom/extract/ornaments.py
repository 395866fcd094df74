"""Emoji and bullets beside a name are no part of it: spans are cut back to what lies between them.

An encoder knows few of them, and takes one for a rare character of the name.
"""

from collections.abc import Collection, Iterator, Sequence

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.decode import LabelledSpan
from lexloom.tokens.units import is_ornament

SLIPS = 0.01
"""Share of the spans marked with an ornament below which it is taken for the annotators' slips."""


def without_outer_ornaments(
    spans: Sequence[LabelledSpan], ornament_units: Collection[int]
) -> list[LabelledSpan]:
    """Cut the ornaments off both ends of spans; of those then the same, keep the likeliest.

    A span of nothing else is left out.

    Args:
        spans: The spans of one text.
        ornament_units: The units of the text that are ornaments.

    Returns:
        The spans, ascending.
    """
    likeliest: dict[tuple[int, int, int], float] = {}
    for span in spans:
        kept = [unit for unit in range(span.first, span.last + 1) if unit not in ornament_units]
        if kept:
            place = (span.label, kept[0], kept[-1])
            likeliest[place] = max(span.score, likeliest.get(place, span.score))
    return [LabelledSpan(*place, score) for place, score in sorted(likeliest.items())]


def has_outer_ornaments(documents: Sequence[AnnotatedDocument]) -> bool:
    """Say whether annotators let mentions, triggers and arguments begin or end with an ornament."""
    ends = [
        is_ornament(document.text[start]) or is_ornament(document.text[end - 1])
        for document in documents
        for start, end in _spans(document)
    ]
    return any(ends) and sum(ends) >= SLIPS * len(ends)


def _spans(document: AnnotatedDocument) -> Iterator[tuple[int, int]]:
    yield from ((mention.start, mention.end) for mention in document.entities)
    for event in document.events:
        yield event.trigger.start, event.trigger.end
        yield from ((argument.start, argument.end) for argument in event.arguments)
