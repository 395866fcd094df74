import importlib
from dataclasses import dataclass, field

import pytest

from lexloom.cli.train.settings import nested_settings
from lexloom.config import to_mapping
from lexloom.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    steps: int = 1


@dataclass(frozen=True)
class Middle:
    inner: Inner = field(default_factory=Inner)
    length: int = 8


@dataclass(frozen=True)
class Outer:
    middle: Middle = field(default_factory=Middle)
    name: str = "x"


def test_a_key_finds_its_table_from_outside():
    expected = Outer(Middle(Inner(rate=0.5), length=9), name="y")
    assert nested_settings(Outer, None, ["rate=0.5", "length=9", "name=y"]) == expected
    assert nested_settings(Outer, None, ['middle={"inner": {"rate": 0.5}, "length": 9}',
                                         "name=y"]) == expected  # fmt: skip


def test_what_is_left_out_is_as_usual():
    usual = Outer(Middle(Inner(rate=0.9, steps=7), length=3), name="z")
    expected = Outer(Middle(Inner(rate=0.9, steps=2), length=3), name="z")
    assert nested_settings(Outer, None, ["steps=2"], to_mapping(usual)) == expected
    assert nested_settings(Outer, None, [], to_mapping(usual)) == usual
    assert (
        nested_settings(Outer, None, ['middle={"length": 4}'], to_mapping(usual)).middle.inner.steps
        == 7
    )


def test_what_is_said_on_the_command_line_wins_over_the_file(tmp_path):
    (tmp_path / "s.toml").write_text("steps = 5\n[middle.inner]\nrate = 0.3\n")
    found = nested_settings(Outer, tmp_path / "s.toml", ["rate=0.4"])
    assert found == Outer(Middle(Inner(rate=0.4, steps=5)))


def test_a_key_of_no_table_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown key 'rates' \(did you mean 'rate'"):
        nested_settings(Outer, None, ["rates=1"])


def test_a_table_must_be_a_table():
    with pytest.raises(ConfigError, match=r"settings\.middle must be a table, got 3"):
        nested_settings(Outer, None, ["middle=3"])


@pytest.mark.parametrize(
    ("module", "name"), [("bert", "BertRunConfig"), ("nnlm_run", "NnlmRunConfig")]
)
def test_one_setting_leaves_the_others_of_its_table_as_they_are(module, name):
    config = getattr(importlib.import_module(f"lexloom.train.{module}"), name)
    usual, changed = to_mapping(config()), to_mapping(nested_settings(config, None, ["seed=7"]))
    assert usual != changed

    def without_seed(values):
        return {
            key: without_seed(value) if isinstance(value, dict) else value
            for key, value in values.items()
            if key != "seed"
        }

    assert without_seed(changed) == without_seed(usual)
