import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.printable import JOINERS, finite, printable

ANY = st.text(st.characters(exclude_categories=[]))


@given(ANY)
def test_nothing_is_left_that_steers_and_every_character_keeps_its_place(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert all(char.isprintable() or char in JOINERS for char in shown)
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(char) for char in shown}
    assert printable(shown) == shown
    shown.encode("utf-8")


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"])))
def test_what_has_a_glyph_stays_as_it_is(text):
    known = "".join(char for char in text if char.isprintable())
    assert printable(known) == known


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "�[31mred"),
        ("a\u202eb\u2066c\u200fd", "a�b�c�d"),
        ("\x9b\x07\x7f", "���"),
        ("a\tb\r\nc\u3000d\xa0e\u2028f", "a b  c d e f"),
        ("\ud800x", "�x"),
        ("👩\u200d👧 नमस्\u200dते", "👩\u200d👧 नमस्\u200dते"),
        ("李明 😀", "李明 😀"),
    ],
)
def test_what_is_no_glyph_becomes_a_mark_and_white_space_a_space(text, shown):
    assert printable(text) == shown


def test_numbers_that_json_has_not_become_none():
    values = {"a": [1.5, math.nan, {"b": (math.inf, 2)}], "c": "nan", "d": True}
    assert finite(values) == {"a": [1.5, None, {"b": [None, 2]}], "c": "nan", "d": True}
