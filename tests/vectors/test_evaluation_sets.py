import os
from pathlib import Path

import pytest

from lexloom.errors import InputError
from lexloom.vectors.evaluation_sets import Pair, Question, read_set


def test_sets_are_told_apart_by_what_they_hold(tmp_path):
    path = tmp_path / "set.txt"
    path.write_text("# a comment\n老虎\t猫\t7.35\nbook  paper 7.46 more\n\n", encoding="utf-8-sig")
    assert read_set(path) == [Pair("老虎", "猫", 7.35), Pair("book", "paper", 7.46)]
    path.write_text(": capital cities\na b c d\n: \ne f g h\n")
    assert read_set(path) == {
        "capital cities": [Question(*"abcd")],
        "set": [Question(*"efgh")],
    }
    path.write_text("a b c d\n")
    assert read_set(path) == {"set": [Question(*"abcd")]}


@pytest.mark.parametrize(
    "text",
    [
        "Word 1\tWord 2\tHuman (mean)\t1\ntiger\tcat\t7.35\t9\nNew York\tcity\t6.5\t7\n",
        "word1\tword2\tPOS\tSimLex999\ntiger\tcat\tN\t7.35\nNew York\tcity\tN\t6.5\n",
        "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nNew York,city,6.5\n",
        'tiger,cat,7.35\n"New York",city,6.5\n',
        "tiger cat 7.35\t\nNew York\tcity\t6.5\n",
    ],
)
def test_sets_are_read_as_they_are_published(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_text(text)
    assert read_set(path) == [Pair("tiger", "cat", 7.35), Pair("New York", "city", 6.5)]


def test_years_and_numerals_can_be_words_of_analogies(tmp_path):
    path = tmp_path / "set.txt"
    path.write_text(": numerals\none 1 two 2\n1990 1991 1992 1993\n")
    assert read_set(path)["numerals"][1] == Question("1990", "1991", "1992", "1993")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither pairs nor analogies"),
        (b": only a name\n", "neither pairs nor analogies"),
        (b"a b 1\na b\n", "line 2 is not two words and a number"),
        (b"a b x\n", "line 1 is not two words and a number"),
        (b"a b n 1\na b n 1\na b 2 x\n", "line 3 is not two words and a number"),
        (b"a b nan\n", "line 1 is not two words and a number"),
        (b": s\na b c d\na b c\n", "line 3 has 3 words"),
        (b"\xff\xfe\xff", r"is not UTF-8 \(convert it"),
    ],
)
def test_a_damaged_set_is_said(tmp_path, content, reason):
    (tmp_path / "set.txt").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_set(tmp_path / "set.txt")


def test_a_missing_set_is_said(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_set(tmp_path / "none.txt")


@pytest.mark.data
def test_the_public_sets_have_their_sizes():
    if not os.environ.get("LEXLOOM_DATA"):
        pytest.skip("LEXLOOM_DATA is not set")
    data = Path(os.environ["LEXLOOM_DATA"])
    pairs = {"EN-WS-353-ALL": 353, "EN-SIMLEX-999": 999, "EN-MEN-TR-3k": 3000}
    for name, size in pairs.items():
        assert len(read_set(data / "word_eval_en" / f"{name}.txt")) == size
    chinese = data / "word_eval_zh"
    assert [len(read_set(chinese / name)) for name in ("240.txt", "297.txt")] == [240, 297]
    semantic = read_set(chinese / "CA8" / "semantic.txt")
    assert sum(map(len, semantic.values())) == 7636
    assert set(semantic) == {"geography", "history", "people", "nature"}
    questions = read_set(data / "word_eval_en" / "questions-words.txt")
    assert (len(questions), sum(map(len, questions.values()))) == (14, 19544)
    assert len(read_set(data / "word_eval_zh" / "297.txt")) == 297
    semantic = read_set(data / "word_eval_zh" / "CA8" / "semantic.txt")
    assert sum(map(len, semantic.values())) == 7636
