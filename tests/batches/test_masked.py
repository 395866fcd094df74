import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.batches.masked import Example, Masker, MaskingConfig, collate
from lexloom.errors import ConfigError

SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS, HANZI = "abcdefgh", "我们在北京大学习人工智能"
PIECES = [*SPECIAL_PIECES, *LETTERS, *(f"##{letter}" for letter in LETTERS), *HANZI]
MASK, SPECIAL = 4, range(5)
tokens = st.lists(st.integers(5, len(PIECES) - 1), max_size=60)


def masker(**settings):
    return Masker(MaskingConfig(**settings), PIECES, mask_id=MASK, special_ids=SPECIAL)


def example(ids, **changes):
    ids = np.array([2, *ids, 3], dtype=np.int64)
    return Example(ids, ids < 5, **changes)


def draw(seed=0):
    return np.random.default_rng(seed)


@given(tokens, st.booleans(), st.integers(0, 99))
def test_what_stood_there_is_told_and_nothing_else_is_touched(ids, whole_words, seed):
    text = example(ids)
    hidden = masker(whole_words=whole_words).hide(text, draw(seed))
    assert (len(hidden.positions) > 0) == (len(ids) > 0)
    assert not text.is_special[hidden.positions].any()
    assert (np.diff(hidden.positions) > 0).all()
    restored = hidden.input_ids.copy()
    restored[hidden.positions] = hidden.labels
    assert (restored == text.input_ids).all()
    untouched = np.setdiff1d(np.arange(len(text.input_ids)), hidden.positions)
    assert (hidden.input_ids[untouched] == text.input_ids[untouched]).all()


@pytest.mark.parametrize("length", [10, 61, 128])
def test_the_rates_are_those_of_the_paper(length):
    rng, counts = draw(1), np.zeros(3)
    num_texts = 40_000 // length
    for _ in range(num_texts):
        # token 5 alone, so that a random one is told from a kept one, but for one in many
        hidden = masker().hide(example([5] * length), rng)
        new = hidden.input_ids[hidden.positions]
        counts += [(new == MASK).sum(), ((new != MASK) & (new != 5)).sum(), (new == 5).sum()]
        assert not np.isin(new, [0, 1, 2, 3]).any()
    total = counts.sum()
    assert total / (num_texts * length) == pytest.approx(0.15, abs=0.006)
    other = (len(PIECES) - 6) / (len(PIECES) - 5)
    expected = [0.8, 0.1 * other, 0.1 + 0.1 * (1 - other)]
    assert counts / total == pytest.approx(expected, abs=0.02)


def test_random_tokens_are_drawn_from_the_whole_vocabulary():
    hide = masker(mask_share=0.0, random_share=1.0)
    seen = set()
    for seed in range(300):
        hidden = hide.hide(example([5] * 20), draw(seed))
        seen |= set(hidden.input_ids[hidden.positions].tolist())
    assert seen == set(range(5, len(PIECES)))


def test_another_draw_hides_other_tokens():
    text = example(range(5, 25))
    first, again = (masker().hide(text, draw(3)).positions for _ in range(2))
    assert first.tolist() == again.tolist()
    assert len({tuple(masker().hide(text, draw(seed)).positions) for seed in range(20)}) > 10


def ids_of(*pieces):
    return [PIECES.index(piece) for piece in pieces]


def test_words_are_pieces_with_what_continues_them_and_chinese_words():
    text = example(ids_of("a", "##b", "##c", "d", *"我们在北京大学", "e", "##f", *"学习"))
    words = masker(whole_words=True).words(text.input_ids, np.flatnonzero(~text.is_special))
    found = ["".join(PIECES[text.input_ids[p]] for p in word) for word in words]
    assert found == ["a##b##c", "d", "我们", "在", "北京大学", "e##f", "学习"]


@settings(max_examples=50)
@given(tokens, st.integers(0, 99))
def test_words_are_hidden_whole_or_not_at_all(ids, seed):
    hide, text = masker(whole_words=True), example(ids)
    words = hide.words(text.input_ids, np.flatnonzero(~text.is_special))
    assert sorted(p for word in words for p in word) == np.flatnonzero(~text.is_special).tolist()
    positions = set(hide.hide(text, draw(seed)).positions.tolist())
    assert all(set(word) <= positions or not set(word) & positions for word in words)


def test_a_special_token_within_ends_a_word():
    ids = np.array([2, 5, 3, *ids_of("##a"), 3])
    words = masker(whole_words=True).words(ids, np.array([1, 3]))
    assert words == [[1], [3]]


def test_a_batch_is_padded_and_its_targets_point_into_it():
    texts = [
        example(range(5, 9), token_type_ids=np.array([0, 0, 0, 1, 1, 1]), pair_label=1),
        example(range(5, 15), token_type_ids=np.zeros(12, dtype=np.int64), pair_label=0),
    ]
    batch = collate(texts, masker(), [draw(0), draw(1)], pad_id=0)
    assert batch.input_ids_BT.shape == (2, 12)
    assert batch.attention_mask_BT.sum(1).tolist() == [6, 12]
    assert batch.input_ids_BT[0, 6:].tolist() == [0] * 6
    assert batch.token_type_ids_BT[0].tolist() == [0, 0, 0, 1, 1, 1, *[0] * 6]
    assert batch.pair_labels_B.tolist() == [1, 0]
    restored = batch.input_ids_BT.flatten()
    restored[batch.positions_P] = batch.labels_P
    for row, text in zip(restored.view(2, 12), texts, strict=True):
        assert row[: len(text.input_ids)].tolist() == text.input_ids.tolist()
    assert batch.num_tokens == 18
    assert batch.num_targets == {"masked": len(batch.labels_P), "pairs": 2}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 0.0}, r"share must be in \(0, 1\), got 0.0"),
        ({"share": 1.0}, r"share must be in \(0, 1\), got 1.0"),
        ({"mask_share": 0.9, "random_share": 0.2}, "sum up to 1 at most, got 0.9 and 0.2"),
        ({"mask_share": -0.1}, "at least 0"),
    ],
)
def test_rates_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        MaskingConfig(**values)


def test_an_id_without_a_piece_is_never_drawn():
    pieces = [*SPECIAL_PIECES, "a", "", "b", ""]
    config = MaskingConfig(share=0.99, mask_share=0.0, random_share=1.0)
    hidden = Masker(config, pieces, mask_id=MASK, special_ids=SPECIAL).hide(
        example([5, 7] * 200), draw()
    )
    assert set(hidden.input_ids[hidden.positions].tolist()) == {5, 7}
