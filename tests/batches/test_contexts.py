import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.batches.contexts import Contexts, UnknownWords, batch_numbers, epoch_order

BEGIN = 1
corpora = st.lists(st.lists(st.integers(2, 9), max_size=6), min_size=1, max_size=6)


def laid_out(sentences):
    rows = [[BEGIN, *sentence] for sentence in sentences]
    lengths = np.array([len(row) for row in rows])
    return np.concatenate(rows).astype(np.int32), np.cumsum(lengths) - lengths


@given(corpora, st.integers(1, 5))
def test_a_context_is_what_stands_before_within_the_sentence(sentences, size):
    contexts = Contexts(*laid_out(sentences), size)
    wanted = []
    for sentence in sentences:
        padded = [BEGIN] * size + sentence
        wanted += [(padded[place : place + size], word) for place, word in enumerate(sentence)]
    assert len(contexts) == len(wanted)
    found = contexts.before(contexts.targets)
    assert found.tolist() == [context for context, _ in wanted]
    assert contexts.ids[contexts.targets].tolist() == [word for _, word in wanted]


def test_other_words_can_stand_in_the_places_of_the_corpus():
    contexts = Contexts(*laid_out([[5, 6, 7]]), 2)
    assert contexts.before(np.array([3]), contexts.ids * 10).tolist() == [[50, 60]]


def test_words_seen_once_are_unknown_by_turns():
    ids = np.array([1, 5, 5, *range(6, 1006)], np.int32)
    counts = np.bincount(ids)
    replaced = UnknownWords(0, 0.3).replaced(ids, counts, 1, 0)
    is_unknown = replaced == 0
    assert not is_unknown[1:3].any()
    assert 240 < is_unknown[3:].sum() < 360
    assert (replaced[~is_unknown] == ids[~is_unknown]).all()
    assert (replaced == UnknownWords(0, 0.3).replaced(ids, counts, 1, 0)).all()
    assert (replaced != UnknownWords(0, 0.3).replaced(ids, counts, 1, 1)).any()
    assert (UnknownWords(0, 0.0).replaced(ids, counts, 1, 0) == ids).all()
    assert (UnknownWords(0, 1.0).replaced(ids, counts, 1, 0)[3:] == 0).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_unknown_word_is_expected_as_often_as_it_is_read(share):
    ids = np.array([0, 0, 1, 5, 5, *range(6, 1006)], np.int32)
    counts = np.bincount(ids)
    unknown = UnknownWords(0, share)
    expected = unknown.expected_counts(counts)
    seen = [np.bincount(unknown.replaced(ids, counts, epoch), minlength=1) for epoch in range(40)]
    assert expected[0] == pytest.approx(np.mean([c[0] for c in seen]), rel=0.05)
    assert (expected[1:] == counts[1:]).all()


@given(st.integers(1, 50), st.integers(1, 9))
def test_an_epoch_goes_through_every_target_once(num_targets, num_batches):
    order = epoch_order(num_targets, seed=3, epoch=2)
    parts = [batch_numbers(order, index, num_batches) for index in range(num_batches)]
    assert sorted(number for part in parts for number in part) == list(range(num_targets))
    sizes = {len(part) for part in parts}
    assert max(sizes) - min(sizes) <= 1
    assert (order == epoch_order(num_targets, seed=3, epoch=2)).all()


def test_each_epoch_has_an_order_of_its_own():
    first, second = (epoch_order(100, seed=3, epoch=epoch) for epoch in (0, 1))
    assert (first != second).any()
