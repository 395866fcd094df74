"""Emoji beside a name are no part of it: spans are cut back to what stands between them.

An encoder knows few emoji, and takes one for a rare character of the name beside it.
"""

from collections.abc import Collection, Iterator, Sequence

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.decode import LabelledSpan
from lexloom.tokens.units import is_emoji


def without_outer_emoji(
    spans: Sequence[LabelledSpan], emoji_units: Collection[int]
) -> list[LabelledSpan]:
    """Cut the emoji off both ends of spans; of those that are the same then, keep the likeliest.

    A span of nothing but emoji is left out.

    Args:
        spans: The spans of one text.
        emoji_units: The units of the text that are emoji.

    Returns:
        The spans, ascending.
    """
    likeliest: dict[tuple[int, int, int], float] = {}
    for span in spans:
        kept = [unit for unit in range(span.first, span.last + 1) if unit not in emoji_units]
        if kept:
            place = (span.label, kept[0], kept[-1])
            likeliest[place] = max(span.score, likeliest.get(place, span.score))
    return [LabelledSpan(*place, score) for place, score in sorted(likeliest.items())]


def has_outer_emoji(documents: Sequence[AnnotatedDocument]) -> bool:
    """Say whether annotators let any mention, trigger or argument begin or end with an emoji."""
    return any(
        is_emoji(document.text[start]) or is_emoji(document.text[end - 1])
        for document in documents
        for start, end in _spans(document)
    )


def _spans(document: AnnotatedDocument) -> Iterator[tuple[int, int]]:
    yield from ((mention.start, mention.end) for mention in document.entities)
    for event in document.events:
        yield event.trigger.start, event.trigger.end
        yield from ((argument.start, argument.end) for argument in event.arguments)
