"""Rows of words to batches: no word is lost, and padding holds nothing."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from lexloom.batches.words import (
    TaggedPart,
    collate_tagged,
    collate_words,
    encode_rows,
    parts_of,
)
from lexloom.tokens.word_features import NUM_PARTS, PADDING, Numbering, WordFeaturizer
from vector_doubles import TEXTS, featurizer

words = st.lists(st.sampled_from(["a", "b", "。", "."]), max_size=40)


@given(words, st.integers(1, 9))
def test_parts_are_the_row_again_and_none_is_too_long(row, max_words):
    parts = list(parts_of(row, max_words))
    assert [word for start, stop in parts for word in row[start:stop]] == row
    assert all(0 < stop - start <= max_words for start, stop in parts)


def test_rows_are_cut_behind_a_sentence_where_one_ends_late_enough():
    assert list(parts_of(list("abc。ef"), 5)) == [(0, 4), (4, 6)]
    assert list(parts_of(list("a。cdefg"), 5)) == [(0, 5), (5, 7)]
    assert list(parts_of(list("a。c"), 5)) == [(0, 3)]


def test_rows_without_words_give_no_part():
    parts = encode_rows(featurizer(), [[], ["a"], []], max_words=4)
    assert [(part.row, part.start) for part in parts] == [(1, 0)]


def test_bags_of_a_batch_are_those_of_its_rows():
    rows = [row for row in TEXTS if row]
    features = [featurizer().encode(row) for row in rows]
    batch = collate_words(features)
    bags = batch.lexicon
    size = batch.word_ids_BT.shape[1] * NUM_PARTS
    assert len(bags.offsets_X) == len(rows) * size
    ends = [*bags.offsets_X.tolist()[1:], len(bags.word_ids_N)]
    for number, row in enumerate(features):
        for slot in range(size):
            place = number * size + slot
            inside = slice(int(bags.offsets_X[place]), ends[place])
            chosen = row.lexicon.slots_N == slot
            assert bags.word_ids_N[inside].tolist() == row.lexicon.word_ids_N[chosen].tolist()
            assert bags.weights_N[inside].tolist() == row.lexicon.weights_N[chosen].tolist()


def test_padding_holds_nothing_and_words_come_first():
    rows = [list("上海"), ["Ann"]]
    batch = collate_words([featurizer().encode(row) for row in rows])
    assert batch.mask_BT.tolist() == [[True, True], [True, False]]
    assert batch.word_ids_BT[1, 1] == PADDING
    assert batch.bigram_ids_BT[1, 1] == PADDING
    assert batch.character_ids_BTW.tolist() == [[[4, 0, 0], [1, 0, 0]], [[2, 3, 3], [0, 0, 0]]]


def test_what_is_not_read_is_not_there():
    batch = collate_words([WordFeaturizer(Numbering(["a"])).encode(["a"])])
    assert (batch.bigram_ids_BT, batch.character_ids_BTW, batch.lexicon) == (None, None, None)


def test_a_batch_counts_its_words():
    parts = encode_rows(featurizer(), [list("上海"), ["Ann"]], max_words=4)
    batch = collate_tagged([TaggedPart(p, np.arange(len(p.features))) for p in parts])
    assert torch.equal(batch.states_BT, torch.tensor([[0, 1], [0, 0]]))
    assert (batch.num_tokens, batch.num_targets) == (3, {"states": 3})
