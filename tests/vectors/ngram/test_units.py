import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.ngram import NgramConfig
from lexloom.vectors.ngram.units import join_units, sentences, split_units

WORD, TOKEN, CHARACTER = (NgramConfig(unit=unit) for unit in ("word", "token", "character"))


def test_words_and_marks_by_sentence():
    text = "Ann isn't here, is she? Well-known facts.\n\n王芳在北京工作。Ann 也在。"
    assert list(sentences(text, WORD)) == [
        ["Ann", "isn't", "here", ",", "is", "she", "?"],
        ["Well-known", "facts", "."],
        ["王芳", "在", "北京", "工作", "。"],
        ["Ann", "也", "在", "。"],
    ]


def test_an_accent_belongs_to_its_letter():
    assert split_units("cafe\u0301 ole\u0301-ole", WORD) == ["cafe\u0301", "ole\u0301-ole"]


def test_tokens_are_what_white_space_parts_a_sentence_a_line():
    text = "a  b\tc. d\r\n\n \nisn't 王芳\n"
    assert list(sentences(text, TOKEN)) == [["a", "b", "c.", "d"], ["isn't", "王芳"]]


def test_characters_keep_a_sign_for_white_space():
    assert list(sentences("a b。c", CHARACTER)) == [["a", "▁", "b", "。"], ["c"]]
    assert split_units(" a \t b ", CHARACTER) == ["a", "▁", "b"]


def test_lower_case_is_read_as_asked():
    config = NgramConfig(lowercase=True)
    assert list(sentences("The End.", config)) == [["the", "end", "."]]
    assert split_units("The", config) == ["the"]


@pytest.mark.parametrize(
    "text",
    [
        "Ann isn't here, is she (not)?",
        "王芳在北京工作。",
        "他说：“好的。”",
        "Ann 在北京工作。",
        "a 1 b",
    ],
)
def test_joined_words_read_as_they_were_written(text):
    joined = join_units(split_units(text, WORD), "word")
    assert joined.replace(" ", "") == text.replace(" ", "")
    if text.isascii() or " " not in text:
        assert joined == text


def test_joined_characters_and_tokens():
    assert join_units(["a", "▁", "b"], "character") == "a b"
    assert join_units(["a", "b."], "token") == "a b."
    assert join_units([], "word") == ""


@pytest.mark.parametrize("config", [WORD, TOKEN, CHARACTER], ids=lambda c: c.unit)
@given(text=st.text())
def test_no_unit_is_empty_or_holds_white_space_and_nothing_is_lost(config, text):
    units = [unit for sentence in sentences(text, config) for unit in sentence]
    assert all(unit and not unit.isspace() for unit in units)
    without_space = "".join("".join(units).replace("▁", "").split())
    assert without_space == "".join(text.replace("▁", "").split())
    assert isinstance(join_units(units, config.unit), str)
