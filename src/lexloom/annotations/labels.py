"""The labels that a schema asks a model for, numbered, each with the text that names it.

Spans are labelled with entity types, event types (on triggers) and roles (on arguments); ordered
pairs of spans with relation types and, from trigger to argument, roles. A role's name means the
same in every event of a schema.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from lexloom.annotations.schema import Schema

Kind = Literal["entity", "event", "role", "relation"]


@dataclass(frozen=True, slots=True)
class Label:
    """One thing to ask for."""

    kind: Kind
    name: str
    text: str
    """What the model reads to know what is meant."""
    paraphrases: tuple[str, ...] = ()
    """Other texts that mean the same: the name in the other language, the descriptions."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a schema in a fixed order: a label's number is its place."""

    span_labels: tuple[Label, ...]
    pair_labels: tuple[Label, ...]

    @classmethod
    def of(cls, schema: Schema) -> Self:
        """Number the labels of `schema`."""
        entities = [_label("entity", item) for item in schema.entities]
        events = [_label("event", item) for item in schema.events]
        by_name = {role.name: role for event in schema.events for role in event.roles}
        roles = [_label("role", role) for role in by_name.values()]
        relations = [_label("relation", item) for item in schema.relations]
        return cls(span_labels=(*entities, *events, *roles), pair_labels=(*relations, *roles))

    def span_index(self, kind: Kind) -> dict[str, int]:
        """Give the numbers of the span labels of a kind, by name."""
        return _index(self.span_labels, lambda label: label.kind == kind)

    def pair_index(self, kind: Kind) -> dict[str, int]:
        """Give the numbers of the pair labels of a kind, by name."""
        return _index(self.pair_labels, lambda label: label.kind == kind)

    @property
    def texts(self) -> list[str]:
        """What the model reads: the span labels' texts, then the pair labels'."""
        return [label.text for label in (*self.span_labels, *self.pair_labels)]

    @property
    def all_texts(self) -> list[str]:
        """The different texts that any label is asked for by."""
        labels = (*self.span_labels, *self.pair_labels)
        return list(dict.fromkeys(text for x in labels for text in (x.text, *x.paraphrases)))


def _index(labels: Sequence[Label], wanted: Callable[[Label], bool]) -> dict[str, int]:
    return {label.name: number for number, label in enumerate(labels) if wanted(label)}


def _label(kind: Kind, item: object) -> Label:
    name: str = getattr(item, "name")  # noqa: B009 - one of four schema types
    fields = ("en", "zh", "description_en", "description_zh")
    words = [text for field in fields[:2] if (text := getattr(item, field))]
    words = words or [name.replace("_", " ")]
    words += [text for field in fields[2:] if (text := getattr(item, field))]
    text, *others = dict.fromkeys(f"{kind}: {word}" for word in words)
    return Label(kind=kind, name=name, text=text, paraphrases=tuple(others))
