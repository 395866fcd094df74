from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.batches.pretraining import (
    APART,
    TOGETHER,
    LabelledPair,
    LabelledPairs,
    SentencePairs,
    SingleTexts,
    SpecialIds,
    fit_pair,
    sorted_batches,
)

SPECIAL = SpecialIds(cls=2, sep=3, pad=0, mask=4, unk=1)


class Texts:
    """Text n has its own range of ids: 100 n + 10 for its first token, and so on."""

    def __init__(self, *sizes):
        self._sizes = sizes
        self.lengths = np.array([sum(parts) for parts in sizes])

    def sentences(self, number):
        cuts = np.cumsum([0, *self._sizes[number]])
        ids = 100 * number + 10 + np.arange(cuts[-1])
        return [ids[a:b] for a, b in pairwise(cuts)]


def draw(seed=0):
    return np.random.default_rng(seed)


def test_a_single_text_is_framed_and_cut_to_what_fits():
    example = SingleTexts(Texts((2, 3)), SPECIAL, max_length=6).example(0, draw())
    assert example.input_ids.tolist() == [2, 10, 11, 12, 13, 3]
    assert example.is_special.tolist() == [True, *[False] * 4, True]
    assert example.pair_label is None
    assert example.token_type_ids is None


def parts_of(example):
    ids, types = example.input_ids, example.token_type_ids
    ends = np.flatnonzero(ids == 3)
    assert ids[0] == 2
    assert types.tolist() == [0] * (ends[0] + 1) + [1] * (len(ids) - ends[0] - 1)
    return ids[1 : ends[0]], ids[ends[0] + 1 : -1]


@pytest.mark.parametrize("kind", ["next", "order"])
def test_half_of_the_pairs_belong_together(kind):
    source = SentencePairs(Texts((2, 3, 2), (4,), (2, 2)), SPECIAL, kind=kind, max_length=32)
    seen = {TOGETHER: 0, APART: 0}
    for seed in range(400):
        number = seed % 3
        example = source.example(number, draw(seed))
        first, second = parts_of(example)
        seen[example.pair_label] += 1
        if example.pair_label == TOGETHER:
            assert first[-1] + 1 == second[0]
            assert first[0] == 100 * number + 10
        elif kind == "order":
            assert second[-1] + 1 == first[0]
        else:
            assert first[0] == 100 * number + 10
            assert second[0] // 100 != number
    assert seen[TOGETHER] == pytest.approx(200, abs=40)


def test_one_text_alone_is_its_own_neighbour_for_want_of_others():
    source = SentencePairs(Texts((4, 4)), SPECIAL, kind="next", max_length=16)
    for seed in range(20):
        source.example(0, draw(seed))  # raises nothing


def test_labelled_pairs_keep_their_label():
    pairs = [LabelledPair(np.arange(10, 13), np.arange(20, 25), 1)]
    source = LabelledPairs(pairs, SPECIAL, max_length=9)
    example = source.example(0, draw())
    assert [part.tolist() for part in parts_of(example)] == [[10, 11, 12], [20, 21, 22]]
    assert example.pair_label == 1
    assert source.lengths.tolist() == [8]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(4, 40))
def test_a_pair_fits_and_no_room_is_wasted(first_size, second_size, room):
    first, second = fit_pair(np.arange(first_size), np.arange(second_size), room)
    assert len(first) + len(second) == min(room, first_size + second_size)
    assert len(first) >= min(first_size, room // 2)
    assert len(second) >= min(second_size, room // 2)


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=200), st.integers(1, 16), st.integers(0, 3)
)
def test_an_epoch_is_full_batches_without_an_example_twice(lengths, batch_size, epoch):
    batches = sorted_batches(np.array(lengths), seed=1, epoch=epoch, batch_size=batch_size)
    seen = np.concatenate(batches).tolist()
    assert len(set(seen)) == len(seen)
    if len(lengths) >= batch_size:
        assert {len(batch) for batch in batches} == {batch_size}
        assert len(batches) == len(lengths) // batch_size
    else:
        assert len(batches) == 1
        assert len(seen) == len(lengths)


def test_batches_hold_texts_of_similar_length_in_an_order_of_chance():
    lengths = draw(5).integers(1, 100, 6_400)
    batches = sorted_batches(lengths, seed=1, epoch=0, batch_size=10)
    spread = np.mean([lengths[batch].max() - lengths[batch].min() for batch in batches])
    assert spread < 5
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.2
    again = sorted_batches(lengths, seed=1, epoch=0, batch_size=10)
    other = sorted_batches(lengths, seed=1, epoch=1, batch_size=10)
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]
    assert [b.tolist() for b in other] != [b.tolist() for b in batches]
