import socket

import pytest

from lexloom.corpus.grams import split_units
from lexloom.corpus.language import _samples, kind_of

PYTHON = """import os
from pathlib import Path

def main(path):
    for name in os.listdir(path):
        print(name)
    return Path(path)
"""
JAVASCRIPT = """const a = require("a");
function b(c) {
  if (c > 1) {
    return a.b(c);
  }
}
module.exports = b;
"""
ENGLISH = "It was the best of times, it was the worst of times, it was the age of wisdom."


def kind(text, name=""):
    return kind_of(text, split_units(text), name=name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第一条 为了维护护士的合法权益，规范护理行为，制定本条例。", "zh"),
        ("使用 Transformer 模型进行命名实体识别", "zh"),
        (ENGLISH, "en"),
        (
            "Es war einmal ein kleines Mädchen, das hatte jedermann lieb, der sie nur ansah.",
            "other",
        ),
        ("これは日本語の文章です。漢字も少し使います。", "other"),
        ("이것은 한국어 문장입니다.", "other"),
        ("Это русское предложение о погоде.", "other"),
        (PYTHON, "code"),
        (JAVASCRIPT, "code"),
        ("12 + 34 = 46", "other"),
        ("", "other"),
    ],
)
def test_kinds(text, expected):
    assert kind(text) == expected


def test_prose_with_colons_and_brackets_is_no_code():
    text = "Dear Sir:\n\nI saw him (yesterday); he said:\n\nNo.\n\nYours, A.\n\nP.S. Write to me.\n"
    assert kind(text * 3) == "en"


def test_the_name_of_a_program_says_what_it_is():
    assert kind("puts 1", "a/b.rb") == "code"
    assert kind(ENGLISH, "a/b.txt") == "en"


def test_most_of_a_long_text_decides_not_its_title_page():
    assert kind("Ein deutsches Titelblatt mit vielen Wörtern. " * 9 + ENGLISH * 100) == "en"
    assert len(_samples(ENGLISH * 100)) == 3


def test_the_network_is_never_touched(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "create_connection", None)
    assert kind(ENGLISH) == "en"


def test_hostile_characters_have_a_kind():
    assert kind("a\ud800\x00b" * 10) in ("en", "other")
