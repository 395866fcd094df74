"""Rows of words as numbers, and the words of a lexicon that stand in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ArtifactError
from lexloom.tokens.word_features import (
    BEGIN,
    END,
    MAX_CHARACTERS,
    MIDDLE,
    NUM_PARTS,
    UNKNOWN,
    WHOLE,
    Lexicon,
    Numbering,
    WordFeaturizer,
    bigrams,
)

WORDS = ["上海", "上", "海市", "上海市", "市长"]
rows = st.lists(st.sampled_from(["上", "海", "市", "长", "x", "上海", "😀", ""]), max_size=9)


def naive_spans(row, words):
    """Every stretch of words that reads as a word of the lexicon."""
    return {
        (first, last, words.index(text))
        for first in range(len(row))
        for last in range(first, len(row))
        if (text := "".join(row[first : last + 1])) in words
    }


@given(rows)
def test_the_lexicon_finds_what_a_search_of_every_stretch_finds(row):
    found = list(Lexicon(WORDS).spans(row))
    assert len(found) == len(set(found))
    # no word begins or ends with one that is empty
    assert set(found) == {item for item in naive_spans(row, WORDS) if row[item[0]] and row[item[1]]}


@given(rows)
def test_the_weights_of_a_place_sum_to_the_number_of_its_bags_or_to_nothing(row):
    match = Lexicon(WORDS, [5, 4, 3, 2, 1]).match(row)
    assert (np.diff(match.slots_N) >= 0).all()
    sums = np.bincount(match.slots_N // NUM_PARTS, match.weights_N, minlength=len(row))
    assert all(total == 0 or total == pytest.approx(NUM_PARTS, rel=1e-5) for total in sums)


def test_each_place_is_told_which_part_of_which_word_it_is():
    match = Lexicon(["上海", "上海市", "市"]).match(list("上海市"))
    wanted = {
        (0, BEGIN, "上海"), (0, BEGIN, "上海市"), (1, END, "上海"), (1, MIDDLE, "上海市"),
        (2, END, "上海市"), (2, WHOLE, "市"),
    }  # fmt: skip
    words = {2: "上海", 3: "上海市", 4: "市"}
    pairs = zip(match.slots_N.tolist(), match.word_ids_N.tolist(), strict=True)
    assert {(*divmod(slot, NUM_PARTS), words[word]) for slot, word in pairs} == wanted


def test_frequent_words_weigh_more():
    match = Lexicon(["上海", "上海市"], [1000, 1]).match(list("上海市"))
    often, seldom = match.weights_N[:2]
    assert often > 2 * seldom


def test_words_are_known_without_width_and_case():
    words = Numbering(["ann", "Bob", "１"])
    assert [words.id_of(word) for word in ("ann", "Ａｎｎ", "Bob", "bob", "１", "2", "")] == [
        2, 2, 3, UNKNOWN, 4, UNKNOWN, UNKNOWN,
    ]  # fmt: skip
    assert words.num_ids == 5
    assert "Bob" in words


def test_pairs_are_of_single_characters():
    assert bigrams(["上", "海", "Ann", "市", "😀"]) == ["上海", "", "", "市😀", ""]
    assert bigrams([]) == []


def test_a_row_has_the_numbers_that_are_asked_for():
    every = WordFeaturizer(Numbering(["上"]), Numbering(["上海"]), Numbering(["上", "海"]))
    features = every.encode(["上", "海", "上" * 99])
    assert len(features) == 3
    assert features.word_ids_T.tolist() == [2, UNKNOWN, UNKNOWN]
    assert features.bigram_ids_T.tolist() == [2, UNKNOWN, UNKNOWN]
    assert features.spellings == [[2], [3], [2] * MAX_CHARACTERS]
    least = WordFeaturizer(Numbering(["上"])).encode(["\ud800"])
    assert (least.bigram_ids_T, least.spellings, least.lexicon) == (None, None, None)


def test_what_cannot_be_numbered_is_refused():
    with pytest.raises(ArtifactError, match="holds the same string twice"):
        Numbering(["a", "a"])
    with pytest.raises(ArtifactError, match="needs words and as many counts"):
        Lexicon(["a"], [1, 2])
    with pytest.raises(ArtifactError, match="needs words and as many counts"):
        Lexicon([""])
