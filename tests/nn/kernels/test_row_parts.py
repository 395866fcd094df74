import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.kernels.row_parts import PARTS_PER_THREAD, cut, first_places, on_threads


@given(
    work=st.lists(st.integers(0, 50), max_size=40),
    threads=st.integers(1, 4),
    most=st.integers(1, 100) | st.none(),
)
def test_parts_follow_each_other_and_have_all_rows(work, threads, most):
    ends = np.cumsum([0, *work])
    parts = cut(ends, threads, most)
    assert parts[0][0] == 0
    assert parts[-1][1] == len(work)
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    if most:
        share = max(1, most)
        assert all(ends[last] - ends[first] <= share + 50 for first, last in parts)


def test_equal_rows_are_cut_evenly():
    assert cut(np.arange(9), 2) == [(n, n + 1) for n in range(2 * PARTS_PER_THREAD)]
    assert cut(np.arange(9), 1) == [(0, 8)]
    assert cut(np.arange(9), 1, most=4) == [(0, 4), (4, 8)]
    assert cut(np.arange(1), 3) == [(0, 0)]


@pytest.mark.parametrize("threads", [1, 3])
def test_answers_come_in_order(threads):
    assert on_threads(lambda item: item * 2, range(50), threads) == [*range(0, 100, 2)]


def test_several_threads_work_at_once():
    both = threading.Barrier(2, timeout=10)
    assert sorted(on_threads(lambda _: both.wait(), range(2), 2)) == [0, 1]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_in_a_thread_fails_here(threads):
    def fail(item):
        raise MemoryError("no memory is left")

    with pytest.raises(MemoryError, match="no memory is left"):
        on_threads(fail, range(3), threads)


def test_parts_write_behind_each_other_at_each_place():
    starts, first = first_places(np.array([[2, 0, 1], [1, 3, 0]]))
    assert starts.tolist() == [0, 3, 6, 7]
    assert first.tolist() == [[0, 3, 6], [2, 3, 7]]
