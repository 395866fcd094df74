import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.batches.negatives import (
    PROPOSALS,
    WEIGHTS,
    NegativeSampler,
    inclusion_probabilities,
)
from lexloom.errors import ConfigError

weights = st.lists(st.floats(1e-3, 1e4), min_size=2, max_size=30)


@given(weights, st.data())
def test_chances_add_up_and_follow_the_weights(values, data):
    weights_V = np.array(values)
    num_drawn = data.draw(st.integers(1, len(values)))
    chances_V = inclusion_probabilities(weights_V, num_drawn)
    assert chances_V.sum() == pytest.approx(num_drawn)
    assert (chances_V > 0).all()
    assert (chances_V <= 1).all()
    order = np.argsort(weights_V)
    assert (np.diff(chances_V[order]) >= -1e-12).all()
    open_V = chances_V < 1 - 1e-9
    if open_V.any():  # those that are not certain share as their weights say
        factors = chances_V[open_V] / weights_V[open_V]
        assert factors == pytest.approx(factors[0])
        # and a certain one would have had 1 or more in that share
        assert (weights_V[~open_V] * factors[0] >= 1 - 1e-9).all()


@pytest.mark.parametrize("proposal", PROPOSALS)
def test_words_come_as_often_as_their_chances_say(proposal):
    counts_V = np.array([50, 0, 30, 9, 4, 2, 1, 0, 1, 1])
    sampler = NegativeSampler(counts_V, 4, proposal, never=np.array([1]))
    generator = np.random.default_rng(3)
    times_V = np.zeros(10)
    for _ in range(4_000):
        drawn = sampler.draw(generator)
        assert len(drawn) == 4
        assert (np.diff(drawn) > 0).all()
        times_V[drawn] += 1
    shares_V = times_V / 4_000
    assert shares_V[1] == sampler.inclusion_V[1] == 0
    assert (sampler.inclusion_V[[7]] > 0).all()  # a word that was never seen
    np.testing.assert_allclose(shares_V, sampler.inclusion_V, atol=0.035)


def test_frequent_words_are_in_every_draw():
    sampler = NegativeSampler(np.array([1000, 1, 1, 1, 1, 1, 900]), 4)
    generator = np.random.default_rng(0)
    assert all({0, 6} <= set(sampler.draw(generator)) for _ in range(50))


def test_a_draw_of_all_words_is_all_words():
    sampler = NegativeSampler(np.array([5, 4, 3]), 3)
    assert sampler.draw(np.random.default_rng(0)).tolist() == [0, 1, 2]
    assert sampler.inclusion_V.tolist() == [1, 1, 1]


def test_zipf_knows_ranks_only():
    counts = np.array([3, 100, 7])
    assert np.argsort(-WEIGHTS["log-uniform"](counts)).tolist() == [1, 2, 0]
    assert (WEIGHTS["log-uniform"](counts) == WEIGHTS["log-uniform"](counts**3)).all()


@pytest.mark.parametrize("num_drawn", [0, 3])
def test_more_words_than_there_are_cannot_be_drawn(num_drawn):
    with pytest.raises(ConfigError, match=r"num_negatives must be in \[1, 2\], got"):
        NegativeSampler(np.array([5, 4, 3]), num_drawn, never=np.array([0]))
