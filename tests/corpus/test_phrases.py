import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.grams import split_units
from lexloom.corpus.phrases import PhraseTable, read_phrases
from lexloom.errors import ConfigError


def found(phrases, text):
    units = split_units(text)
    return [text[units.starts[n] : units.ends[n]] for n in PhraseTable(phrases).find(units)]


@pytest.mark.parametrize(
    ("phrases", "text", "expected"),
    [
        (["click here"], "Please CLICK, here: click there", ["CLICK"]),
        (["cat"], "a catalogue, the Cat", ["Cat"]),
        (["版权所有"], "本站版权所有，侵权必究", ["版"]),
        (["a b", "b c", "c"], "a b c", ["a", "b", "c"]),
        (["end now"], "the end", []),
        ([], "anything", []),
        (["…", ""], "no units in the phrases", []),
        (["x"], "", []),
    ],
)
def test_where_phrases_begin(phrases, text, expected):
    assert found(phrases, text) == expected


@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), max_size=4),
    st.lists(st.sampled_from("abcd"), max_size=20),
)
def test_the_same_as_looking_for_each_one(phrases, words):
    begins = {
        n for n in range(len(words)) for phrase in phrases if words[n : n + len(phrase)] == phrase
    }
    table = PhraseTable(" ".join(phrase) for phrase in phrases)
    assert table.find(split_units(" ".join(words))).tolist() == sorted(begins)
    assert len(table) == len({tuple(phrase) for phrase in phrases})


def test_a_word_list_has_comments_and_blank_lines(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("# mine\nbad word\n\n 坏词 \n", encoding="utf-8")
    assert read_phrases(path) == ["bad word", "坏词"]


def test_a_word_list_that_says_nothing_is_refused(tmp_path):
    path = tmp_path / "words.txt"
    with pytest.raises(ConfigError, match="cannot read the word list"):
        read_phrases(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_phrases(path)
    path.write_text("# only this\n")
    with pytest.raises(ConfigError, match="holds no phrase"):
        read_phrases(path)
