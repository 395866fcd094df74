"""A text with the facts that people marked in it: the native JSON-lines form of annotated data.

Importers of other formats (`annotations.formats`) end here, and so do training
and scoring, which begin here.
"""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lexloom.annotations.reading import read_json_lines
from lexloom.artifacts import atomic_write
from lexloom.errors import AnnotationError
from lexloom.records import (
    Document,
    Entity,
    Event,
    Relation,
    Span,
    event_to_dict,
    events_from_dicts,
    mention_to_dict,
)

FORM = "each line needs id, text, entities, relations and events"
KEYS = ("id", "text", "entities", "relations", "events", "scope")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What the annotators looked for; outside of it absence says nothing."""

    entity_types: tuple[str, ...] | None = None
    """Entity types that were looked for; None for all of the schema."""
    relation_types: tuple[str, ...] | None = None
    """Relation types that were looked for; None for all of the schema."""
    event_types: tuple[str, ...] | None = None
    """Event types that were looked for; None for all of the schema."""
    all_mentions: bool = True
    """Whether every mention of those types is marked; if not, an unmarked span says nothing, and a
    trainer takes at most a share of them for nothing."""
    partial_types: tuple[str, ...] = ()
    """Entity types of which only some mentions are marked even so."""
    known_pairs: tuple[tuple[str, str], ...] | None = None
    """Ordered pairs of entity ids whose relations are known; None when every pair is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnnotatedDocument:
    """A text, its gold mentions and facts, and what was looked for.

    Entity ids are unique; relations name them; every span is verbatim.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    scope: Scope = Scope()

    def __post_init__(self) -> None:
        """Hold the promises above where a document is made."""
        ids = [entity.id for entity in self.entities]
        if len(set(ids)) != len(ids):
            raise AnnotationError(f"document {self.id}: two entities have the same id")
        spans = [(e.start, e.end, e.text) for e in self.entities]
        for event in self.events:
            spans.append((event.trigger.start, event.trigger.end, event.trigger.text))
            spans += [(a.start, a.end, a.text) for a in event.arguments]
        for start, end, mention in spans:
            if not 0 <= start < end <= len(self.text) or self.text[start:end] != mention:
                raise AnnotationError(
                    f"document {self.id}: the span [{start}, {end}) does not hold {mention!r}",
                    hint="offsets count Unicode code points, end excluded",
                )
        self._check_names("a relation", ((r.head, r.tail) for r in self.relations))
        self._check_names("a known pair", self.scope.known_pairs or ())
        self._check_names(
            "an argument",
            ((a.entity,) for e in self.events for a in e.arguments if a.entity is not None),
        )

    def _check_names(self, what: str, names: Iterable[tuple[str, ...]]) -> None:
        known = {entity.id for entity in self.entities}
        for name in (name for row in names for name in row):
            if name not in known:
                raise AnnotationError(
                    f"document {self.id}: {what} names the unknown entity {name!r}",
                    hint="entities are named by their ids",
                )

    @property
    def document(self) -> Document:
        """The text alone."""
        return Document(id=self.id, text=self.text)

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; gold facts carry no confidence, and a full scope is left out."""
        values: dict[str, Any] = {"id": self.id, "text": self.text}
        values["entities"] = [mention_to_dict(entity) for entity in self.entities]
        values["relations"] = [asdict(relation) for relation in self.relations]
        values["events"] = [event_to_dict(event) for event in self.events]
        for row in values["entities"] + values["relations"] + values["events"]:
            del row["confidence"]
            for argument in row.get("arguments", ()):
                del argument["confidence"]
        if self.scope != Scope():
            values["scope"] = asdict(self.scope)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read the JSON form back; the inverse of `to_dict`.

        Raises:
            AnnotationError: If a key is missing or misspelt, or a span is not verbatim.
        """
        name = values.get("id", "?")
        _check_keys(values, f"document {name}")
        try:
            if not isinstance(values["text"], str):
                raise TypeError("text must be a string")
            if not isinstance(values["id"], str | int):
                raise TypeError("id must be a string or a number")
            entities = tuple(Entity(**row) for row in values.get("entities", ()))
            relations = tuple(Relation(**row) for row in values.get("relations", ()))
            events = events_from_dicts(values.get("events", ()))
            _check_types(entities, relations, events)
            return cls(
                id=str(values["id"]),
                text=values["text"],
                entities=entities,
                relations=relations,
                events=events,
                scope=_scope_from_dict(values.get("scope", {})),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise AnnotationError(
                f"document {name}: not in the native form ({error})",
                hint=FORM,
            ) from error


def _check_keys(values: Mapping[str, Any], where: str) -> None:
    """Refuse a line without a text, or with a key that is nearly one of the form.

    Other keys are the annotators' own and mean nothing here; but a misspelt one would lose every
    fact below it without a word.
    """
    for key in ("id", "text"):
        if key not in values:
            raise AnnotationError(
                f"{where}: not in the native form (there is no {key!r})", hint=FORM
            )
    for key in values:
        close = difflib.get_close_matches(str(key), KEYS, n=1, cutoff=0.75)
        if key not in KEYS and close and close[0] not in values:
            raise AnnotationError(
                f"{where}: unknown key {key!r}", hint=f"did you mean {close[0]!r}?"
            )


def _check_types(
    entities: Sequence[Entity], relations: Sequence[Relation], events: Sequence[Event]
) -> None:
    """Hold what the annotations of the records say, for a file may hold anything."""
    arguments = [argument for event in events for argument in event.arguments]
    names: list[object] = [relation.type for relation in relations]
    for entity in entities:
        names += [entity.id, entity.type]
    names += [event.type for event in events] + [argument.role for argument in arguments]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("an id, type or role is not a string")
    if not all(name.strip() for name in names if isinstance(name, str)):
        raise TypeError("an id, type or role is empty")
    spans: list[Entity | Span] = [*entities, *(event.trigger for event in events)]
    offsets: list[object] = [end for span in (*spans, *arguments) for end in (span.start, span.end)]
    if not all(type(offset) is int for offset in offsets):
        raise TypeError("an offset is not a whole number")


def _scope_from_dict(values: Mapping[str, Any]) -> Scope:
    lists: dict[str, Any] = {
        key: tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if isinstance(value, list)
        else value
        for key, value in values.items()
    }
    for key, value in lists.items():
        if not _is_of_scope(key, value):
            raise TypeError(f"{key} of the scope is {value!r}")
    return Scope(**lists)


def _is_of_scope(key: str, value: object) -> bool:
    """Whether a value of a file is of the type that `Scope` has for it; other keys are not ours."""
    if key == "all_mentions":
        return isinstance(value, bool)
    if value is None:
        return key != "partial_types"
    if key == "known_pairs":
        return isinstance(value, tuple) and all(_are_names(v) and len(v) == 2 for v in value)
    return key not in Scope.__annotations__ or _are_names(value)


def _are_names(values: object) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, str) for value in values)


def read_jsonl(path: Path) -> Iterator[AnnotatedDocument]:
    """Read annotated documents from a native JSON-lines file, one after the other.

    Raises:
        AnnotationError: If the file cannot be read, or a line does not fit; it names the line.
    """
    for where, values in read_json_lines(path):
        try:
            yield AnnotatedDocument.from_dict(values)
        except AnnotationError as error:
            raise AnnotationError(f"{where}: {error.message}", hint=error.hint) from error


def write_jsonl(documents: Iterable[AnnotatedDocument], path: Path) -> int:
    """Write documents as native JSON lines, atomically, and give their number."""
    count = 0
    with atomic_write(path) as stream:
        for document in documents:
            line = json.dumps(document.to_dict(), ensure_ascii=False)
            stream.write(line.encode("utf-8", "surrogatepass") + b"\n")
            count += 1
    return count
