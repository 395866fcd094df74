"""The labels that a schema asks a model for, numbered, each with the text that names it.

Spans are labelled with entity types, event types (on triggers) and roles (on arguments); ordered
pairs of spans with relation types and, from trigger to argument, roles. A role's name means the
same in every event of a schema.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from lexloom.annotations.schema import Schema
from lexloom.errors import SchemaError

Kind = Literal["entity", "event", "role", "relation"]
KnownTexts = Mapping[tuple[Kind, str], str]
"""What a trained model read for a label, by its kind and each word for it, in lower case."""


@dataclass(frozen=True, slots=True)
class Label:
    """One thing to ask for."""

    kind: Kind
    name: str
    text: str
    """What the model reads to know what is meant."""
    paraphrases: tuple[str, ...] = ()
    """Other texts that mean the same: the name in the other language, the descriptions."""
    zero_shot: bool = False
    """Whether the model was trained without it, and goes by the text alone."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a schema in a fixed order: a label's number is its place."""

    span_labels: tuple[Label, ...]
    pair_labels: tuple[Label, ...]

    @classmethod
    def of(cls, schema: Schema, trained_on: Schema | None = None) -> Self:
        """Number the labels of `schema`.

        Args:
            schema: What is asked for.
            trained_on: The schema of the model that is asked. A label that it has, whatever its
                name, is asked for in the words that the model knows, and the others are marked as
                zero-shot. None where the model is yet to be trained.

        Raises:
            SchemaError: If the model could not tell two entity types, two event types or two roles
                of an event apart, for it is asked for both in the same words.
        """
        known = None if trained_on is None else known_texts(trained_on)
        groups: dict[Kind, list[Label]] = {"entity": [], "event": [], "role": [], "relation": []}
        for kind, item in _items(schema):
            groups[kind].append(_label(kind, item, known))
        spans = (*groups["entity"], *groups["event"], *groups["role"])
        if trained_on not in (None, schema):
            _check_apart(schema, spans)
        return cls(span_labels=spans, pair_labels=(*groups["relation"], *groups["role"]))

    def zero_shot_tables(self, schema: Schema) -> tuple[str, ...]:
        """Name the tables of `schema` that are zero-shot, such as ``entities.drug``."""
        unknown = {(label.kind, label.name) for label in self.all if label.zero_shot}
        return tuple(
            f"{table}.{item.name}" for kind, table, item in _tables(schema)
            if (kind, item.name) in unknown
        )  # fmt: skip

    @property
    def all(self) -> tuple[Label, ...]:
        """Every label: the spans', then the pairs', so that a role comes twice."""
        return (*self.span_labels, *self.pair_labels)

    def span_index(self, kind: Kind) -> dict[str, int]:
        """Give the numbers of the span labels of a kind, by name."""
        return _index(self.span_labels, lambda label: label.kind == kind)

    def pair_index(self, kind: Kind) -> dict[str, int]:
        """Give the numbers of the pair labels of a kind, by name."""
        return _index(self.pair_labels, lambda label: label.kind == kind)

    @property
    def texts(self) -> list[str]:
        """What the model reads: the span labels' texts, then the pair labels'."""
        return [label.text for label in self.all]

    @property
    def all_texts(self) -> list[str]:
        """The different texts that any label is asked for by."""
        texts = (text for label in self.all for text in (label.text, *label.paraphrases))
        return list(dict.fromkeys(texts))


def _check_apart(schema: Schema, labels: Sequence[Label]) -> None:
    """Refuse what competes for the same spans in the same words; relations go by their ends too."""
    texts = {(label.kind, label.name): label.text for label in labels}
    groups: list[tuple[Kind, str, Sequence[Any]]] = [
        ("entity", "entity types", schema.entities),
        ("event", "event types", schema.events),
    ]
    groups += [("role", f"roles of {event.name}", event.roles) for event in schema.events]
    for kind, what, items in groups:
        first: dict[str, str] = {}
        for item in items:
            text = texts[kind, item.name]
            other = first.setdefault(text.casefold(), item.name)
            if other != item.name:
                words = text.removeprefix(f"{kind}: ")
                raise SchemaError(
                    f"the {what} {other!r} and {item.name!r} are asked for in the same words,"
                    f" {words!r}, so that none can tell them apart",
                    hint="give each words of its own with en or zh, or leave one out",
                )


def _index(labels: Sequence[Label], wanted: Callable[[Label], bool]) -> dict[str, int]:
    return {label.name: number for number, label in enumerate(labels) if wanted(label)}


def _tables(schema: Schema) -> Iterator[tuple[Kind, str, Any]]:
    """Give each type and role with its kind and the name of the table that it stands in."""
    for entity in schema.entities:
        yield "entity", "entities", entity
    for relation in schema.relations:
        yield "relation", "relations", relation
    for event in schema.events:
        yield "event", "events", event
        for role in event.roles:
            yield "role", f"events.{event.name}.roles", role


def _items(schema: Schema) -> list[tuple[Kind, Any]]:
    """Give each label's type; of a role of several events the last, at the place of the first."""
    items = {(kind, item.name): item for kind, _, item in _tables(schema)}
    return [(kind, item) for (kind, _), item in items.items()]


def known_texts(schema: Schema) -> KnownTexts:
    """Give what a model trained on `schema` has read, by every word that its schema has for it."""
    texts: dict[tuple[Kind, str], str] = {}
    for kind, item in _items(schema):
        for word in (_words(item), item.en, item.zh, _spoken(item.name)):
            if word:
                texts.setdefault((kind, word.casefold()), f"{kind}: {_words(item)}")
    # a type's own words come before another's name
    texts.update(
        {
            (kind, _words(item).casefold()): f"{kind}: {_words(item)}"
            for kind, item in _items(schema)
        }
    )
    return texts


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _words(item: Any) -> str:
    words: str = item.en.strip() or item.zh.strip() or _spoken(item.name).strip()
    return words


def _label(kind: Kind, item: Any, known: KnownTexts | None) -> Label:
    words = dict.fromkeys([_words(item), item.zh, item.description_en, item.description_zh])
    text, *others = (f"{kind}: {word}" for word in words if word.strip())
    if known is None:
        return Label(kind=kind, name=item.name, text=text, paraphrases=tuple(others))
    found = known.get((kind, _words(item).casefold()))
    return Label(
        kind=kind,
        name=item.name,
        text=found or text,
        paraphrases=tuple(others),
        zero_shot=found is None,
    )


def in_known_words(schema: Schema, trained_on: Schema) -> Schema:
    """Give `schema` with the words of a trained model for the types that it knows.

    Training then begins from what the model has learnt, whatever language or spelling they are in.
    """
    known = known_texts(trained_on)

    def reworded(kind: Kind, item: Any) -> Any:
        text = known.get((kind, _words(item).casefold()))
        return item if text is None else replace(item, en=text.removeprefix(f"{kind}: "))

    return replace(
        schema,
        entities=tuple(reworded("entity", item) for item in schema.entities),
        relations=tuple(reworded("relation", item) for item in schema.relations),
        events=tuple(
            reworded("event", replace(e, roles=tuple(reworded("role", r) for r in e.roles)))
            for e in schema.events
        ),
    )
