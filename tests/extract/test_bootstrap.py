import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lexloom.extract import bootstrap
from lexloom.extract.bootstrap import f1_of, percentile_interval, resampled_counts

counts_DC3 = hnp.arrays(
    np.int64,
    st.tuples(st.integers(1, 9), st.integers(1, 4), st.just(3)),
    elements=st.integers(0, 50),
)


@settings(deadline=None, max_examples=30)
@given(counts_DC3, st.integers(0, 3))
def test_equal_documents_resample_to_themselves(counts, seed):
    same = np.repeat(counts[:1], len(counts), axis=0)
    sums = resampled_counts(same, num_resamples=7, seed=seed)
    np.testing.assert_array_equal(sums, np.broadcast_to(same.sum(0), (7, *counts.shape[1:])))


@settings(deadline=None, max_examples=30)
@given(counts_DC3, st.integers(0, 3))
def test_a_resample_draws_as_many_documents_as_there_are(counts, seed):
    ones = np.concatenate([counts[..., :2], np.ones_like(counts[..., 2:])], axis=-1)
    sums = resampled_counts(ones, num_resamples=5, seed=seed)
    assert (sums[..., 2] == len(counts)).all()


def test_a_type_is_resampled_as_it_is_among_all_types():
    counts = np.random.default_rng(0).integers(0, 9, (20, 3, 3))
    together = resampled_counts(counts, num_resamples=50, seed=1)
    alone = resampled_counts(counts[:, 1:2], num_resamples=50, seed=1)
    np.testing.assert_array_equal(together[:, 1:2], alone)


def test_many_documents_are_drawn_in_bounded_chunks(monkeypatch):
    counts = np.random.default_rng(0).integers(0, 9, (64, 2, 3))
    monkeypatch.setattr(bootstrap, "WEIGHTS_PER_CHUNK", 200)
    sums = resampled_counts(counts, num_resamples=10, seed=3)
    assert sums.shape == (10, 2, 3)
    assert len(np.unique(sums[:, 0, 0])) > 1


def test_the_interval_is_as_wide_as_the_normal_approximation_says():
    # recall 0.8 over 400 documents of one gold fact each, nothing spurious: p +- 1.96 sigma
    correct = np.arange(400) % 5 != 0
    counts = np.stack([correct, np.ones(400), np.ones(400)], axis=-1)[:, None].astype(np.int64)
    sums = resampled_counts(counts, num_resamples=4_000, seed=0)
    interval = percentile_interval(f1_of(sums[:, 0]))
    half = 1.96 * (0.8 * 0.2 / 400) ** 0.5
    assert interval.low == pytest.approx(0.8 - half, abs=0.005)
    assert interval.high == pytest.approx(0.8 + half, abs=0.005)


def test_a_resample_without_facts_has_no_f1_and_is_left_out():
    f1 = f1_of(np.array([[0.0, 0, 0], [1, 2, 2]]))
    assert np.isnan(f1[0])
    assert percentile_interval(f1) == bootstrap.Interval(0.5, 0.5)
    assert percentile_interval(f1[:1]) == bootstrap.Interval(0.0, 0.0)
