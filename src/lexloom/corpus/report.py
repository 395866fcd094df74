"""What went where: documents and characters by source, kept, or dropped with a counted reason."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from lexloom.config import from_mapping
from lexloom.corpus.clean import Outcome
from lexloom.records import Failure

FAILED = "failed"
MAX_EXAMPLES = 20


@dataclass(slots=True)
class SourceCounts:
    """The documents of one source; ``documents == kept + sum(dropped.values())``."""

    documents: int = 0
    characters: int = 0
    """Of the raw texts, those that failed excluded."""
    kept: int = 0
    kept_characters: int = 0
    """Of the kept texts, each once."""
    written: int = 0
    """Kept documents with their further copies."""
    written_characters: int = 0
    boilerplate_lines: int = 0
    """Lines removed from documents, kept or dropped."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Documents by reason."""

    def add(self, outcome: Outcome) -> None:
        """Count one document."""
        self.documents += 1
        self.characters += outcome.num_characters
        self.boilerplate_lines += outcome.num_boilerplate_lines
        if outcome.reason:
            self.dropped[outcome.reason] = self.dropped.get(outcome.reason, 0) + 1
            return
        self.kept += 1
        self.kept_characters += outcome.num_kept_characters
        self.written += outcome.num_copies
        self.written_characters += outcome.num_copies * outcome.num_kept_characters


@dataclass(slots=True)
class Report:
    """The counts of a whole corpus."""

    sources: dict[str, SourceCounts] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    """Kept documents by kind."""
    failures: list[Failure] = field(default_factory=list)
    """The first of those that failed."""
    evaluation_texts: int = 0
    evaluation_texts_too_short: int = 0
    """Evaluation texts that hold no whole n-gram, so that nothing was removed for them."""

    def add(self, outcome: Outcome) -> None:
        """Count one document."""
        self.sources.setdefault(outcome.source, SourceCounts()).add(outcome)
        if not outcome.reason:
            self.kinds[outcome.kind] = self.kinds.get(outcome.kind, 0) + 1
        failure = outcome.failure
        if failure is not None and len(self.failures) < MAX_EXAMPLES:
            self.failures.append(failure)

    def total(self) -> SourceCounts:
        """Sum up the sources."""
        total = SourceCounts()
        for counts in self.sources.values():
            for name, value in asdict(counts).items():
                if name != "dropped":
                    setattr(total, name, getattr(total, name) + value)
            for reason, number in counts.dropped.items():
                total.dropped[reason] = total.dropped.get(reason, 0) + number
        return total

    @property
    def is_balanced(self) -> bool:
        """Whether every document is accounted for, in each source."""
        return all(
            counts.documents == counts.kept + sum(counts.dropped.values())
            for counts in self.sources.values()
        )

    def rows(self) -> Iterator[tuple[str, int]]:
        """Give what a person reads, as names and numbers."""
        total = self.total()
        yield "documents", total.documents
        for reason, number in sorted(total.dropped.items(), key=lambda item: (-item[1], item[0])):
            yield f"  {reason.replace('_', ' ')}", number
        yield "kept", total.kept
        for kind, number in sorted(self.kinds.items()):
            yield f"  {kind}", number
        if total.written != total.kept:
            yield "written, with copies", total.written
        yield "characters", total.characters
        yield "characters written", total.written_characters
        if total.boilerplate_lines:
            yield "boilerplate lines removed", total.boilerplate_lines
        if self.evaluation_texts:
            yield "evaluation texts", self.evaluation_texts
            yield "  too short to be looked for", self.evaluation_texts_too_short

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        sources = {
            name: asdict(counts) | {"dropped": dict(sorted(counts.dropped.items()))}
            for name, counts in sorted(self.sources.items())
        }
        total = asdict(self.total())
        total["dropped"] = dict(sorted(total["dropped"].items()))
        values = asdict(self) | {"sources": sources, "kinds": dict(sorted(self.kinds.items()))}
        return {"total": total} | values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        plain = {name: value for name, value in values.items() if name != "total"}
        sources = {
            name: from_mapping(SourceCounts, counts | {"dropped": {}}, where="report")
            for name, counts in plain.pop("sources").items()
        }
        for name, counts in sources.items():
            counts.dropped = dict(values["sources"][name]["dropped"])
        plain["failures"] = [Failure(**failing) for failing in plain["failures"]]
        return cls(**plain, sources=sources)
