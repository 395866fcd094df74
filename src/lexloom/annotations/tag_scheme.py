"""The states of a tagger that knows which tag may follow which, and the tags it writes.

Spans are learnt as BIOES whatever the data's own scheme is, for its borders say more (Ratinov and
Roth, 2009); they are written in the data's scheme again. `tags` reads spans from tags.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lexloom.annotations.tags import ENDING, OUTSIDE, decode_tags, is_tag
from lexloom.errors import AnnotationError

BEGINS, GOES_ON, ENDS, ALONE = "B", "I", "E", "S"
OPEN = frozenset((BEGINS, GOES_ON))
"""Prefixes of states behind which a span goes on."""
INNER = frozenset((GOES_ON, ENDS))
"""Prefixes of states in front of which a span is open."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LegalMoves:
    """Where a sequence of C states may begin and end, and which state may follow which."""

    starts_C: Bools
    ends_C: Bools
    moves_CC: Bools
    """From the state of the row to that of the column."""


@dataclass(frozen=True)
class TagScheme:
    """States and the tag that each is written as."""

    states: tuple[str, ...]
    """``O`` and the four states of each type, or the data's own tags where these are no spans."""
    tags: tuple[str, ...]
    """The tag of each state; two states may share one."""

    @classmethod
    def of(cls, rows: Iterable[Sequence[str]]) -> "TagScheme":
        """Give the scheme of data: which types it has, and how it writes a span."""
        seen = sorted({tag for row in rows for tag in row})
        if not all(is_tag(tag) for tag in seen) or seen == [OUTSIDE]:
            return cls(tuple(seen), tuple(seen))
        prefixes = {tag[0] for tag in seen if tag != OUTSIDE}
        types = sorted({tag[2:] for tag in seen if tag != OUTSIDE})
        written = _prefixes(prefixes)
        pairs = [(f"{p}-{type}", f"{written[p]}-{type}") for type in types for p in written]
        states, tags = zip((OUTSIDE, OUTSIDE), *pairs, strict=True)
        return cls(states, tags)

    @property
    def is_spans(self) -> bool:
        """Whether the states are those of spans."""
        return all(is_tag(state) for state in self.states)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {state: number for number, state in enumerate(self.states)}

    def encode(self, tags: Sequence[str]) -> NDArray[np.int64]:
        """Give the number of each word's state.

        Raises:
            AnnotationError: If a tag or a type is none of the scheme's.
        """
        try:
            return np.array([self._numbers[state] for state in self._states_of(tags)], np.int64)
        except KeyError as error:
            raise AnnotationError(
                f"the tag {error.args[0]!r} is none of those that were learnt",
                hint=f"known: {', '.join(self.states)[:200]}",
            ) from None

    def _states_of(self, tags: Sequence[str]) -> list[str]:
        if not self.is_spans or not all(is_tag(tag) for tag in tags):
            return list(tags)
        states = [OUTSIDE] * len(tags)
        for span in decode_tags(tags):
            last = span.end - 1
            if span.start == last:
                states[last] = f"{ALONE}-{span.type}"
                continue
            states[span.start : last] = [f"{GOES_ON}-{span.type}"] * (last - span.start)
            states[span.start] = f"{BEGINS}-{span.type}"
            states[last] = f"{ENDS}-{span.type}"
        return states

    def legal(self) -> LegalMoves:
        """Say which sequences of states mean spans; of other tags, any sequence is legal."""
        size = len(self.states)
        if not self.is_spans:
            return LegalMoves(np.ones(size, bool), np.ones(size, bool), np.ones((size, size), bool))
        types = np.array([state[2:] for state in self.states])
        is_open = np.array([state[0] in OPEN for state in self.states])
        is_inner = np.array([state[0] in INNER for state in self.states])
        same_CC = types[:, None] == types
        moves_CC = np.where(is_open[:, None], is_inner & same_CC, ~is_inner)
        return LegalMoves(~is_inner, ~is_open, moves_CC)


def _prefixes(seen: set[str]) -> Mapping[str, str]:
    """Give the prefix that stands for each of ours in a scheme in which some were seen."""
    inside = "M" if "M" in seen else "I"
    if not seen & ENDING:
        return {BEGINS: "B", GOES_ON: inside, ENDS: inside, ALONE: "B"}
    ends = "L" if "L" in seen else "E"
    return {BEGINS: "B", GOES_ON: inside, ENDS: ends, ALONE: "U" if seen & {"U", "L"} else "S"}
