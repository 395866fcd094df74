"""Whether annotators marked one mention over another: what decides how a model may answer."""

from collections.abc import Sequence
from itertools import pairwise

from lexloom.annotations.document import AnnotatedDocument


def has_overlaps(documents: Sequence[AnnotatedDocument]) -> bool:
    """Say whether any two mentions of different extent overlap."""
    for document in documents:
        spans = sorted({(e.start, e.end) for e in document.entities})
        if any(left[1] > right[0] for left, right in pairwise(spans)):
            return True
    return False


def has_doubles(documents: Sequence[AnnotatedDocument]) -> bool:
    """Say whether any span is a mention of two types."""
    for document in documents:
        typed = {(e.start, e.end, e.type) for e in document.entities}
        if len(typed) > len({(start, end) for start, end, _ in typed}):
            return True
    return False
