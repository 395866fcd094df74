"""The records that flow from text to graph: documents, mentions, facts, and where they came from.

Offsets count Unicode code points and are half-open, ``[start, end)``. The text they point into is
the decoded file, or what `corpus` took out of one that is no plain text; it is never normalised.
`annotations.document` holds the records of gold annotation.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


def text_sha256(text: str) -> str:
    """Give the SHA-256 of the text's UTF-8 bytes in hexadecimal; lone surrogates are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def page_of(pages: Sequence[int], offset: int) -> int | None:
    """Give the number of the page that holds an offset, from 1; None where there are no pages.

    Args:
        pages: Where each page starts, in order; a page without text starts where the next one does.
        offset: Into the text, not negative.
    """
    return bisect_right(pages, offset) or None


@dataclass(frozen=True, slots=True)
class Document:
    """One text to read facts from."""

    id: str
    text: str
    source: str = ""
    """Where it was read from, such as a file's path; empty when it came as a string."""
    pages: tuple[int, ...] = ()
    """Where each page starts in the text; empty where the format has no pages."""
    markup: str = ""
    """Markup that the text holds: ``markdown``, ``wikitext`` or none."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be read or extracted; a run counts it and goes on."""

    id: str
    reason: str
    hint: str = ""

    @property
    def sentence(self) -> str:
        """The reason and the hint, with the id in front unless the reason names it."""
        is_named = self.reason.startswith(f"{self.id} ") or f" {self.id}: " in f" {self.reason}: "
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.reason}{hint}" if is_named else f"{self.id}: {self.reason}{hint}"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document named by its id and the hash of its text."""

    id: str
    sha256: str
    pages: tuple[int, ...] = ()
    """Where each page starts in the text; empty where the format has no pages."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Name `document`."""
        return cls(id=document.id, sha256=text_sha256(document.text), pages=tuple(document.pages))


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the source text; ``document.text[start:end] == text``."""

    text: str
    start: int
    end: int
    page: int | None = None
    """The page that it starts on, from 1; None where the format has no pages."""

    @classmethod
    def of(cls, source: str, start: int, end: int) -> Self:
        """Cut ``source[start:end]``; the only way an engine makes a span."""
        assert 0 <= start < end <= len(source), (start, end, len(source))
        return cls(text=source[start:end], start=start, end=end)


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention of a typed entity; its id is unique in its document."""

    id: str
    type: str
    text: str
    start: int
    end: int
    confidence: float = 1.0
    page: int | None = None
    """The page that it starts on, from 1; None where the format has no pages."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A typed fact between two mentions, given by their ids."""

    type: str
    head: str
    tail: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Argument:
    """A span that fills a role of an event; `entity` is the id of the same mention, if any."""

    role: str
    text: str
    start: int
    end: int
    confidence: float = 1.0
    entity: str | None = None
    page: int | None = None
    """The page that it starts on, from 1; None where the format has no pages."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its type, the span that says it happened, and who or what took part."""

    type: str
    trigger: Span
    arguments: tuple[Argument, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A stretch of text that was not read, and why."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a document was read."""

    characters: int
    """Length of the document in code points."""
    characters_read: int
    windows: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model read the facts, by which schema, and when (ISO 8601, UTC)."""

    model: str
    model_hash: str
    schema_hash: str
    version: str
    time: str
    zero_shot: tuple[str, ...] = ()
    """Tables of the schema that the model was not trained on, such as ``entities.drug``."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; `zero_shot` is left out where the model knows every type."""
        values = asdict(self)
        tables = values.pop("zero_shot")
        return values | ({"zero_shot": list(tables)} if tables else {})

    def is_zero_shot(self, *names: str) -> bool:
        """Say whether a fact is of a type that the model was not trained on.

        Args:
            names: Those of its table: ``entities``, ``relations`` or ``events`` and a type, and for
                an argument ``roles`` and its role.
        """
        return ".".join(names) in self.zero_shot


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything that was read from one document: one JSON line of ``lexloom extract --json``."""

    document: DocumentRef
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    events: tuple[Event, ...]
    coverage: Coverage
    provenance: Provenance
    records: tuple[Mapping[str, Any], ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form: plain dicts and lists, the fields under their own names.

        Pages are left out where the document has none, and marks of zero-shot types where the
        model knows every type.
        """
        document: dict[str, Any] = asdict(self.document)
        pages = document.pop("pages")
        rows: dict[str, list[dict[str, Any]]] = {
            "entities": [mention_to_dict(entity) for entity in self.entities],
            "relations": [asdict(relation) for relation in self.relations],
            "events": [event_to_dict(event) for event in self.events],
        }
        if self.provenance.zero_shot:
            _mark_zero_shot(rows, self.provenance)
        return {
            "document": document | ({"pages": list(pages)} if pages else {}),
            **rows,
            "records": [dict(record) for record in self.records],
            "coverage": asdict(self.coverage)
            | {"skipped": [asdict(skipped) for skipped in self.coverage.skipped]},
            "provenance": self.provenance.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read the JSON form back; the inverse of `to_dict`."""
        coverage = dict(values["coverage"])
        skipped = tuple(Skipped(**row) for row in coverage.pop("skipped"))
        return cls(
            document=DocumentRef(
                **{**values["document"], "pages": tuple(values["document"].get("pages", ()))}
            ),
            entities=tuple(Entity(**_unmarked(row)) for row in values["entities"]),
            relations=tuple(Relation(**_unmarked(row)) for row in values["relations"]),
            events=events_from_dicts(values["events"]),
            records=tuple(values["records"]),
            coverage=Coverage(**coverage, skipped=skipped),
            provenance=Provenance(
                **{
                    **values["provenance"],
                    "zero_shot": tuple(values["provenance"].get("zero_shot", ())),
                }
            ),
        )

    def with_pages(self) -> Self:
        """Give the same facts, every mention with the page of the document that it starts on."""
        pages = self.document.pages
        if not pages:
            return self
        return replace(
            self,
            entities=tuple(replace(e, page=page_of(pages, e.start)) for e in self.entities),
            events=tuple(_event_with_pages(event, pages) for event in self.events),
        )


def mention_to_dict(mention: Span | Entity | Argument) -> dict[str, Any]:
    """Give the JSON form of a mention; it has a page only where the document has pages."""
    values = asdict(mention)
    if values["page"] is None:
        del values["page"]
    return values


def event_to_dict(event: Event) -> dict[str, Any]:
    """Give the JSON form of an event."""
    return asdict(event) | {
        "trigger": mention_to_dict(event.trigger),
        "arguments": [mention_to_dict(argument) for argument in event.arguments],
    }


def _event_with_pages(event: Event, pages: Sequence[int]) -> Event:
    return replace(
        event,
        trigger=replace(event.trigger, page=page_of(pages, event.trigger.start)),
        arguments=tuple(replace(a, page=page_of(pages, a.start)) for a in event.arguments),
    )


def events_from_dicts(rows: Sequence[Mapping[str, Any]]) -> tuple[Event, ...]:
    """Read events from their JSON form."""
    return tuple(
        Event(
            type=row["type"],
            trigger=Span(**row["trigger"]),
            arguments=tuple(Argument(**_unmarked(argument)) for argument in row["arguments"]),
            confidence=row.get("confidence", 1.0),
        )
        for row in rows
    )


ZERO_SHOT = "zero_shot"
"""Key of the JSON form that marks a fact of a type that the model was not trained on."""


def _mark_zero_shot(rows: Mapping[str, Sequence[dict[str, Any]]], provenance: Provenance) -> None:
    """Mark the JSON forms of facts; `Provenance.zero_shot` says which, so that records need not."""
    for table, facts in rows.items():
        for fact in facts:
            names = (table, fact["type"])
            if provenance.is_zero_shot(*names):
                fact[ZERO_SHOT] = True
            for argument in fact.get("arguments", ()):
                if provenance.is_zero_shot(*names, "roles", argument["role"]):
                    argument[ZERO_SHOT] = True


def without_marks(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the JSON form of an extraction without its marks, which its provenance says too."""
    plain = dict(values)
    for table in ("entities", "relations", "events"):
        if isinstance(plain.get(table), list):
            plain[table] = [_without_marks(row) for row in plain[table]]
    return plain


def _without_marks(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    arguments = row.get("arguments")
    plain = _unmarked(row)
    if isinstance(arguments, list):
        plain["arguments"] = [_without_marks(argument) for argument in arguments]
    return plain


def _unmarked(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != ZERO_SHOT}
