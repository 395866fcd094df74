"""Times, numbers and amounts of money found by rules, in English and Chinese text.

Most annotated sets never marked these three types; their texts get them from here ("silver", for
no person looked). What is marked and where it ends is the business of the rules of the hand-made
test set, ``benchmarks/gold/RULES.md``. The patterns are in `silver_en` and `silver_zh`; here the
longest one wins, and times that fix one moment are joined.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from lexloom.annotations import silver_en, silver_zh
from lexloom.annotations.document import AnnotatedDocument
from lexloom.records import Entity

TYPES = ("time", "number", "money")
KINDS = {
    "clock": "time", "day": "time", "date": "time", "month": "time", "year": "time",
    "part": "time", "time": "time", "number": "number", "money": "money", "none": "",
}  # fmt: skip
"""Type of the mentions that a pattern of each kind finds; those of ``none`` keep others away."""
MOMENT = {"year": 0, "month": 1, "date": 2, "day": 2, "part": 3, "clock": 4}
"""Kinds that together fix one moment, the longest first."""
BETWEEN = re.compile(r"(?:\s*,)?\s*(?:(?:on|of|at|in)\s+)?(?:the\s+)?|\s*的?\s*")
"""What may stand between two parts of one moment."""
MAX_CHARACTERS = 100_000
"""Longer texts are read in pieces of this size, so that no text takes more than linear time."""


class Found(NamedTuple):
    """A stretch of text that a pattern matched."""

    start: int
    end: int
    kind: str


def find_silver(text: str) -> list[Entity]:
    """Give the times, numbers and amounts of money of a text, in order, without overlaps."""
    found = [item for item in _joined(text, _longest(text)) if KINDS[item.kind]]
    return [
        Entity(f"S{number}", KINDS[kind], text[start:end], start, end)
        for number, (start, end, kind) in enumerate(found)
    ]


def with_silver(document: AnnotatedDocument, types: Iterable[str] = TYPES) -> AnnotatedDocument:
    """Add what the rules find to a document that nobody marked these types in.

    Mentions that touch a marked one are left out. The scope says that the types were looked for.

    Args:
        document: The document; mentions of `types` that it has stay.
        types: The types to add.
    """
    wanted = tuple(types)
    taken = {place for e in document.entities for place in range(e.start, e.end)}
    ids = {entity.id for entity in document.entities}
    added = tuple(
        entity
        for entity in find_silver(document.text)
        if entity.type in wanted and not taken & set(range(entity.start, entity.end))
    )
    for entity in added:
        if entity.id in ids:
            added = tuple(replace(e, id=f"silver-{e.id}") for e in added)
            break
    scope = document.scope
    if scope.entity_types is not None:
        new = tuple(type for type in wanted if type not in scope.entity_types)
        scope = replace(scope, entity_types=(*scope.entity_types, *new))
    return replace(document, entities=(*document.entities, *added), scope=scope)


def _longest(text: str) -> list[Found]:
    """Give matches that do not overlap, the longest first served, in order."""
    candidates = sorted(
        (item for offset in range(0, len(text), MAX_CHARACTERS) for item in _matches(text, offset)),
        key=lambda item: (item.start - item.end, item.start),
    )
    taken = bytearray(len(text))
    kept = []
    for item in candidates:
        if not any(taken[item.start : item.end]):
            taken[item.start : item.end] = b"\1" * (item.end - item.start)
            kept.append(item)
    return sorted(kept)


def _matches(text: str, offset: int) -> Iterator[Found]:
    end = offset + MAX_CHARACTERS
    for kind, pattern in (*silver_en.PATTERNS, *silver_zh.PATTERNS):
        for match in pattern.finditer(text, offset, min(end, len(text))):
            start, stop = match.span(1) if pattern.groups else match.span()
            if start < stop:
                yield Found(start, stop, kind)


def _joined(text: str, found: list[Found]) -> list[Found]:
    """Join neighbours that together fix one moment, such as a time of day and a day."""
    joined: list[Found] = []
    parts: set[str] = set()
    for item in found:
        if joined and item.kind in MOMENT and parts and item.kind not in parts:
            last = joined[-1]
            gap = text[last.end : item.start]
            # Chinese puts the longer part first; English has words or spaces between them
            in_order = MOMENT[item.kind] > max(MOMENT[part] for part in parts)
            if BETWEEN.fullmatch(gap) and (in_order or (gap.isascii() and gap)):
                joined[-1] = Found(last.start, item.end, last.kind)
                parts.add(item.kind)
                continue
        joined.append(item)
        parts = {item.kind} if item.kind in MOMENT else set()
    return joined
