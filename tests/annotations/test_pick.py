import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.pick import pick_at_random, pick_doubtful

TEXTS = [f"text {number}" for number in range(40)]


def vectors(*rows):
    return np.array(rows, dtype=np.float32)


def doubts(*values):
    return np.array(values, dtype=np.float32)


def test_a_random_choice_is_the_same_for_a_seed_and_another_for_another():
    assert pick_at_random(TEXTS, 10, seed=3) == pick_at_random(TEXTS, 10, seed=3)
    assert pick_at_random(TEXTS, 10, seed=3) != pick_at_random(TEXTS, 10, seed=4)
    assert sorted(pick_at_random(TEXTS, 99)) == list(range(40))


def test_a_random_choice_goes_by_the_text_and_not_by_its_place():
    backwards = TEXTS[::-1]
    chosen = {TEXTS[place] for place in pick_at_random(TEXTS, 7)}
    assert {backwards[place] for place in pick_at_random(backwards, 7)} == chosen


def test_the_most_doubtful_text_comes_first():
    rows = np.eye(4, dtype=np.float32)
    assert pick_doubtful(doubts(0.1, 0.4, 0.2, 0.3), rows, 4) == [1, 3, 2, 0]


def test_of_two_texts_that_are_alike_one_is_taken():
    rows = vectors([1, 0, 0], [1, 0.01, 0], [0, 1, 0], [0, 0, 1])
    # the second is nearly the first; what is less in doubt comes before it
    assert pick_doubtful(doubts(0.9, 0.89, 0.4, 0.3), rows, 3) == [0, 2, 3]


def test_without_any_doubt_the_texts_still_differ():
    rows = vectors([1, 0], [1, 0], [0, 1], [0, 1])
    first, second = pick_doubtful(doubts(0, 0, 0, 0), rows, 2)
    assert {first // 2, second // 2} == {0, 1}


def test_texts_that_are_all_equal_can_be_chosen_from():
    assert pick_doubtful(doubts(0.5, 0.5), vectors([1, 1], [1, 1]), 5) == [0, 1]


@pytest.mark.parametrize("count", [1, 3, 50])
@given(data=st.data())
def test_no_text_is_chosen_twice_and_as_many_as_there_are(count, data):
    size = data.draw(st.integers(1, 12))
    numbers = st.floats(0, 1, width=32)
    values = data.draw(st.lists(numbers, min_size=size, max_size=size))
    rows = data.draw(st.lists(st.tuples(numbers, numbers), min_size=size, max_size=size))
    chosen = pick_doubtful(doubts(*values), vectors(*rows), count)
    assert len(set(chosen)) == len(chosen) == min(count, size)
    assert values[chosen[0]] == max(values)
