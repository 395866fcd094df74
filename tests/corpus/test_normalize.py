import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus import normalize as module
from lexloom.corpus.normalize import NormalizeConfig, normalize

MOJIBAKE = st.sampled_from(["Ã©", "â€œ", "ï¼Œ", "ä¸\xad", "Ã\u200b©", "A\u0303©", "Â\x85", "ðŸ˜€"])
anything = st.lists(
    st.one_of(st.text(st.characters(), max_size=8), MOJIBAKE, st.sampled_from(" \t\r\n\x85Ａ１，é"))
).map("".join)


@given(anything)
def test_normalising_twice_is_normalising_once(text):
    once = normalize(text)
    assert normalize(once) == once


@given(anything, st.booleans())
def test_the_result_is_composed_and_can_be_written(text, fold_width):
    result = normalize(text, NormalizeConfig(fold_width=fold_width, fix_mojibake=False))
    result.encode("utf-8")
    assert unicodedata.is_normalized("NFC", result)
    assert "\r" not in result
    assert "\n\n\n" not in result
    assert not any(line.endswith((" ", "\t")) for line in result.split("\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ｅ１２ＡＢ，（中）", "e12AB，（中）"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1b\u200bc\ufeff", "abc"),
        ("a\x00b\x7f", "ab"),
        ("x\r\ny\rz\u2028w", "x\ny\nz\nw"),
        ("\u3000首行\xa0缩进  \n\n\n\n尾", " 首行 缩进\n\n尾"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("family 👨\u200d👩", "family 👨\u200d👩"),
        ("schÃ¶n\nund gut", "schön\nund gut"),
        ("ä½\xa0å¥½ï¼Œä¸–ç•Œ", "你好，世界"),
        ("", ""),
    ],
)
def test_what_becomes_of(text, expected):
    assert normalize(text) == expected


def test_width_and_repair_can_be_left_alone():
    config = NormalizeConfig(fold_width=False, fix_mojibake=False)
    assert normalize("Ａ１ schÃ¶n", config) == "Ａ１ schÃ¶n"


@pytest.mark.parametrize(
    "text", ["plain ASCII text", "纯中文，没有问题。", "café – déjà vu", "Ünïcödé"]
)
def test_the_slow_repair_is_not_called_for_sound_text(text, monkeypatch):
    import ftfy

    monkeypatch.setattr(ftfy, "fix_encoding", None)
    assert normalize(text) == text


def test_a_long_line_is_repaired_in_pieces(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 100)
    assert normalize("schÃ¶n " * 100).count("schön") > 95
