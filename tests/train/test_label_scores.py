"""Measures against scikit-learn, scipy and seqeval."""

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lexloom.train.label_scores import (
    ClassScores,
    NumberScores,
    TagScores,
    accuracy,
    class_f1,
    confusion,
    estimate,
    macro_f1,
    matthews,
    pearson,
    ranks,
    spearman,
)

metrics = pytest.importorskip("sklearn.metrics", reason="comes with seqeval")
stats = pytest.importorskip("scipy.stats", reason="comes with seqeval")
seqeval = pytest.importorskip("seqeval.metrics")

CLASSES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)
# few different numbers, so that there are ties
NUMBERS = st.lists(
    st.tuples(st.integers(-4, 4), st.integers(-4, 4) | st.floats(-1e3, 1e3)), min_size=1
)
TAGS = st.lists(
    st.tuples(*[st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"])] * 2), min_size=1, max_size=9
)


@given(pairs=CLASSES)
def test_class_measures_equal_scikit_learns(pairs):
    gold, found = map(list, zip(*pairs, strict=True))
    counts = confusion(gold, found, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of measures that are not defined
        assert accuracy(counts) == pytest.approx(metrics.accuracy_score(gold, found))
        theirs = metrics.f1_score(gold, found, labels=range(4), average=None, zero_division=0)
        assert class_f1(counts) == pytest.approx(theirs)
        assert macro_f1(counts) == pytest.approx(metrics.f1_score(gold, found, average="macro"))
        assert matthews(counts) == pytest.approx(metrics.matthews_corrcoef(gold, found))


@example(pairs=[(0, 2.225073858507203e-309), (1, 0)])
@given(pairs=NUMBERS)
def test_correlations_equal_scipys(pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    assert ranks(y) == pytest.approx(stats.rankdata(y))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert pearson(x, y) == spearman(x, y) == 0.0
        return
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nearly constant input
        assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-6)


@settings(deadline=None)
@given(sentences=st.lists(TAGS, min_size=1, max_size=5))
def test_span_f1_equals_seqevals(sentences):
    gold = [[g for g, _ in sentence] for sentence in sentences]
    found = [[f for _, f in sentence] for sentence in sentences]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = TagScores(gold, found).measure()
        assert ours["f1"] == pytest.approx(seqeval.f1_score(gold, found))
        assert ours["accuracy"] == pytest.approx(seqeval.accuracy_score(gold, found))


def test_tags_that_are_no_spans_have_an_accuracy_only():
    assert TagScores([["NN", "VB"]], [["NN", "NN"]]).measure() == {"accuracy": 0.5}


def test_two_classes_have_an_f1_of_the_last():
    scores = ClassScores(np.array([1, 1, 0]), np.array([1, 0, 0]), 2).measure()
    assert scores["f1"] == pytest.approx(2 / 3)
    assert "f1" not in ClassScores(np.array([1, 2, 0]), np.array([1, 0, 0]), 3).measure()


def test_an_interval_holds_its_value_and_shrinks_with_more_items():
    draw = np.random.default_rng(0)

    def width(size):
        gold = draw.normal(size=size)
        found = estimate(NumberScores(gold, gold + draw.normal(size=size)), num_resamples=200)
        item = found["spearman"]
        assert item.low < item.value < item.high
        return item.high - item.low

    assert width(2_000) < width(100) / 2
    perfect = estimate(ClassScores(np.arange(3), np.arange(3), 3), num_resamples=20)
    assert (perfect["accuracy"].low, perfect["accuracy"].high) == (1.0, 1.0)
