"""What a conversion carried over and what it could not, with reasons: nothing is dropped silently.

The importers and exporters of this package fill these; `annotations.statistics` measures the
documents themselves.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import AnnotationError


@dataclass(slots=True)
class Omissions:
    """Things that were not carried over: how many for each reason, and the first one of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, example: str) -> None:
        """Count one thing that was left out for `reason`."""
        self.counts[reason] += 1
        self.examples.setdefault(reason, example)

    @property
    def total(self) -> int:
        """How many things were left out, for whatever reason."""
        return self.counts.total()

    def take(self, other: "Omissions") -> None:
        """Take over what `other` has counted, and leave it empty."""
        self.counts.update(other.counts)
        self.examples = other.examples | self.examples
        other.counts.clear()
        other.examples = {}

    def to_list(self) -> list[dict[str, Any]]:
        """Give the JSON form: reason, count and example, most frequent first."""
        return [
            {"reason": reason, "count": count, "example": self.examples[reason]}
            for reason, count in self.counts.most_common()
        ]


@dataclass(slots=True)
class ImportReport:
    """What was read from annotated data sets; one report may take several files."""

    strict: bool = False
    """Whether a span that cannot be aligned raises instead of being counted."""
    documents: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    """Entities by type, as kept."""
    relations: Counter[str] = field(default_factory=Counter)
    """Relations by type, as kept."""
    events: Counter[str] = field(default_factory=Counter)
    """Events by type, as kept."""
    arguments: Counter[str] = field(default_factory=Counter)
    """Arguments of events by role, as kept."""
    repaired: Omissions = field(default_factory=Omissions)
    """Facts that were kept although the file marks them against its own rules."""
    merged: Counter[str] = field(default_factory=Counter)
    """Exact repetitions that were merged into one, by kind."""
    unaligned: Omissions = field(default_factory=Omissions)
    """Facts whose spans do not fit the text."""
    left_out: Omissions = field(default_factory=Omissions)
    """Facts of a kind that the importer does not carry over."""
    unknown: Omissions = field(default_factory=Omissions)
    """Facts of types that the schema in the options does not have."""

    def add(self, document: AnnotatedDocument) -> None:
        """Count one document and what is marked in it."""
        self.documents += 1
        self.entities.update(entity.type for entity in document.entities)
        self.relations.update(relation.type for relation in document.relations)
        self.events.update(event.type for event in document.events)
        self.arguments.update(a.role for event in document.events for a in event.arguments)

    def add_unaligned(self, reason: str, example: str) -> None:
        """Count a fact that does not fit the text.

        Raises:
            AnnotationError: If the report is strict.
        """
        if self.strict:
            raise AnnotationError(
                f"{example}: {reason}",
                hint="give an ImportReport that is not strict to count such facts and go on",
            )
        self.unaligned.add(reason, example)

    def take_faults(self, other: "ImportReport") -> None:
        """Take over what `other` has counted of one document's faults, and leave it empty."""
        for kind in ("repaired", "unaligned", "left_out"):
            getattr(self, kind).take(getattr(other, kind))
        self.merged.update(other.merged)
        other.merged.clear()

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form, types in the order of their names."""
        kinds = ("entities", "relations", "events", "arguments", "merged")
        values: dict[str, Any] = {"documents": self.documents}
        for kind in kinds:
            values[kind] = dict(sorted(getattr(self, kind).items()))
        values["repaired"] = self.repaired.to_list()
        values["unaligned"] = self.unaligned.to_list()
        values["left_out"] = self.left_out.to_list()
        values["unknown"] = self.unknown.to_list()
        return values


@dataclass(slots=True)
class ExportReport:
    """What was written to a foreign format, and what the format cannot hold."""

    documents: int = 0
    entities: int = 0
    relations: int = 0
    events: int = 0
    changed: Omissions = field(default_factory=Omissions)
    """Facts that were written, but will not be read back as they were."""
    left_out: Omissions = field(default_factory=Omissions)
    """Facts that the format has no place for."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            "documents": self.documents,
            "entities": self.entities,
            "relations": self.relations,
            "events": self.events,
            "changed": self.changed.to_list(),
            "left_out": self.left_out.to_list(),
        }
