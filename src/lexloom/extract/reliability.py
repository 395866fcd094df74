"""How far confidences can be believed: the share of facts that is right beside what was promised.

`protocols` says when a fact is right and what the annotators looked at; `calibrate` fits the maps
from scores to confidences that this measures.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.bootstrap import Interval, percentile_interval, resampled_counts
from lexloom.extract.confidence import KINDS, Kind
from lexloom.extract.protocols import PROTOCOLS, Fact, Facts

NUM_BINS = 10
"""Bins of equally many facts."""
NUM_RESAMPLES, NUM_CHANCES = 1_000, 200
PROTOCOL_OF: Mapping[Kind, str] = {
    "entity": "ner_strict",
    "relation": "relations_strict",
    "trigger": "events_trigger",
    "argument": "events_argument",
}
"""By which protocol a kind of fact is right."""


@dataclass(frozen=True, slots=True)
class JudgedFact:
    """A predicted fact of which the annotation tells whether it is right."""

    document: int
    confidence: float
    is_right: bool
    of_known_pair: bool = False
    """Whether it is a relation of a pair that annotators picked: such are right more often."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Facts of like confidence."""

    confidence: float
    """Their mean."""
    share_right: float
    num_facts: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """The calibration error of one kind of fact."""

    kind: Kind
    num_facts: int
    mean_confidence: float
    share_right: float
    error: float
    """Expected calibration error (Naeini et al., 2015), with bins of equally many facts."""
    interval: Interval
    """Bootstrap 95 % interval over documents. The error of few facts is above zero by chance, and
    more so in a resample, so the interval leans upward."""
    error_by_chance: float
    """What perfectly calibrated confidences would show on average with as many facts."""
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        interval = [self.interval.low, self.interval.high]
        return asdict(self) | {"interval": interval, "bins": [asdict(item) for item in self.bins]}


class Judge:
    """The judged facts of each kind, filled document by document."""

    def __init__(self) -> None:
        self.facts: dict[Kind, list[JudgedFact]] = {kind: [] for kind in KINDS}
        self._num_documents = 0

    def add(self, gold: AnnotatedDocument, found: Facts) -> None:
        """Judge the facts of one more document; what was not looked for is left out."""
        picked = gold.scope.known_pairs is not None
        for kind, facts in self.facts.items():
            facts += [
                JudgedFact(self._num_documents, confidence, is_right, picked and kind == "relation")
                for confidence, is_right in judged(gold, found, kind)
            ]
        self._num_documents += 1

    def reliability(self) -> dict[Kind, Reliability]:
        """Measure each kind that has a fact."""
        return {kind: measure(kind, facts) for kind, facts in self.facts.items() if facts}


def judged(gold: AnnotatedDocument, found: Facts, kind: Kind) -> Iterator[tuple[float, bool]]:
    """Give confidence and rightness of the facts of which the annotation tells it.

    Where only some mentions of a type are marked, none of its facts is taken: those at marked
    spans alone would seem right too often.
    """
    protocol = PROTOCOLS[PROTOCOL_OF[kind]]
    is_known = protocol.known_test(gold)
    is_complete = _completeness(gold, kind)
    wanted = {(fact.type, fact.key) for fact in protocol.facts_of(gold)}
    best: dict[tuple[Any, ...], float] = {}
    facts = zip(protocol.facts_of(found), _confidences(found, kind), strict=True)
    for fact, confidence in facts:
        if is_known(fact) and is_complete(fact):
            key = (fact.type, fact.key)
            best[key] = max(confidence, best.get(key, confidence))
    for key, confidence in best.items():
        yield confidence, key in wanted


def _confidences(found: Facts, kind: Kind) -> Iterable[float]:
    if kind == "entity":
        return [entity.confidence for entity in found.entities]
    if kind == "relation":
        return [relation.confidence for relation in found.relations]
    if kind == "trigger":
        return [event.confidence for event in found.events]
    return [argument.confidence for event in found.events for argument in event.arguments]


