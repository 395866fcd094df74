import pytest

from lexloom.corpus.boilerplate import BoilerplateConfig, remove_boilerplate
from lexloom.corpus.measured import Measured
from lexloom.errors import ConfigError

STORY = "A long and quiet story about the sea and the people who live beside it.\n很长的故事。"


def removed(text, **values):
    measured, count = remove_boilerplate(Measured.of(text), BoilerplateConfig(**values))
    return measured.text, count


def test_short_lines_with_a_phrase_go():
    text = f"Skip to Content\n{STORY}\n© 2020 All rights reserved.\n【责任编辑：张三】"
    assert removed(text) == (STORY, 3)


def test_a_long_line_with_a_phrase_stays():
    text = "He wrote that one should click here, " + "and so on and on, " * 9
    assert removed(text) == (text, 0)


def test_a_text_without_phrases_is_given_back():
    measured = Measured.of(STORY)
    assert remove_boilerplate(measured, BoilerplateConfig())[0] is measured


def test_it_can_be_off():
    assert removed("Click here", max_line=None) == ("Click here", 0)


def test_the_units_are_those_of_what_is_left():
    measured, _ = remove_boilerplate(Measured.of(f"log in\n{STORY}"), BoilerplateConfig())
    assert len(measured.units) == len(Measured.of(STORY).units)


def test_a_percentage_is_refused():
    with pytest.raises(ConfigError, match="max_removed_share must be in"):
        BoilerplateConfig(max_removed_share=30)
