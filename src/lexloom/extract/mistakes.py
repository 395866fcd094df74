"""Where a reading and the annotation differ: every wrong or missing fact, in exactly one group.

The facts that count are those of `extract.protocols`' strict protocols; so the sum of the mistakes
with a found fact is a score's number of false ones, and with a gold fact that of missed ones. The
shape of the facts is `extract.items`'; `serve.mistakes` shows the mistakes.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.confidence import KINDS, Kind
from lexloom.extract.items import Item, Range, items_of
from lexloom.extract.protocols import PROTOCOLS, Facts
from lexloom.extract.reliability import PROTOCOL_OF

GROUPS: Mapping[Kind, Mapping[str, str]] = {
    "entity": {
        "wrong_type": "right span, wrong type",
        "wrong_border": "right type, wrong border",
        "wrong_border_and_type": "overlaps, wrong border and type",
        "missed": "missed",
        "spurious": "spurious",
    },
    "relation": {
        "wrong_end_type": "right relation, wrong type of an end",
        "reversed": "right relation, direction reversed",
        "wrong_relation": "right spans, wrong relation",
        "wrong_border": "right relation, wrong border of an end",
        "missed_end": "missed, and an end is a missed mention",
        "missed": "missed between two found mentions",
        "false_end": "spurious, and an end is no mention",
        "spurious": "spurious between two right mentions",
    },
    "trigger": {
        "wrong_type": "right span, wrong event type",
        "wrong_border": "right event type, wrong border",
        "wrong_border_and_type": "overlaps, wrong border and event type",
        "missed": "missed",
        "spurious": "spurious",
    },
    "argument": {
        "wrong_role": "right span, wrong role",
        "wrong_event": "right span and role, wrong event type",
        "wrong_border": "right role, wrong border",
        "missed_trigger": "missed, and so is the trigger",
        "missed": "missed of a found trigger",
        "false_trigger": "spurious, of a false trigger",
        "spurious": "spurious, of a right trigger",
    },
}
"""What each group of a kind of fact means, in the order in which a mistake is tried."""
CELL_CHARACTERS = 64
"""Spans are looked up by stretches of the text this long."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A gold fact that was not found, a found one that is not gold, or one taken for the other."""

    kind: Kind
    group: str
    gold: Item | None
    found: Item | None

    @property
    def items(self) -> tuple[Item, ...]:
        """Give the gold fact and the found one, where they are."""
        return tuple(item for item in (self.gold, self.found) if item is not None)

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        gold = None if self.gold is None else self.gold.to_dict()
        found = None if self.found is None else self.found.to_dict()
        return {"kind": self.kind, "group": self.group, "gold": gold, "found": found}


@dataclass(frozen=True, slots=True)
class Differences:
    """The mistakes of one document and kind, and the facts that are right."""

    mistakes: list[Mistake]
    right: list[Item]


Test = Callable[[Item, Item], bool]


def find_differences(gold: AnnotatedDocument, found: Facts, kind: Kind) -> Differences:
    """Compare the facts of one kind; what was not looked for is left out on both sides."""
    protocol = PROTOCOLS[PROTOCOL_OF[kind]]
    is_known = protocol.known_test(gold)

    def items(facts: Facts) -> dict[Hashable, Item]:
        rows: dict[Hashable, Item] = {}
        for fact, item in zip(protocol.facts_of(facts), items_of(facts, kind), strict=True):
            key = (fact.type, fact.key)
            if is_known(fact) and (key not in rows or _surer(item, rows[key])):
                rows[key] = item
        return rows

    wanted = {key: replace(item, confidence=None) for key, item in items(gold).items()}
    got = items(found)
    missed = [item for key, item in wanted.items() if key not in got]
    false = [item for key, item in got.items() if key not in wanted]
    mistakes, missed, false = _paired(kind, missed, false)
    group_missed, group_false = _alone(kind, gold, found)
    mistakes += [Mistake(kind, group_missed(item), item, None) for item in missed]
    mistakes += [Mistake(kind, group_false(item), None, item) for item in false]
    return Differences(mistakes, [item for key, item in got.items() if key in wanted])


def find_mistakes(gold: AnnotatedDocument, found: Facts) -> list[Mistake]:
    """Give every mistake of a document."""
    return [m for kind in KINDS for m in find_differences(gold, found, kind).mistakes]


def _surer(item: Item, other: Item) -> bool:
    return (item.confidence or 0.0) > (other.confidence or 0.0)


# --- a missed fact and a false one that are one mistake


def _same_span(gold: Item, found: Item) -> bool:
    return gold.parts[0].range == found.parts[0].range


def _same_type(gold: Item, found: Item) -> bool:
    return gold.type == found.type


def _same_role(gold: Item, found: Item) -> bool:
    return gold.parts[0].type == found.parts[0].type


def _same_ends(gold: Item, found: Item) -> bool:
    return all(a.range == b.range for a, b in zip(gold.parts, found.parts, strict=True))


def _turned_ends(gold: Item, found: Item) -> bool:
    return all(a.range == b.range for a, b in zip(gold.parts, found.parts[::-1], strict=True))


