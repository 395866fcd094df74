import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.sampling import MAX_DRAW, keep_thresholds, negative_sampler

counts = st.lists(st.integers(1, 10**6), min_size=2, max_size=60).map(np.array)


@given(counts, st.sampled_from([0.0, 0.5, 0.75, 1.0]))
def test_the_table_draws_each_word_by_its_share(counts, power):
    table = negative_sampler(counts, power).table_V2.astype(np.float64)
    own = table[:, 0] / MAX_DRAW
    drawn = np.bincount(table[:, 1].astype(int), 1 - own, len(counts)) + own
    weights = counts**power
    np.testing.assert_allclose(drawn / len(counts), weights / weights.sum(), atol=1e-6)


def test_words_are_thinned_out_as_word2vec_does():
    chance = keep_thresholds(np.array([900, 90, 10]), 0.01) / MAX_DRAW
    share = np.array([0.9, 0.09, 0.01])
    wanted = np.minimum(1, np.sqrt(0.01 / share) + 0.01 / share)
    np.testing.assert_allclose(chance, wanted, atol=1e-9)
    assert chance[2] == 1


@pytest.mark.parametrize("sample", [None])
def test_without_a_limit_every_word_is_kept(sample):
    assert (keep_thresholds(np.array([100, 1]), sample) == MAX_DRAW).all()
