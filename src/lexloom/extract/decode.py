"""From scores to facts: which spans and pairs of a text are kept, by thresholds and by the schema.

`encoder` computes the scores; `windows` joins the facts of a long document's windows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lexloom.annotations.labels import Label, LabelSet
from lexloom.annotations.schema import Schema
from lexloom.extract.confidence import Calibration, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodeConfig:
    """What is kept; thresholds are scores (log-odds), chosen on dev data and saved with a model."""

    entity_threshold: float = 0.0
    relation_threshold: float = 0.0
    trigger_threshold: float = 0.0
    argument_threshold: float = 0.0
    """Least score of a span as an argument."""
    role_threshold: float = 0.0
    """Least score of the pair of a trigger and an argument."""
    zero_shot_entity_threshold: float | None = None
    """Least score of a mention whose type the model was not trained on; None for as of others."""
    zero_shot_relation_threshold: float | None = None
    """The same of a relation."""
    nested: bool = True
    """Whether mentions, and arguments of one role, may overlap; if not, the likelier is kept."""
    several_types: bool = True
    """Whether one span may be of several entity types; if not, the likeliest one is kept."""
    outer_ornaments: bool = False
    """Whether spans may begin or end with an emoji or a bullet; if not, they are cut back."""


class LabelledSpan(NamedTuple):
    """A span of units with a label's number and score."""

    label: int
    first: int
    last: int
    score: float


class ScoredPair(NamedTuple):
    """Two spans, by their places in a list, with a pair label's number and score."""

    head: int
    tail: int
    label: int
    score: float


