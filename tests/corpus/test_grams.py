import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus import grams
from lexloom.corpus.grams import HAN, LATIN, SPACE, gram_hashes, split_units

anything = st.text(st.characters(), max_size=60)


def units_of(text):
    units = split_units(text)
    return [text[start:end] for start, end in zip(units.starts, units.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Tom's 2 cats", ["Tom", "s", "2", "cats"]),
        ("知识图谱 v2.0，真的", ["知", "识", "图", "谱", "v2", "0", "真", "的"]),
        ("한국어 текст ひらがな", ["한국어", "текст", "ひ", "ら", "が", "な"]),
        ("𠀀𠀁 𝔸b", ["𠀀", "𠀁", "𝔸b"]),
        (" \n…!", []),
    ],
)
def test_words_and_single_characters(text, expected):
    assert units_of(text) == expected


@given(anything)
def test_every_character_has_one_class(text):
    units = split_units(text)
    assert units.class_counts.sum() == len(text)
    assert units.num_visible <= len(text)
    assert (units.starts < units.ends).all()
    assert (units.ends[:-1] <= units.starts[1:]).all()


@given(anything, anything)
def test_a_unit_has_the_same_hash_wherever_it_stands(before, text):
    alone, behind = split_units(text).hashes, split_units(f"{before} {text}").hashes
    assert len(behind) >= len(alone)
    assert (behind[len(behind) - len(alone) :] == alone).all()


def test_case_does_not_count_and_order_does():
    first, second = split_units("Alpha beta").hashes
    assert (split_units("ALPHA Beta").hashes == [first, second]).all()
    assert split_units("ab").hashes[0] != split_units("ba").hashes[0]


@given(st.text("ab 中\n😀𠀀", max_size=40), st.integers(2, 9))
def test_chunks_do_not_show(text, size):
    whole = split_units(text)
    usual = grams.CHUNK
    try:
        grams.CHUNK = max(size, max((len(word) for word in text.split()), default=1) + 1)
        parts = split_units(text)
    finally:
        grams.CHUNK = usual
    assert (parts.starts == whole.starts).all()
    assert (parts.ends == whole.ends).all()
    assert (parts.hashes == whole.hashes).all()
    assert (parts.class_counts == whole.class_counts).all()


def test_a_word_longer_than_a_chunk_is_cut_and_ends():
    assert len(split_units("x" * (3 * grams.CHUNK))) == 3


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 13))
def test_equal_runs_and_only_those_have_equal_hashes(numbers, size):
    hashes = np.array(numbers, np.uint64) * np.uint64(0x1234567890ABCDEF) + np.uint64(7)
    found = gram_hashes(hashes, size)
    runs = [tuple(numbers[n : n + size]) for n in range(len(numbers) - size + 1)]
    assert len(found) == max(0, len(runs))
    assert len(set(found.tolist())) == len(set(runs))


def test_shares_are_of_letters():
    units = split_units("中文 ab 1!")
    assert units.share(HAN) == units.share(LATIN) == 0.5
    assert units.class_counts[SPACE] == 2
    assert split_units("12 !").share(HAN) == 0.0
