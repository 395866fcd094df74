"""Tag sequences to spans and back: BIO, IOB, BIOES, BMES, BILOU.

Reading is lenient as in CoNLL-2000's conlleval: a chunk also begins at an inside tag after another
type or after O, so that IOB1 is read without being told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lexloom.errors import AnnotationError

BEGINNING = frozenset("BSU")
INSIDE = frozenset("IM")
ENDING = frozenset("ELSU")
PREFIXES = BEGINNING | INSIDE | ENDING
OUTSIDE = "O"


class TokenSpan(NamedTuple):
    """Tokens ``[start, end)`` and their type."""

    type: str
    start: int
    end: int


def is_tag(tag: str) -> bool:
    """Say whether `tag` is ``O`` or a known prefix, a hyphen and a type."""
    prefix, hyphen, type = tag.partition("-")
    return tag == OUTSIDE or (prefix in PREFIXES and bool(hyphen and type))


def check_tag(tag: str, where: str) -> None:
    """Raise unless `tag` is ``O`` or a known prefix, a hyphen and a type.

    Raises:
        AnnotationError: If it is not.
    """
    if not is_tag(tag):
        raise AnnotationError(
            f"{where}: unknown tag {tag!r}",
            hint="a tag is O, or one of B- I- M- E- S- L- U- before a type, as in B-PER",
        )


def decode_tags(tags: Iterable[str]) -> Iterator[TokenSpan]:
    """Give the spans of a sequence of tags that `check_tag` accepts, in order."""
    open_type, start, position = "", 0, -1
    for position, tag in enumerate(tags):
        prefix, _, type = tag.partition("-")
        if open_type and (tag == OUTSIDE or type != open_type or prefix in BEGINNING):
            yield TokenSpan(open_type, start, position)
            open_type = ""
        if tag == OUTSIDE:
            continue
        if not open_type:
            open_type, start = type, position
        if prefix in ENDING:
            yield TokenSpan(open_type, start, position + 1)
            open_type = ""
    if open_type:
        yield TokenSpan(open_type, start, position + 1)


def encode_tags(spans: Iterable[TokenSpan], length: int) -> Sequence[str]:
    """Write spans that do not overlap as BIO tags of `length` tokens; the inverse of decoding."""
    tags = [OUTSIDE] * length
    for span in spans:
        tags[span.start : span.end] = [f"I-{span.type}"] * (span.end - span.start)
        tags[span.start] = f"B-{span.type}"
    return tags
