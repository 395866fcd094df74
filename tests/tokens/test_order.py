import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ConfigError
from lexloom.tokens.order import SampleOrder, permuted

seeds = st.integers(0, 2**63)


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 700), seeds, st.integers(0, 3))
def test_each_epoch_holds_every_sample_once(num_samples, seed, epoch):
    order = SampleOrder(num_samples=num_samples, seed=seed)
    positions = np.arange(epoch * num_samples, (epoch + 1) * num_samples)
    assert sorted(order.indices(positions).tolist()) == list(range(num_samples))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 200), seeds, st.integers(1, 9), st.integers(0, 300), st.integers(0, 100))
def test_any_number_of_ranks_sees_the_same_order(num_samples, seed, num_ranks, start, count):
    order = SampleOrder(num_samples=num_samples, seed=seed)
    together = np.full(count, -1)
    for rank in range(num_ranks):
        together[rank::num_ranks] = order.rank_indices(start, count, rank=rank, num_ranks=num_ranks)
    alone = [order.index(position) for position in range(start, start + count)]
    assert together.tolist() == alone


def test_seed_and_epoch_change_the_order_and_nothing_else_does():
    positions = np.arange(1000)
    first = SampleOrder(num_samples=1000, seed=1).indices(positions)
    assert first.tolist() == SampleOrder(num_samples=1000, seed=1).indices(positions).tolist()
    assert first.tolist() != SampleOrder(num_samples=1000, seed=2).indices(positions).tolist()
    assert (
        first.tolist() != SampleOrder(num_samples=1000, seed=1).indices(positions + 1000).tolist()
    )


def test_the_order_is_a_fixed_one():
    # recorded: a training that goes on with a newer version must see the same samples
    order = SampleOrder(num_samples=10, seed=7)
    assert order.indices(np.arange(20)).tolist() == RECORDED


RECORDED = [2, 3, 1, 8, 0, 6, 9, 4, 7, 5, 4, 7, 6, 9, 0, 2, 3, 8, 5, 1]


def test_without_shuffling_samples_come_as_they_are():
    order = SampleOrder(num_samples=4, seed=0, shuffle=False)
    assert order.indices(np.arange(6)).tolist() == [0, 1, 2, 3, 0, 1]


def test_positions_may_have_any_shape_and_be_far_away():
    order = SampleOrder(num_samples=(1 << 40) + 3, seed=5)
    indices = order.indices(np.array([[0, 1], [1 << 39, 3 << 40]]))
    assert indices.shape == (2, 2)
    assert ((indices >= 0) & (indices < order.num_samples)).all()
    assert order.indices(np.zeros(0, np.int64)).tolist() == []


def test_places_and_samples_are_not_correlated():
    num_samples = 20_000
    places = np.arange(num_samples)
    for key in range(5):
        indices = permuted(places, num_samples, key)
        assert abs(np.corrcoef(places, indices)[0, 1]) < 0.03
        assert abs(np.corrcoef(indices[1:], indices[:-1])[0, 1]) < 0.03
        # of 10 x 10 fields none is far from its share
        fields = np.histogram2d(places, indices, bins=10)[0] / (num_samples / 100)
        assert fields.min() > 0.7
        assert fields.max() < 1.3


def test_small_permutations_are_nearly_all_reached():
    found = {tuple(permuted(np.arange(4), 4, key).tolist()) for key in range(400)}
    assert len(found) >= 12


@pytest.mark.parametrize("num_samples", [0, -1])
def test_no_samples_are_refused(num_samples):
    with pytest.raises(ConfigError, match="one sample or more"):
        SampleOrder(num_samples=num_samples, seed=0)


def test_a_position_before_the_first_is_refused():
    with pytest.raises(ConfigError, match="must be 0 or more"):
        SampleOrder(num_samples=3, seed=0).index(-1)


@pytest.mark.parametrize(("rank", "num_ranks"), [(2, 2), (-1, 2), (0, 0)])
def test_a_rank_that_is_not_there_is_refused(rank, num_ranks):
    with pytest.raises(ConfigError, match="there is no rank"):
        SampleOrder(num_samples=3, seed=0).rank_indices(0, 1, rank=rank, num_ranks=num_ranks)