def _overlap(gold: Item, found: Item, num_parts: int) -> int:
    """Give how many characters the first parts have in common; 0 where one has none."""
    shared = [
        min(a.end, b.end) - max(a.start, b.start)
        for a, b in zip(gold.parts[:num_parts], found.parts[:num_parts], strict=True)
    ]
    return sum(shared) if min(shared) > 0 else 0


_OF_MENTIONS: Mapping[str, Test] = {
    "wrong_type": _same_span,
    "wrong_border": lambda g, f: _same_type(g, f) and bool(_overlap(g, f, 1)),
    "wrong_border_and_type": lambda g, f: bool(_overlap(g, f, 1)),
}
_TESTS: Mapping[Kind, Mapping[str, Test]] = {
    "entity": _OF_MENTIONS,
    "trigger": _OF_MENTIONS,
    "relation": {
        "wrong_end_type": lambda g, f: _same_type(g, f) and _same_ends(g, f),
        "reversed": lambda g, f: _same_type(g, f) and _turned_ends(g, f),
        "wrong_relation": lambda g, f: _same_ends(g, f) or _turned_ends(g, f),
        "wrong_border": lambda g, f: _same_type(g, f) and bool(_overlap(g, f, 2)),
    },
    "argument": {
        "wrong_role": lambda g, f: _same_type(g, f) and _same_span(g, f),
        "wrong_event": lambda g, f: _same_role(g, f) and _same_span(g, f),
        "wrong_border": lambda g, f: (
            _same_type(g, f) and _same_role(g, f) and bool(_overlap(g, f, 1))
        ),
    },
}
"""When a missed and a false fact are one mistake of a group; the first test that holds decides."""


def _paired(
    kind: Kind, missed: Sequence[Item], false: Sequence[Item]
) -> tuple[list[Mistake], list[Item], list[Item]]:
    """Give the mistakes that have both facts, and the missed and false facts that are left."""
    num_parts = 2 if kind == "relation" else 1
    mistakes: list[Mistake] = []
    near = _neighbours(missed, false, num_parts)
    missed_left, false_left = dict(enumerate(missed)), dict(enumerate(false))
    for group, test in _TESTS[kind].items():
        fitting = sorted(
            (-_overlap(missed[m], false[f], num_parts), m, f)
            for m, f in near
            if m in missed_left and f in false_left and test(missed[m], false[f])
        )
        for _, m, f in fitting:
            if m in missed_left and f in false_left:
                mistakes.append(Mistake(kind, group, missed_left.pop(m), false_left.pop(f)))
    return mistakes, list(missed_left.values()), list(false_left.values())


def _neighbours(
    missed: Sequence[Item], false: Sequence[Item], num_parts: int
) -> set[tuple[int, int]]:
    """Give the pairs that may overlap; all pairs of a long document would be too many."""
    by_cell: dict[int, list[int]] = defaultdict(list)
    for f, item in enumerate(false):
        for cell in _cells(item, num_parts):
            by_cell[cell].append(f)
    return {
        (m, f)
        for m, item in enumerate(missed)
        for cell in _cells(item, num_parts)
        for f in by_cell.get(cell, ())
        if _touch(item, false[f], num_parts)
    }


def _touch(item: Item, other: Item, num_parts: int) -> bool:
    """Say whether any part of one shares a character with any of the other."""
    return any(
        a.start < b.end and b.start < a.end
        for a in item.parts[:num_parts]
        for b in other.parts[:num_parts]
    )


def _cells(item: Item, num_parts: int) -> set[int]:
    return {
        cell
        for part in item.parts[:num_parts]
        for cell in range(part.start // CELL_CHARACTERS, (part.end - 1) // CELL_CHARACTERS + 1)
    }


# --- a fact that is a mistake by itself


def _alone(
    kind: Kind, gold: AnnotatedDocument, found: Facts
) -> tuple[Callable[[Item], str], Callable[[Item], str]]:
    """Give what groups a missed fact, and what groups a false one."""
    if kind == "relation":
        found_spans = {(e.start, e.end) for e in found.entities}
        gold_spans = {(e.start, e.end) for e in gold.entities}
        return (
            lambda item: "missed" if _holds_ends(found_spans, item) else "missed_end",
            lambda item: "spurious" if _holds_ends(gold_spans, item) else "false_end",
        )
    if kind == "argument":
        in_both = _triggers(gold) & _triggers(found)
        return (
            lambda item: "missed" if _events_of(gold, item) & in_both else "missed_trigger",
            lambda item: "spurious" if _events_of(found, item) & in_both else "false_trigger",
        )
    return lambda item: "missed", lambda item: "spurious"


def _holds_ends(spans: set[Range], item: Item) -> bool:
    return all(part.range in spans for part in item.parts)


def _triggers(facts: Facts) -> set[tuple[str, Range]]:
    return {(e.type, (e.trigger.start, e.trigger.end)) for e in facts.events}


def _events_of(facts: Facts, item: Item) -> set[tuple[str, Range]]:
    """Give the triggers of the events that have an argument: one span may serve several."""
    argument = item.parts[0]
    return {
        (event.type, (event.trigger.start, event.trigger.end))
        for event in facts.events
        if event.type == item.type
        and any(
            (a.role, a.start, a.end) == (argument.type, *argument.range) for a in event.arguments
        )
    }
