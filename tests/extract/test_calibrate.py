from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.extract.calibrate import (
    MIN_FACTS,
    MIN_FACTS_ISOTONIC,
    MIN_SLOPE,
    fit_calibration,
    fit_isotonic,
    fit_kind,
    fit_logistic,
)
from lexloom.extract.confidence import Calibration, ScoreMap, sigmoid
from lexloom.extract.reliability import JudgedFact
from lexloom.records import Entity, Relation


def drawn(probability, count, seed=0):
    """Scores and facts that are right with a probability that depends on the score."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(1.0, 2.0, count)
    right = generator.random(count) < np.array([probability(score) for score in scores])
    return scores, right.astype(float)


def facts(scores, right):
    rows = zip(scores.tolist(), right.tolist(), strict=True)
    return [JudgedFact(n, score, bool(is_right)) for n, (score, is_right) in enumerate(rows)]


def test_slope_and_bias_are_found_again():
    fitted = fit_logistic(*drawn(lambda s: sigmoid(0.5 * s - 1.0), 20_000))
    assert fitted.slope == pytest.approx(0.5, abs=0.03)
    assert fitted.bias == pytest.approx(-1.0, abs=0.05)


def test_the_fit_is_that_of_a_reference():
    sklearn = pytest.importorskip("sklearn.linear_model", reason="a reference, if it is there")
    scores, right = drawn(lambda s: sigmoid(2 * s - 1), 3000)
    reference = sklearn.LogisticRegression(C=np.inf).fit(scores[:, None], right)
    fitted = fit_logistic(scores, right)
    assert fitted.slope == pytest.approx(float(reference.coef_[0, 0]), rel=0.02)
    assert fitted.bias == pytest.approx(float(reference.intercept_[0]), rel=0.02)


def curve(score):
    """A probability that no slope and bias describe."""
    return 0.9 if score > 2 else 0.6 if score > 0 else 0.1


def test_isotonic_regression_finds_steps():
    fitted = fit_isotonic(*drawn(curve, 20_000))
    for score in (-2.0, 1.0, 4.0):
        assert fitted.probability(score) == pytest.approx(curve(score), abs=0.05)


def test_the_better_form_is_taken_where_facts_are_many():
    assert fit_kind(facts(*drawn(curve, 4000)))[1].form == "isotonic"
    few = MIN_FACTS_ISOTONIC - 1
    assert fit_kind(facts(*drawn(curve, few)))[1].form == "logistic"
    straight = drawn(lambda s: sigmoid(0.5 * s - 1.0), 2000)
    fitted, worth = fit_kind(facts(*straight))
    assert worth.error_after < 0.05 < 0.15 < worth.error_before
    assert worth.num_facts == 2000
    assert fitted.probability(2.0) == pytest.approx(0.5, abs=0.06)


def test_of_few_facts_nothing_is_learnt():
    scores, right = drawn(curve, MIN_FACTS - 1)
    fitted, worth = fit_kind(facts(scores, right))
    assert (fitted, worth.form) == (ScoreMap(), "none")
    assert worth.error_after == worth.error_before
    assert fit_kind(facts(*drawn(curve, MIN_FACTS)))[1].form == "logistic"


@pytest.mark.parametrize("is_right", [0.0, 1.0])
def test_facts_all_right_or_all_wrong_make_none_quite_sure(is_right):
    scores = np.linspace(-1, 5, 80)
    fitted = fit_logistic(scores, np.full(80, is_right))
    assert 0.0 < fitted.probability(2.0) < 1.0
    assert fitted.probability(2.0) == pytest.approx(is_right, abs=0.05)


def test_scores_that_tell_the_wrong_way_round_still_rise():
    scores, right = drawn(lambda s: sigmoid(-2 * s), 500)
    fitted = fit_logistic(scores, right)
    assert fitted.slope == pytest.approx(MIN_SLOPE)
    assert fitted.probability(0.0) == pytest.approx(right.mean(), abs=0.03)
    assert fit_isotonic(scores, right).probability(0.0) == pytest.approx(right.mean(), abs=0.05)


numbers = st.one_of(st.floats(-30, 30), st.sampled_from([0.0, 1.0]))


@settings(max_examples=40)
@given(st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=120))
def test_any_facts_give_a_map_that_can_be_saved(rows):
    scores = np.array([score for score, _ in rows])
    right = np.array([float(is_right) for _, is_right in rows])
    for fit in (fit_logistic, fit_isotonic):
        fitted = fit(scores, right)  # a ScoreMap checks its ranges
        assert 0.0 <= fitted.probability(0.0) <= 1.0
    fit_kind(facts(scores, right))


def test_each_kind_is_fitted_by_its_own_facts():
    text = "ab " * 40
    spans = [(at, at + 2) for at in range(0, 120, 3)]
    mentions = [Entity(str(n), "x", "ab", *span, 2.0) for n, span in enumerate(spans)]
    gold = AnnotatedDocument(id="d", text=text, entities=tuple(mentions[::2]))
    found = AnnotatedDocument(id="d", text=text, entities=tuple(mentions))
    result = fit_calibration([(gold, found)])
    assert result.fits.keys() == {"entity"}
    assert result.calibration.confidence("entity", 2.0) == pytest.approx(0.5, abs=0.02)
    assert result.calibration.relation == ScoreMap()
    (row,) = result.to_dict().values()
    assert row["num_facts"] == 40
    assert row["error_before"] == pytest.approx(sigmoid(2.0) - 0.5)


@pytest.mark.parametrize(("count", "probability"), [(MIN_FACTS, 0.0), (MIN_FACTS - 1, 1.0)])
def test_pairs_that_were_picked_count_only_where_there_are_too_few_others(count, probability):
    ends = (Entity("a", "x", "ab", 0, 2), Entity("b", "x", "cd", 3, 5))
    found = AnnotatedDocument(
        id="d", text="ab cd", entities=ends, relations=(Relation("r", "a", "b", 2.0),)
    )
    picked = replace(found, scope=Scope(known_pairs=(("a", "b"),)))
    whole = replace(found, relations=())
    pairs = [(picked, found)] * 1500 + [(whole, found)] * count
    fitted = fit_calibration(pairs).calibration.confidence("relation", 2.0)
    assert fitted == pytest.approx(probability, abs=0.05)


def test_without_a_fact_nothing_changes():
    result = fit_calibration([])
    assert (result.calibration, result.to_dict()) == (Calibration(), {})
