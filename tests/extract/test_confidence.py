import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ConfigError
from lexloom.extract.confidence import KINDS, Calibration, ScoreMap

SCORES = st.floats(-1e6, 1e6)
ASCENDING = st.lists(st.floats(-50, 50), min_size=1, max_size=8, unique=True).map(sorted)


@st.composite
def lines(draw):
    scores = draw(ASCENDING)
    share = st.floats(0, 1)
    rising = sorted(draw(st.lists(share, min_size=len(scores), max_size=len(scores))))
    return ScoreMap(scores=tuple(scores), probabilities=tuple(rising))


CURVES = st.builds(ScoreMap, slope=st.floats(1e-3, 100), bias=st.floats(-100, 100))


@given(SCORES)
def test_a_confidence_is_a_probability_of_four_digits(score):
    value = Calibration().confidence("entity", score)
    assert 0.0 <= value <= 1.0
    assert value == round(value, 4)
    assert (value >= 0.5) == (score >= 0 or value == 0.5)


@given(st.floats(-20, 20), st.sampled_from(KINDS))
def test_without_a_fit_a_score_is_the_log_odds_of_its_confidence(score, kind):
    expected = 1 / (1 + math.exp(-score))
    assert Calibration().confidence(kind, score) == pytest.approx(expected, abs=5e-5)


@given(st.one_of(CURVES, lines()), st.lists(SCORES, min_size=2, max_size=9))
def test_a_greater_score_never_has_a_smaller_probability(fitted, scores):
    found = [fitted.probability(score) for score in sorted(scores)]
    assert all(low <= high for low, high in pairwise(found))
    assert 0.0 <= found[0] <= found[-1] <= 1.0


@given(lines())
def test_a_line_goes_through_its_points_and_is_level_beyond_them(line):
    for score, probability in zip(line.scores, line.probabilities, strict=True):
        assert line.probability(score) == pytest.approx(probability)
    assert line.probability(-1e9) == line.probabilities[0]
    assert line.probability(1e9) == line.probabilities[-1]


def test_each_kind_has_its_own_map():
    sure = ScoreMap(bias=100.0)
    for kind in KINDS:
        fitted = Calibration(**{kind: sure})
        assert {k for k in KINDS if fitted.confidence(k, 0.0) == 1.0} == {kind}
        assert fitted.maps()[kind] is sure


def test_between_two_points_a_line_is_straight():
    line = ScoreMap(scores=(0.0, 2.0), probabilities=(0.2, 0.8))
    assert line.probability(0.5) == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"slope": 0.0}, r"slope must be in \(0, 100\], got 0.0"),
        ({"slope": math.nan}, "slope must be"),
        ({"slope": 101.0}, "slope must be"),
        ({"bias": -101.0}, r"bias must be in \[-100, 100\], got -101.0"),
        ({"bias": math.inf}, "bias must be"),
        ({"scores": (1.0,)}, "equally many, got 1 and 0"),
        ({"scores": (1.0, 1.0), "probabilities": (0.1, 0.2)}, "finite and ascending"),
        ({"scores": (math.nan,), "probabilities": (0.1,)}, "finite and ascending"),
        ({"scores": (1.0,), "probabilities": (1.1,)}, r"must be in \[0, 1\]"),
        ({"scores": (1.0,), "probabilities": (math.nan,)}, r"must be in \[0, 1\]"),
        ({"scores": (1.0, 2.0), "probabilities": (0.2, 0.1)}, "must not fall"),
    ],
)
def test_a_map_out_of_range_is_refused(values, sentence):
    with pytest.raises(ConfigError, match=sentence):
        ScoreMap(**values)
