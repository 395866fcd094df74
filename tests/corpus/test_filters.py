import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.filters import PROSE_FILTERS, ProseConfig, judge_prose
from lexloom.corpus.measured import Measured
from lexloom.errors import ConfigError

ZH = "知识图谱由实体和关系组成，每一个事实都指向原文中的字符，可以逐条核对。"
EN = (
    "A knowledge graph is made of entities and of the relations between them, and every fact in "
    "it points at the characters that it was read from, so that a reader can check each one."
)
OFF = ProseConfig(**dict.fromkeys(ProseConfig.__dataclass_fields__, None))


def judge(text, config=None):
    return judge_prose(Measured.of(text), config or ProseConfig())


@pytest.mark.parametrize("text", [ZH, EN, f"{EN}\n\n{ZH}"])
def test_prose_in_either_language_is_kept(text):
    assert judge(text) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("Menu", "too_short"),
        ("太短", "too_short"),
        (" 12 | 34 | 56 |" * 20, "few_letters"),
        ("好天气😀" * 20, "many_symbols"),
        (" ".join(f"word{n} #tag" for n in "abcdefghijklmno"), "many_marks"),
        (" ".join(f"{c * 30}" for c in "abcdefghijklmnopqrstu"), "long_words"),
        ("\n".join(f"- the item {c} of this list" for c in "abcdefgh"), "bullet_list"),
        (
            "\n".join(
                f"this is how the long and old story {c} begins to be told…" for c in "abcdefgh"
            ),
            "cut_off",
        ),
        ("\n".join(["the same line again and again", *EN.split(",")] * 3), "repeated_lines"),
        ("buy now " * 30, "repeated_grams"),
        (f"{EN} " * 5, "repeated_grams"),
        (ZH * 4, "repeated_grams"),
    ],
)
def test_residue_is_dropped_with_its_reason(text, reason):
    assert judge(text) == reason


def test_every_filter_has_an_example_above():
    marks = test_residue_is_dropped_with_its_reason.pytestmark[0].args[1]
    assert {reason for _, reason in marks} == set(PROSE_FILTERS)


@given(st.text(st.characters(), max_size=200))
def test_with_every_limit_off_everything_is_kept(text):
    assert judge(text, OFF) == ""


@given(st.text(st.characters(), max_size=200))
def test_any_text_gets_a_reason_of_the_table_or_none(text):
    assert judge(text) in {"", *PROSE_FILTERS}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_letter_share": 60.0}, r"min_letter_share must be in \[0, 1\], got 60"),
        ({"min_units": -1}, "min_units must be 0 or more, got -1"),
    ],
)
def test_limits_out_of_range_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        ProseConfig(**values)
