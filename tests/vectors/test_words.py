import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.words import WordsConfig, character_table, segment


def test_chinese_is_cut_into_words_and_the_rest_stays():
    assert segment("我们在北京大学学习 café don't.").split() == [
        "我们", "在", "北京大学", "学习", "café", "don't.",
    ]  # fmt: skip


@given(st.text())
def test_cutting_adds_spaces_only(text):
    if " " not in text:
        assert segment(text).replace(" ", "") == text


@pytest.mark.parametrize("split", ["characters", "segmented", "spaces"])
def test_a_table_is_made_once(split):
    assert character_table(WordsConfig(split=split)) is character_table(WordsConfig(split=split))
