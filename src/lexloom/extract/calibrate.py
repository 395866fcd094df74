"""Fit the maps from scores to confidences on held-out texts; `confidence` holds and applies them.

Two parameters (Platt, 1999) where facts are few; where they are many, isotonic regression too, if
it tells the truth of texts it was not fitted on better.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.confidence import KINDS, MAX_BIAS, MAX_SLOPE, Calibration, Kind, ScoreMap
from lexloom.extract.protocols import Facts
from lexloom.extract.reliability import Judge, JudgedFact, calibration_error

MIN_FACTS = 30
"""Judged facts of a kind below which its scores stay as they are."""
NOT_FITTED = "none"
"""The form of a kind with too few facts."""
MIN_FACTS_ISOTONIC = 1_000
"""Judged facts from which isotonic regression is tried."""
MIN_SLOPE = 0.02
"""Slope of scores that tell nothing or the wrong way round: one that still rises."""
NUM_FOLDS = 5
MAX_POINTS = 25
"""Groups of equally many facts that isotonic regression is fitted to."""

FloatArray = NDArray[np.float64]
Fit = Callable[[FloatArray, FloatArray], ScoreMap]


@dataclass(frozen=True, slots=True)
class KindFit:
    """What was fitted for a kind of fact, and what it is worth."""

    form: str
    """``isotonic``, ``logistic``, or ``none`` where facts are too few."""
    num_facts: int
    error_before: float
    """Calibration error of the map that was there before, or of the model's own probabilities."""
    error_after: float
    """The same of the new map's, each fact's confidence from a fit on other documents."""


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A calibration, and what it is worth for each kind that had a fact."""

    calibration: Calibration
    fits: Mapping[Kind, KindFit]

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            kind: {
                "form": fit.form,
                "num_facts": fit.num_facts,
                "error_before": fit.error_before,
                "error_after": fit.error_after,
            }
            for kind, fit in self.fits.items()
        }


def fit_calibration(
    pairs: Iterable[tuple[AnnotatedDocument, Facts]], before: Calibration | None = None
) -> CalibrationReport:
    """Fit a map for each kind of fact; kinds with too few facts keep theirs.

    Args:
        pairs: Annotated texts with what was found in them; raw scores in place of confidences.
        before: The maps that are there; the model's own probabilities if None.
    """
    before = before or Calibration()
    judge = Judge()
    for gold, found in pairs:
        judge.add(gold, found)
    kept = before.maps()
    maps: dict[str, ScoreMap] = {kind: kept[kind] for kind in KINDS}
    fits: dict[Kind, KindFit] = {}
    for kind in KINDS:
        facts = _unpicked(judge.facts[kind])
        if facts:
            maps[kind], fits[kind] = fit_kind(facts, kept[kind])
    return CalibrationReport(Calibration(**maps), fits)


def _unpicked(facts: Sequence[JudgedFact]) -> Sequence[JudgedFact]:
    """Leave out relations of pairs that annotators picked, where enough others are left.

    In a text as users have it every pair may be related, and most are not; of the picked pairs most
    are, and confidences fitted to them promise too much.
    """
    others = [fact for fact in facts if not fact.of_known_pair]
    return others if len(others) >= MIN_FACTS else facts


def fit_kind(
    facts: Sequence[JudgedFact], present: ScoreMap | None = None
) -> tuple[ScoreMap, KindFit]:
    """Fit the map of a kind of fact of which there is one or more, scores being confidences.

    With too few the present one stays.
    """
    present = present or ScoreMap()
    scores_N = np.array([fact.confidence for fact in facts])
    right_N = np.array([fact.is_right for fact in facts], dtype=np.float64)
    folds_N = np.array([fact.document % NUM_FOLDS for fact in facts])
    before = calibration_error(_applied(present, scores_N), right_N)
    if len(facts) < MIN_FACTS:
        return present, KindFit(NOT_FITTED, len(facts), before, before)
    forms: dict[str, Fit] = {"logistic": fit_logistic}
    if len(facts) >= MIN_FACTS_ISOTONIC:
        forms["isotonic"] = fit_isotonic
    held_out = {name: _held_out(fit, scores_N, right_N, folds_N) for name, fit in forms.items()}
    form = min(held_out, key=lambda name: _log_loss(held_out[name], right_N))
    after = calibration_error(held_out[form], right_N)
    return forms[form](scores_N, right_N), KindFit(form, len(facts), before, after)


def fit_logistic(scores_N: FloatArray, right_N: FloatArray) -> ScoreMap:
    """Fit slope and bias by likelihood, with Platt's targets, which no fact is quite sure by."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    num_right, num_wrong = right_N.sum(), len(right_N) - right_N.sum()
    targets_N = np.where(
        right_N > 0, (num_right + 1.0) / (num_right + 2.0), 1.0 / (num_wrong + 2.0)
    )

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        slope, bias = parameters
        logits_N = slope * scores_N + bias
        losses_N = np.logaddexp(0.0, logits_N) - targets_N * logits_N
        errors_N = 1.0 / (1.0 + np.exp(-np.clip(logits_N, -700, 700))) - targets_N
        return float(losses_N.mean()), np.array([(errors_N * scores_N).mean(), errors_N.mean()])

    bounds = [(MIN_SLOPE, MAX_SLOPE), (-MAX_BIAS, MAX_BIAS)]
    fitted = minimize(loss, np.array([1.0, 0.0]), jac=True, bounds=bounds, method="L-BFGS-B")
    return ScoreMap(slope=float(fitted.x[0]), bias=float(fitted.x[1]))


def fit_isotonic(scores_N: FloatArray, right_N: FloatArray) -> ScoreMap:
    """Fit a line that never falls to the shares of right facts in groups of like scores."""
    from scipy.optimize import isotonic_regression

    order_N = np.argsort(scores_N, kind="stable")
    groups = np.array_split(order_N, min(MAX_POINTS, len(order_N)))
    # as if each group held one right and one wrong fact more, so that none is quite sure
    shares = np.array([(right_N[g].sum() + 1.0) / (len(g) + 2.0) for g in groups])
    weights = np.array([float(len(g)) for g in groups])
    rising = np.asarray(isotonic_regression(shares, weights=weights).x)
    means = np.array([scores_N[g].mean() for g in groups])
    # groups of one share are one point, in their middle; equal scores cannot be two points
    scores: list[float] = []
    probabilities: list[float] = []
    for share in np.unique(rising):
        inside = rising == share
        score = float(np.average(means[inside], weights=weights[inside]))
        if not scores or score > scores[-1]:
            scores.append(score)
            probabilities.append(float(min(share, 1.0)))
    return ScoreMap(scores=tuple(scores), probabilities=tuple(probabilities))


def _held_out(
    fit: Fit, scores_N: FloatArray, right_N: FloatArray, folds_N: NDArray[np.int64]
) -> FloatArray:
    """Give each fact's probability from a fit on the documents of the other folds."""
    found_N = np.empty(len(scores_N))
    for fold in np.unique(folds_N):
        out_N = folds_N == fold
        inside = ~out_N if not out_N.all() else out_N
        found_N[out_N] = _applied(fit(scores_N[inside], right_N[inside]), scores_N[out_N])
    return found_N


def _applied(fitted: ScoreMap, scores_N: FloatArray) -> FloatArray:
    return np.array([fitted.probability(score) for score in scores_N.tolist()])


def _log_loss(probabilities_N: FloatArray, right_N: FloatArray) -> float:
    safe_N = np.clip(probabilities_N, 1e-6, 1.0 - 1e-6)
    return float(-np.mean(np.where(right_N > 0, np.log(safe_N), np.log1p(-safe_N))))