@dataclass(frozen=True, slots=True)
class TextSpans:
    """The spans kept in one text, by what they are."""

    entities: list[LabelledSpan]
    triggers: list[LabelledSpan]
    arguments: list[LabelledSpan]


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What is kept in one text: spans, and the pairs of them, by their places in the lists."""

    spans: TextSpans
    relations: list[ScoredPair]
    """Pairs of entities."""
    arguments: list[ScoredPair]
    """Pairs of a trigger and an argument."""


@dataclass(frozen=True)
class Decoder:
    """The rules of one schema and one config."""

    schema: Schema
    labels: LabelSet
    config: DecodeConfig = field(default_factory=DecodeConfig)
    calibration: Calibration | None = field(default_factory=Calibration)
    """From scores to confidences; None leaves the scores themselves, to be fitted or compared."""

    def confidence(self, kind: Kind, score: float) -> float:
        """Give the confidence of a fact of a kind with a score."""
        return score if self.calibration is None else self.calibration.confidence(kind, score)

    @cached_property
    def span_thresholds_C(self) -> NDArray[np.float32]:
        """The least score of each span label."""
        return np.array([self._least(label) for label in self.labels.span_labels], dtype=np.float32)

    @cached_property
    def relation_thresholds_R(self) -> NDArray[np.float32]:
        """The least score of each relation, by its number among the pair labels."""
        relations = self.labels.pair_labels[: len(self.schema.relations)]
        return np.array([self._least(label) for label in relations], dtype=np.float32)

    def _least(self, label: Label) -> float:
        config = self.config
        known = {
            "entity": config.entity_threshold,
            "event": config.trigger_threshold,
            "role": config.argument_threshold,
            "relation": config.relation_threshold,
        }
        unknown = {
            "entity": config.zero_shot_entity_threshold,
            "relation": config.zero_shot_relation_threshold,
        }
        least = unknown.get(label.kind) if label.zero_shot else None
        return known[label.kind] if least is None else least

    @cached_property
    def _kinds(self) -> list[str]:
        return [label.kind for label in self.labels.span_labels]

    @cached_property
    def _ends(self) -> list[tuple[frozenset[int], frozenset[int]]]:
        """For each relation, the entity labels that may be its head and its tail."""
        index = self.labels.span_index("entity")
        every = frozenset(index.values())
        return [
            (
                frozenset(index[name] for name in relation.head) or every,
                frozenset(index[name] for name in relation.tail) or every,
            )
            for relation in self.schema.relations
        ]

    @cached_property
    def pairs_possible(self) -> NDArray[np.bool_]:
        """Whether a head and a tail of these entity labels can be in any relation."""
        size = len(self.labels.span_labels)
        possible = np.zeros((size, size), dtype=bool)
        for heads, tails in self._ends:
            possible[np.ix_(sorted(heads), sorted(tails))] = True
        return possible

    @cached_property
    def roles_of_event(self) -> Mapping[int, frozenset[int]]:
        """For each event label, the pair labels of its roles."""
        events = self.labels.span_index("event")
        roles = self.labels.pair_index("role")
        return {
            events[event.name]: frozenset(roles[role.name] for role in event.roles)
            for event in self.schema.events
        }

    def sort_spans(self, spans: Sequence[LabelledSpan]) -> TextSpans:
        """Tell entities, triggers and arguments apart, and settle which entities exclude others."""
        by_kind: dict[str, list[LabelledSpan]] = {"entity": [], "event": [], "role": []}
        for span in spans:
            by_kind[self._kinds[span.label]].append(span)
        return TextSpans(
            entities=self._settle(by_kind["entity"]),
            triggers=by_kind["event"],
            arguments=by_kind["role"],
        )

    def _settle(self, entities: list[LabelledSpan]) -> list[LabelledSpan]:
        if len(entities) < 2 or (self.config.nested and self.config.several_types):
            return entities
        kept: list[LabelledSpan] = []
        for span in sorted(entities, key=lambda s: -s.score):
            if not any(self._excludes(other, span) for other in kept):
                kept.append(span)
        return sorted(kept, key=lambda s: (s.first, s.last, s.label))

    def _excludes(self, kept: LabelledSpan, span: LabelledSpan) -> bool:
        same = kept.first == span.first and kept.last == span.last
        if same:
            return not self.config.several_types
        overlap = kept.first <= span.last and span.first <= kept.last
        return overlap and not self.config.nested

    def entity_pairs(self, entities: Sequence[LabelledSpan]) -> list[tuple[int, int]]:
        """Give the ordered pairs of different spans that some relation may join."""
        possible = self.pairs_possible
        return [
            (i, j)
            for i, head in enumerate(entities)
            for j, tail in enumerate(entities)
            if possible[head.label, tail.label]
            and (head.first, head.last) != (tail.first, tail.last)
        ]

    def relations(
        self,
        entities: Sequence[LabelledSpan],
        pairs: Sequence[tuple[int, int]],
        scores_PK: NDArray[np.float32],
    ) -> list[ScoredPair]:
        """Keep the relations whose score is high enough and whose ends the schema allows."""
        kept = []
        num_relations = len(self.schema.relations)
        found = scores_PK[:, :num_relations] > self.relation_thresholds_R
        for place, label in zip(*(axis.tolist() for axis in found.nonzero()), strict=True):
            head, tail = pairs[place]
            heads, tails = self._ends[label]
            if entities[head].label in heads and entities[tail].label in tails:
                kept.append(ScoredPair(head, tail, label, float(scores_PK[place, label])))
        return kept

    def argument_pairs(self, spans: TextSpans) -> list[tuple[int, int]]:
        """Give the pairs of a trigger and an argument whose role the trigger's event has."""
        roles = self.labels.pair_index("role")
        role_of = [roles.get(label.name, -1) for label in self.labels.span_labels]
        return [
            (i, j)
            for i, trigger in enumerate(spans.triggers)
            for j, argument in enumerate(spans.arguments)
            if role_of[argument.label] in self.roles_of_event[trigger.label]
        ]

    def arguments(
        self,
        spans: TextSpans,
        pairs: Sequence[tuple[int, int]],
        scores_PK: NDArray[np.float32],
    ) -> list[ScoredPair]:
        """Keep the arguments that fill, for their trigger, the role that their span has."""
        return self.settle_arguments(spans, self.filled_roles(spans, pairs, scores_PK))

    def filled_roles(
        self,
        spans: TextSpans,
        pairs: Sequence[tuple[int, int]],
        scores_PK: NDArray[np.float32],
    ) -> list[ScoredPair]:
        """Give every pair whose score is high enough, also of arguments that overlap."""
        roles = self.labels.pair_index("role")
        found = []
        for place, (trigger, argument) in enumerate(pairs):
            role = roles[self.labels.span_labels[spans.arguments[argument].label].name]
            score = float(scores_PK[place, role])
            if score > self.config.role_threshold:
                found.append(ScoredPair(trigger, argument, role, score))
        return found

    def settle_arguments(self, spans: TextSpans, found: list[ScoredPair]) -> list[ScoredPair]:
        """Of the arguments of a trigger and role that overlap, keep the likelier where it must."""
        if self.config.nested:
            return found
        kept: list[ScoredPair] = []
        for pair in sorted(found, key=lambda p: -spans.arguments[p.tail].score):
            if not any(_fills_the_same(spans, pair, other) for other in kept):
                kept.append(pair)
        return sorted(kept)


def _fills_the_same(spans: TextSpans, pair: ScoredPair, other: ScoredPair) -> bool:
    """Say whether two arguments of a trigger and role overlap."""
    if (pair.head, pair.label) != (other.head, other.label):
        return False
    left, right = spans.arguments[pair.tail], spans.arguments[other.tail]
    return left.first <= right.last and right.first <= left.last
