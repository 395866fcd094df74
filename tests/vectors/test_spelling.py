import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.spelling import MAX_LENGTH, nearest_spellings

KNOWN = ["the", "Paris", "parish", "London", "北京", "北京大学", "colour"]


@pytest.mark.parametrize(
    ("word", "first"),
    [("paris", "Paris"), ("Lndon", "London"), ("color", "colour"), ("北京市", "北京")],
)
def test_the_nearest_comes_first(word, first):
    assert nearest_spellings(word, KNOWN)[0] == first


@pytest.mark.parametrize("word", ["", "xyzzy", "🎉", "a" * (MAX_LENGTH + 1)])
def test_what_is_like_nothing_has_none(word):
    assert nearest_spellings(word, KNOWN) == []


@given(st.text(max_size=60), st.lists(st.text(max_size=8)))
def test_only_known_words_are_named(word, known):
    assert set(nearest_spellings(word, known)) <= set(known)
