"""Scores of predicted facts against gold ones, by named protocol, with intervals over documents.

`extract.protocols` says what counts as the same fact; here facts are counted, averaged and
bootstrapped. One pass over the documents fills every protocol.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import UsageError
from lexloom.extract.bootstrap import Interval, f1_of, percentile_interval, resampled_counts
from lexloom.extract.protocols import PROTOCOLS, Counts, Facts, protocol_named
from lexloom.printable import printable

Pair = tuple[AnnotatedDocument, Facts]
NUM_RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Averages:
    """Unweighted means over the types that occur in gold or prediction."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Line:
    """The score of one type, or of all together."""

    counts: Counts
    interval: Interval
    """Bootstrap 95 % interval of F1 over documents."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form, ratios included."""
        counts = self.counts
        ratios = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
        return ratios | {"f1_interval": [self.interval.low, self.interval.high]} | asdict(counts)


@dataclass(frozen=True, slots=True)
class ProtocolScore:
    """The scores by one protocol."""

    protocol: str
    num_documents: int
    micro: Line
    macro: Averages
    per_type: Mapping[str, Line]

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            "protocol": self.protocol,
            "num_documents": self.num_documents,
            "micro": self.micro.to_dict(),
            "macro": asdict(self.macro),
            "per_type": {name: line.to_dict() for name, line in self.per_type.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The scores by each protocol that had anything to count."""

    scores: Mapping[str, ProtocolScore]

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form: a table of protocols."""
        return {name: score.to_dict() for name, score in self.scores.items()}

    def table(self, *, per_type: bool = True) -> Table:
        """Give a table for the terminal: percentages, the interval of F1, and the counts."""
        # numbers are never cut, and the narrowest usual terminal leaves room for most names
        table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column("protocol, types", overflow="fold")
        for title in ("P", "R", "F1", "95 %", "correct", "predicted", "gold"):
            table.add_column(title, justify="right", no_wrap=True)
        for name, score in self.scores.items():
            table.add_row(name, *_cells(score.micro), style="bold")
            for kind, line in score.per_type.items() if per_type else ():
                # Text, for it may look like markup
                table.add_row(Text(f"  {printable(kind)}"), *_cells(line))
            macro = (score.macro.precision, score.macro.recall, score.macro.f1)
            table.add_row("  mean of types", *(f"{100 * value:.1f}" for value in macro))
            table.add_section()
        return table


def _cells(line: Line) -> list[str]:
    counts, interval = line.counts, line.interval
    ratios = [f"{100 * value:.1f}" for value in (counts.precision, counts.recall, counts.f1)]
    bounds = f"{100 * interval.low:.1f}–{100 * interval.high:.1f}"
    return [
        *ratios,
        bounds,
        str(counts.num_correct),
        str(counts.num_predicted),
        str(counts.num_gold),
    ]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems on the same documents, by the paired bootstrap."""

    protocol: str
    f1_a: float
    f1_b: float
    difference: float
    """Micro F1 of b minus that of a."""
    interval: Interval
    """95 % interval of the difference."""
    p_value: float
    """Two-sided: twice the smaller share of resamples in which the difference is <= 0 or >= 0."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        values = asdict(self)
        values["interval"] = [self.interval.low, self.interval.high]
        return values


class Tally:
    """Counts per document and type, by one protocol, filled document by document."""

    def __init__(self, protocol: str) -> None:
        """Start empty.

        Raises:
            UsageError: If there is no such protocol.
        """
        self.protocol = protocol
        self._count = protocol_named(protocol).count
        self._documents: list[dict[str, Counts]] = []

    def add(self, gold: AnnotatedDocument, predicted: Facts) -> None:
        """Count the facts of one more document."""
        self._documents.append(self._count(gold, predicted))

    @property
    def is_empty(self) -> bool:
        """Whether no document had a fact, gold or predicted, within its scope."""
        return not any(self._documents)

    def types(self) -> list[str]:
        """Give the types that occur in gold or prediction, sorted."""
        return sorted(set().union(*self._documents))

    def counts_DC3(self, types: Sequence[str]) -> NDArray[np.int64]:
        """Give the counts per document and type: correct, predicted, gold."""
        column = {name: index for index, name in enumerate(types)}
        counts = np.zeros((len(self._documents), len(types), 3), dtype=np.int64)
        for row, document in enumerate(self._documents):
            for name, cell in document.items():
                counts[row, column[name]] = (cell.num_correct, cell.num_predicted, cell.num_gold)
        return counts

    def score(self, *, num_resamples: int = NUM_RESAMPLES, seed: int = 0) -> ProtocolScore:
        """Average and bootstrap what was counted.

        Raises:
            UsageError: If no document was added.
        """
        if not self._documents:
            raise UsageError("there is no document to score", hint="give at least one document")
        types = self.types()
        counts_DC3 = self.counts_DC3(types)
        sums_RC3 = resampled_counts(counts_DC3, num_resamples=num_resamples, seed=seed)
        per_type = {
            name: Line(_counts(counts_DC3[:, c].sum(0)), percentile_interval(f1_of(sums_RC3[:, c])))
            for c, name in enumerate(types)
        }
        micro = Line(
            _counts(counts_DC3.sum((0, 1))), percentile_interval(f1_of(sums_RC3.sum(axis=1)))
        )
        return ProtocolScore(
            self.protocol, len(self._documents), micro, _macro(per_type.values()), per_type
        )


def _counts(row_3: NDArray[np.int64]) -> Counts:
    return Counts(*(int(value) for value in row_3))


def _macro(lines: Iterable[Line]) -> Averages:
    rows = [(x.counts.precision, x.counts.recall, x.counts.f1) for x in lines]
    if not rows:
        return Averages(0.0, 0.0, 0.0)
    return Averages(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def score(
    pairs: Iterable[Pair], protocol: str, *, num_resamples: int = NUM_RESAMPLES, seed: int = 0
) -> ProtocolScore:
    """Score (gold, predicted) pairs by one protocol.

    Raises:
        UsageError: If there is no such protocol, or no pair.
    """
    tally = Tally(protocol)
    for gold, predicted in pairs:
        tally.add(gold, predicted)
    return tally.score(num_resamples=num_resamples, seed=seed)


def report(
    pairs: Iterable[Pair],
    *,
    protocols: Sequence[str] | None = None,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Report:
    """Score (gold, predicted) pairs by several protocols in one pass.

    Args:
        pairs: Gold documents with what was predicted for them; read once, not kept.
        protocols: Names of protocols; None for all that find a fact, gold or predicted.
        num_resamples: Number of resamples of the bootstrap.
        seed: Seed of the bootstrap.

    Raises:
        UsageError: If a protocol is unknown, or there is no pair.
    """
    tallies = [Tally(name) for name in (PROTOCOLS if protocols is None else protocols)]
    for gold, predicted in pairs:
        for tally in tallies:
            tally.add(gold, predicted)
    scores = {t.protocol: t.score(num_resamples=num_resamples, seed=seed) for t in tallies}
    if protocols is None:
        scores = {t.protocol: scores[t.protocol] for t in tallies if not t.is_empty}
    return Report(scores)


def compare(
    triples: Iterable[tuple[AnnotatedDocument, Facts, Facts]],
    protocol: str,
    *,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Compare systems a and b on the same documents by micro F1, each triple being (gold, a, b).

    Raises:
        UsageError: If there is no such protocol, or no document.
    """
    tally_a, tally_b = Tally(protocol), Tally(protocol)
    for gold, predicted_a, predicted_b in triples:
        tally_a.add(gold, predicted_a)
        tally_b.add(gold, predicted_b)
    f1_a, resampled_a = _micro_f1(tally_a, num_resamples, seed)
    f1_b, resampled_b = _micro_f1(tally_b, num_resamples, seed)
    differences = resampled_b - resampled_a
    share_below = float(np.mean(differences <= 0))
    share_above = float(np.mean(differences >= 0))
    return Comparison(
        protocol=protocol,
        f1_a=f1_a,
        f1_b=f1_b,
        difference=f1_b - f1_a,
        interval=percentile_interval(differences),
        p_value=min(1.0, 2 * min(share_below, share_above)),
    )


def _micro_f1(tally: Tally, num_resamples: int, seed: int) -> tuple[float, NDArray[np.float64]]:
    micro = tally.score(num_resamples=1, seed=seed).micro.counts.f1
    counts_D13 = tally.counts_DC3(tally.types()).sum(axis=1, keepdims=True)
    sums_R13 = resampled_counts(counts_D13, num_resamples=num_resamples, seed=seed)
    return micro, np.nan_to_num(f1_of(sums_R13)[:, 0])
