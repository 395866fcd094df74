from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.words import guess_joiner, word_spans

texts = st.text(st.sampled_from("ab李明 \n.\u3000é\u0301🎉カ"))


def words(text, borders=()):
    return [text[start:end] for start, end in word_spans(text, borders)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann met Bob.", ["Ann", "met", "Bob."]),
        ("李明在Google工作", ["李", "明", "在", "Google", "工", "作"]),
        ("カナ\tx\u3000y", ["カ", "ナ", "x", "y"]),
        (" \n", []),
    ],
)
def test_words_are_parted_by_space_and_chinese_characters_stand_alone(text, expected):
    assert words(text) == expected


def test_a_word_is_cut_at_the_borders_of_a_mention():
    assert words("(Paris)-based", {1, 6}) == ["(", "Paris", ")-based"]


@given(texts, st.sets(st.integers(0, 20)))
def test_words_hold_every_character_that_is_not_space_and_no_other(text, borders):
    spans = word_spans(text, borders)
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())
    assert not any(start < border < end for start, end in spans for border in borders)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize(
    ("tokens", "joiner"),
    [
        (["Ann", "met", "Bob", "."], " "),
        (["李", "明", "在", "P", "M", "I"], " "),
        (["李", "明", "在", "职", "P", "M", "I"], ""),
        (["カタ", "カナ"], ""),
        (["1", "9", "6", "年"], ""),
        (["한국", "사람"], " "),
        (["1", "!"], " "),
        ([], " "),
    ],
)
def test_most_words_decide_what_stands_between_tokens(tokens, joiner):
    assert guess_joiner([tokens]) == joiner
