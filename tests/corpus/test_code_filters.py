import pytest

from lexloom.corpus.code_filters import CODE_FILTERS, CodeConfig, judge_code
from lexloom.corpus.measured import Measured
from lexloom.errors import ConfigError

CODE = "def add(a, b):\n    total = a + b\n    return total\n\n\nprint(add(1, 2))\n"


def judge(text, **values):
    return judge_code(Measured.of(text), CodeConfig(**values))


def test_a_program_is_kept():
    assert judge(CODE) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\n", "code_too_short"),
        (f"{CODE}x = '{'a' * 1000}'\n", "code_long_lines"),
        (f"{'a = b + c' * 20}\n" * 4, "code_long_lines"),
        ("{}[]();;\n}{;,\n((((a\n", "code_few_letters"),
        (f"# This file was AUTO-GENERATED. Do not edit.\n{CODE}", "code_generated"),
        ("call(a)\n" * 9, "code_repeated_lines"),
    ],
)
def test_what_is_no_program_of_a_person_is_dropped(text, reason):
    assert judge(text) == reason
    assert reason in CODE_FILTERS


def test_every_limit_can_be_off():
    off = dict.fromkeys(CodeConfig.__dataclass_fields__, None) | {"drop_generated": False}
    assert judge("// @generated", **off) == ""


def test_a_limit_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="min_alphanumeric_share must be in"):
        CodeConfig(min_alphanumeric_share=25.0)
