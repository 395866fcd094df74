"""From a raw score to the confidence that users see: a monotone map for each kind of fact.

`extract.calibrate` fits the maps on held-out texts; they are saved with a model beside its
thresholds, which stay thresholds of raw scores.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from lexloom.errors import ConfigError

Kind = Literal["entity", "relation", "trigger", "argument"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_SLOPE, MAX_BIAS = 100.0, 100.0
"""No fit needs more: a score is a log-odds already."""
NUM_DIGITS = 4
"""Digits of a confidence, so that records stay short."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreMap:
    """The probability that a fact with a score is right.

    Either ``sigmoid(slope * score + bias)`` (Platt, 1999), which without settings is the model's
    own probability; or, where `scores` are given, the broken line through `scores` and
    `probabilities`, level beyond its ends (isotonic regression; Zadrozny and Elkan, 2002).

    Raises:
        ConfigError: If a value is out of range, or greater scores would be less probable.
    """

    slope: float = 1.0
    """Above 0."""
    bias: float = 0.0
    scores: tuple[float, ...] = ()
    """Ascending."""
    probabilities: tuple[float, ...] = ()
    """Of `scores`, never falling, each in [0, 1]."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if not 0.0 < self.slope <= MAX_SLOPE:  # no NaN passes
            raise ConfigError(f"slope must be in (0, {MAX_SLOPE:g}], got {self.slope}")
        if not -MAX_BIAS <= self.bias <= MAX_BIAS:
            raise ConfigError(f"bias must be in [-{MAX_BIAS:g}, {MAX_BIAS:g}], got {self.bias}")
        if len(self.scores) != len(self.probabilities):
            raise ConfigError(
                f"scores and probabilities must be equally many, got {len(self.scores)} and "
                f"{len(self.probabilities)}"
            )
        if not all(map(math.isfinite, self.scores)) or not _is_ascending(self.scores, strict=True):
            raise ConfigError("scores must be finite and ascending")
        if not all(0.0 <= p <= 1.0 for p in self.probabilities):
            raise ConfigError("probabilities must be in [0, 1]")
        if not _is_ascending(self.probabilities, strict=False):
            raise ConfigError("probabilities must not fall as scores rise")

    def probability(self, score: float) -> float:
        """Give the probability of a score; a greater score never has a smaller one."""
        if self.scores:
            return self._on_line(score)
        return sigmoid(self.slope * score + self.bias)

    def _on_line(self, score: float) -> float:
        at = bisect_right(self.scores, score)
        if at == 0:
            return self.probabilities[0]
        if at == len(self.scores):
            return self.probabilities[-1]
        left, right = self.scores[at - 1], self.scores[at]
        low, high = self.probabilities[at - 1], self.probabilities[at]
        share = (score - left) / (right - left)
        return min(high, low + share * (high - low))  # rounding must not pass the next one


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The map of each kind of fact; the model's own probabilities where nothing was fitted."""

    entity: ScoreMap = field(default_factory=ScoreMap)
    relation: ScoreMap = field(default_factory=ScoreMap)
    trigger: ScoreMap = field(default_factory=ScoreMap)
    argument: ScoreMap = field(default_factory=ScoreMap)

    def maps(self) -> Mapping[Kind, ScoreMap]:
        """Give the maps by the kinds of facts."""
        return {
            "entity": self.entity,
            "relation": self.relation,
            "trigger": self.trigger,
            "argument": self.argument,
        }

    def confidence(self, kind: Kind, score: float) -> float:
        """Give the probability of a score of a kind of fact, rounded."""
        fitted: ScoreMap = getattr(self, kind)
        return round(fitted.probability(score), NUM_DIGITS)


def sigmoid(x: float) -> float:
    """Give ``1 / (1 + exp(-x))`` without overflow."""
    if x < 0:
        small = math.exp(x)
        return small / (1.0 + small)
    return 1.0 / (1.0 + math.exp(-x))


def _is_ascending(values: tuple[float, ...], *, strict: bool) -> bool:
    return all(left < right or (not strict and left == right) for left, right in pairwise(values))
