"""Encoding of texts, pairs and words, and their batches."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from doubles import wordpiece
from lexloom.batches.labelled import (
    IGNORED,
    LabelledExample,
    collate,
    count_cut,
    encode_texts,
    encode_words,
    first_pieces,
    tag_targets,
)
from lexloom.errors import ConfigError

TOKENIZER = wordpiece()
WORD = st.text(st.sampled_from("annlives北京x1.\x00é😀\ud800"), min_size=1, max_size=12)


def test_pairs_carry_the_part_of_each_token_and_texts_do_not():
    single, pair = encode_texts(TOKENIZER, ["ann", ("ann left", "bob")], max_tokens=20)
    assert single.token_type_ids is None
    assert pair.token_type_ids.tolist() == [0, 0, 0, 0, 1, 1]


def test_long_texts_are_cut_and_counted():
    texts = ["ann " * 30, ("ann", "bob " * 30), "ann"]
    encoded = encode_texts(TOKENIZER, texts, max_tokens=10)
    assert [len(item.input_ids) for item in encoded] == [10, 10, 3]
    assert count_cut(encoded) == 2
    # the tokenizer is left as it was
    assert TOKENIZER.truncation is None


def test_a_lone_surrogate_is_read_as_something_unknown():
    (item,) = encode_texts(TOKENIZER, ["a\ud800b"], max_tokens=9)
    assert len(item.input_ids) > 2


@given(rows=st.lists(st.lists(WORD, max_size=12), max_size=4), room=st.integers(1, 9))
def test_parts_hold_every_piece_once_and_in_order(rows, room):
    whole = encode_words(TOKENIZER, rows, max_tokens=10_000)
    parts = encode_words(TOKENIZER, rows, max_tokens=room + 2)
    assert all(len(part.input_ids) <= room + 2 for part in parts)
    for number in range(len(rows)):
        joined = [
            np.concatenate([p.input_ids[1:-1] for p in some if p.row == number] or [np.array([])])
            for some in (whole, parts)
        ]
        assert np.array_equal(*joined)
    assert all((part.input_ids[0], part.input_ids[-1]) == (2, 3) for part in parts)


def test_a_part_ends_between_words_where_it_can():
    parts = encode_words(TOKENIZER, [["ann", "xyz", "bob", "abcdefg"]], max_tokens=7)
    assert [p.word_ids.tolist() for p in parts] == [
        [-1, 0, 1, 1, 1, 2, -1],
        [-1, 3, 3, 3, 3, 3, -1],
        [-1, 3, 3, -1],
    ]


def test_tags_go_to_first_pieces_or_to_all():
    (part,) = encode_words(TOKENIZER, [["ann", "xyz"]], max_tokens=20)
    skip = IGNORED
    assert tag_targets(part, [4, 5], "first").tolist() == [skip, 4, 5, skip, skip, skip]
    assert tag_targets(part, [4, 5], "all").tolist() == [skip, 4, 5, 5, 5, skip]
    assert first_pieces(part.word_ids).tolist() == [False, True, True, False, False, False]


def test_a_batch_counts_its_targets_and_tokens():
    texts = encode_texts(TOKENIZER, ["ann", "ann left"], max_tokens=20)
    examples = [LabelledExample(t, np.array(n)) for n, t in enumerate(texts)]
    batch = collate(examples, pad_id=0)
    assert batch.num_targets == {"labels": 2}
    assert batch.num_tokens == 7
    assert batch.targets.tolist() == [0, 1]
    assert batch.inputs.token_type_ids_BT is None
    words = encode_words(TOKENIZER, [["ann", "xyz"], ["bob"]], max_tokens=20)
    examples = [LabelledExample(w, tag_targets(w, [1, 0], "first")) for w in words]
    batch = collate(examples, pad_id=0)
    assert batch.num_targets == {"labels": 3}
    assert torch.equal(batch.targets[1], torch.tensor([IGNORED, 1] + [IGNORED] * 4))


def test_no_room_for_words_is_refused():
    with pytest.raises(ConfigError, match="max_tokens must be more than 2, got 2"):
        encode_words(TOKENIZER, [["ann"]], max_tokens=2)
