import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import TrainingError
from lexloom.train.task import Share


@given(st.integers(1, 40), st.integers(1, 4), st.integers(1, 4))
def test_the_shares_are_the_batch_and_as_even_as_can_be(num_items, world_size, num_micro_batches):
    items = list(range(num_items))
    if world_size > 1 and num_items < world_size * num_micro_batches:
        return
    parts = [
        part
        for rank in range(world_size)
        for part in Share(rank, world_size, num_micro_batches).parts(items)
    ]
    assert [item for part in parts for item in part] == items
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


def test_processes_without_work_are_refused():
    with pytest.raises(TrainingError, match="a batch of 3 cannot be shared by 4 parts") as caught:
        Share(0, 2, 2).parts([1, 2, 3])
    assert caught.value.hint == "raise batch_size, or start fewer processes"