def _completeness(gold: AnnotatedDocument, kind: Kind) -> Callable[[Fact], bool]:
    """Give the test whether every mention that a fact could be was marked."""
    scope = gold.scope
    if kind == "entity":
        return lambda fact: scope.all_mentions and fact.type not in scope.partial_types
    if kind != "relation" or (scope.all_mentions and not scope.partial_types):
        return lambda fact: True
    marked = {(entity.start, entity.end) for entity in gold.entities}

    def between_marked(fact: Fact) -> bool:
        assert isinstance(fact.key, tuple)  # of both ends, span and type
        head, head_type, tail, tail_type = fact.key
        ends = ((head, head_type), (tail, tail_type))
        return all(
            span in marked or (scope.all_mentions and type not in scope.partial_types)
            for span, type in ends
        )

    return between_marked


def measure(
    kind: Kind,
    facts: list[JudgedFact],
    *,
    num_bins: int = NUM_BINS,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Reliability:
    """Measure the calibration error of judged facts, of which there must be one."""
    confidence_N = np.array([fact.confidence for fact in facts])
    right_N = np.array([fact.is_right for fact in facts], dtype=np.float64)
    number_N = _bin_numbers(confidence_N, num_bins)
    gaps_DB = _gaps_by_document(facts, number_N, right_N - confidence_N)
    # a document's last column is its number of facts
    sums_RB = resampled_counts(gaps_DB, num_resamples=num_resamples, seed=seed)
    resampled_R = np.abs(sums_RB[:, :-1]).sum(axis=1) / sums_RB[:, -1]
    generator = np.random.default_rng(seed)
    by_chance = [
        _error(number_N, (generator.random(len(facts)) < confidence_N) - confidence_N)
        for _ in range(NUM_CHANCES)
    ]
    return Reliability(
        kind=kind,
        num_facts=len(facts),
        mean_confidence=float(confidence_N.mean()),
        share_right=float(right_N.mean()),
        error=_error(number_N, right_N - confidence_N),
        interval=percentile_interval(resampled_R),
        error_by_chance=float(np.mean(by_chance)),
        bins=_bins(confidence_N, right_N, number_N),
    )


def calibration_error(
    confidence_N: NDArray[np.float64], right_N: NDArray[np.float64], num_bins: int = NUM_BINS
) -> float:
    """Give the expected calibration error: the mean gap of confidence and share right, over facts.

    Facts of equal confidence share a bin, so that their order says nothing.
    """
    return _error(_bin_numbers(confidence_N, num_bins), right_N - confidence_N)


def _error(number_N: NDArray[np.intp], gap_N: NDArray[np.float64]) -> float:
    return float(np.abs(np.bincount(number_N, weights=gap_N)).sum() / len(gap_N))


def _bin_numbers(confidence_N: NDArray[np.float64], num_bins: int) -> NDArray[np.intp]:
    ordered_N = np.sort(confidence_N)
    firsts = np.arange(1, num_bins) * len(ordered_N) // num_bins
    return np.searchsorted(ordered_N[firsts], confidence_N, side="right")


def _bins(
    confidence_N: NDArray[np.float64],
    right_N: NDArray[np.float64],
    number_N: NDArray[np.intp],
) -> tuple[Bin, ...]:
    members = [number_N == number for number in np.unique(number_N)]
    return tuple(
        Bin(float(confidence_N[inside].mean()), float(right_N[inside].mean()), int(inside.sum()))
        for inside in members
    )


def _gaps_by_document(
    facts: list[JudgedFact], number_N: NDArray[np.intp], gap_N: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum each document's gaps by bin; the last column counts its facts."""
    documents = np.array([fact.document for fact in facts])
    kept, document_N = np.unique(documents, return_inverse=True)
    gaps_DB = np.zeros((len(kept), number_N.max() + 2))
    np.add.at(gaps_DB, (document_N, number_N), gap_N)  # several facts may share a bin
    gaps_DB[:, -1] = np.bincount(document_N)
    return gaps_DB


def reliability_table(reliability: Mapping[Kind, Reliability]) -> Table:
    """Give a table for the terminal, in percent."""
    table = Table("confidence of", "facts", "mean", "right", "error (ECE)", "95 %", "by chance")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, item in reliability.items():
        shares = (item.mean_confidence, item.share_right, item.error)
        bounds = f"{100 * item.interval.low:.1f}–{100 * item.interval.high:.1f}"
        table.add_row(
            kind,
            str(item.num_facts),
            *(f"{100 * share:.1f}" for share in shares),
            bounds,
            f"{100 * item.error_by_chance:.1f}",
        )
    return table
