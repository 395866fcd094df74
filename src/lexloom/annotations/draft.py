"""A document in the making: facts go in as a format states them, and only those that fit stay.

Every importer ends here, so that one place checks spans, merges repetitions and reports the rest.
"""

from collections.abc import Iterable, Sequence
from typing import Self

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.occurrences import is_inside_word, nearest, occurrences
from lexloom.annotations.report import ImportReport
from lexloom.annotations.tags import BEGINNING, TokenSpan, decode_tags
from lexloom.records import Argument, Entity, Event, Relation, Span


class Draft:
    """Collects what is marked in one text; `finish` gives the document."""

    def __init__(
        self, id: str, text: str, report: ImportReport, *, where: str, near: int = 0
    ) -> None:
        """Begin a document.

        Args:
            id: The document's id.
            text: Its text; offsets count its code points.
            report: Takes what does not fit.
            where: Words for messages, such as the file and line.
            near: How many characters a mention may stand off its offsets; it is counted as
                repaired then.
        """
        self.id = id
        self.text = text
        self.where = where
        self._report = report
        self._near = near
        self._tokens: Sequence[tuple[int, int]] = ()
        self._entities: dict[tuple[str, int, int], Entity] = {}
        self._relations: dict[tuple[str, str, str], Relation] = {}
        self._events: list[Event] = []

    @classmethod
    def of_tokens(
        cls, id: str, tokens: Sequence[str], report: ImportReport, *, where: str, joiner: str
    ) -> Self:
        """Begin a document whose text is `tokens` with `joiner` between them."""
        draft = cls(id, joiner.join(tokens), report, where=where)
        position = 0
        spans = []
        for token in tokens:
            spans.append((position, position + len(token)))
            position += len(token) + len(joiner)
        draft.set_tokens(spans)
        return draft

    def set_tokens(self, spans: Sequence[tuple[int, int]]) -> None:
        """Say where the tokens of the text stand, for facts that are given by tokens."""
        self._tokens = spans

    @property
    def entities(self) -> tuple[Entity, ...]:
        """What is marked so far."""
        return tuple(self._entities.values())

    def entity(self, type: str, start: int, end: int, mention: str | None = None) -> str | None:
        """Mark an entity and give its id; None when its span does not fit or its type is empty."""
        span = self.span(type, start, end, mention)
        if span is None or not self._is_named("type of an entity", type, f"{span.text!r}"):
            return None
        key = (type, span.start, span.end)
        if key in self._entities:
            self._report.merged["entity"] += 1
        else:
            id = f"T{len(self._entities)}"
            self._entities[key] = Entity(id, type, span.text, span.start, span.end)
        return self._entities[key].id

    def token_entity(self, type: str, start: int, end: int) -> str | None:
        """Mark the tokens ``[start, end)`` as an entity and give its id; None when out of range."""
        span = self.token_span(type, start, end)
        return None if span is None else self.entity(type, span.start, span.end)

    def token_span(self, what: str, start: int, end: int) -> Span | None:
        """Cut the tokens ``[start, end)``; None when they are out of range."""
        fault = _fault(start, end, len(self._tokens))
        if fault:
            self.unaligned(fault, f"{what} tokens [{start}, {end})")
            return None
        return self.span(what, self._tokens[start][0], self._tokens[end - 1][1])

    def tagged_entities(self, tags: Sequence[str]) -> dict[TokenSpan, str | None]:
        """Mark the spans that the tokens' tags make, and give their ids."""
        ids: dict[TokenSpan, str | None] = {}
        for span in decode_tags(tags):
            ids[span] = self.token_entity(*span)
            if tags[span.start][0] not in BEGINNING:
                example = f"{self.where}: {tags[span.start]} at token {span.start}"
                self._report.repaired.add("an entity begins at an inside tag", example)
        return ids

    def relation(self, type: str, head: str | None, tail: str | None) -> None:
        """Mark a relation between two ids that `entity` gave, or None for an end that failed."""
        if head is None or tail is None:
            self.unaligned("an end of the relation is no marked entity", type)
        elif not self._is_named("type of a relation", type, f"{head} to {tail}"):
            return
        elif (type, head, tail) in self._relations:
            self._report.merged["relation"] += 1
        else:
            self._relations[type, head, tail] = Relation(type, head, tail)

    def argument(self, role: str, start: int, end: int, mention: str) -> Argument | None:
        """Give an argument of an event; None when its span does not fit."""
        span = self.span(role, start, end, mention)
        return None if span is None else Argument(role, span.text, span.start, span.end)

    def event(self, type: str, trigger: Span | None, arguments: Iterable[Argument | None]) -> None:
        """Mark an event; one without a trigger that fits cannot be kept."""
        if trigger is None:
            self.unaligned("the event has no trigger that fits the text", type)
            return
        if not self._is_named("type of an event", type, f"{trigger.text!r}"):
            return
        fitting = [
            argument
            for argument in arguments
            if argument is not None
            and self._is_named("role of an argument", argument.role, f"{argument.text!r}")
        ]
        kept = tuple(dict.fromkeys(fitting))
        if len(kept) < len(fitting):
            self._report.merged["argument"] += len(fitting) - len(kept)
        self._events.append(Event(type, trigger, kept))

    def span(self, what: str, start: int, end: int, mention: str | None = None) -> Span | None:
        """Cut ``text[start:end]``, which must be `mention` if one is given; None when it is not."""
        fault = _fault(start, end, len(self.text))
        if not fault and mention is not None and self.text[start:end] != mention:
            fault = "the text at the offsets is not the mention"
        if fault and mention and (found := self._nearby(mention, start)) is not None:
            self.repaired("the mention stands near its offsets", f"{what} [{start}, {end})")
            return Span.of(self.text, found, found + len(mention))
        if fault:
            named = "" if mention is None else f" {mention!r}"
            self.unaligned(fault, f"{what} [{start}, {end}){named}")
            return None
        return Span.of(self.text, start, end)

    def _is_named(self, what: str, name: str, fact: str) -> bool:
        """Say whether a fact's type or role has a name, which the native form asks for."""
        is_named = bool(name.strip())
        if not is_named:
            self.unaligned(f"the {what} is empty", fact)
        return is_named

    def _nearby(self, mention: str, start: object) -> int | None:
        if not self._near or type(start) is not int:
            return None
        return nearest(self.text, mention, start, self._near)

    def find(self, what: str, mention: str, place: int = 0) -> Span | None:
        """Find a mention without offsets, the one nearest to `place`; None when there is none.

        That it stands there several times, or only inside of words, is counted as repaired.
        """
        starts = occurrences(self.text, mention)
        if not starts:
            self.unaligned("the string does not stand in the text", f"{what} {mention!r}")
            return None
        start = min(starts, key=lambda start: abs(start - place))
        self.note_choice(what, mention, starts)
        return Span.of(self.text, start, start + len(mention))

    def note_choice(self, what: str, mention: str, starts: Sequence[int]) -> None:
        """Count it as repaired where the `starts` of a mention leave its place in doubt."""
        if len(starts) > 1:
            self.repaired("the string stands several times; one was chosen", f"{what} {mention!r}")
        if is_inside_word(self.text, starts[0], starts[0] + len(mention)):
            self.repaired("the string stands only inside of a word", f"{what} {mention!r}")

    def repaired(self, reason: str, what: str) -> None:
        """Count a fact that is kept although the file does not state it exactly."""
        self._report.repaired.add(reason, f"{self.where}: {what}")

    def unaligned(self, reason: str, what: str) -> None:
        """Report a fact that does not fit the text."""
        self._report.add_unaligned(reason, f"{self.where}: {what}")

    def left_out(self, reason: str, what: str) -> None:
        """Report a fact of a kind that is not carried over."""
        self._report.left_out.add(reason, f"{self.where}: {what}")

    def finish(self, scope: Scope) -> AnnotatedDocument:
        """Give the document."""
        return AnnotatedDocument(
            id=self.id,
            text=self.text,
            entities=tuple(self._entities.values()),
            relations=tuple(self._relations.values()),
            events=tuple(self._events),
            scope=scope,
        )


def _fault(start: int, end: int, length: int) -> str:
    if not (type(start) is type(end) is int):
        return "an offset is not a whole number"
    if start >= end:
        return "the span is empty or reversed"
    if start < 0 or end > length:
        return "the span runs out of the text"
    return ""
