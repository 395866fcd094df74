import json
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.config import check_one_of, from_mapping, load, parse_overrides, to_mapping
from lexloom.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    name: str = "adam"
    betas: tuple[float, ...] = (0.9, 0.999)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outer:
    hidden_size: int
    dropout: float = 0.1
    use_bias: bool = True
    norm: Literal["pre", "post"] = "post"
    max_steps: int | None = None
    inner: Inner = field(default_factory=Inner)
    stages: tuple[Inner, ...] = ()


floats = st.floats(allow_nan=False, allow_infinity=False)
inners = st.builds(Inner, name=st.text(), betas=st.lists(floats).map(tuple))
outers = st.builds(
    Outer,
    hidden_size=st.integers(),
    dropout=floats,
    use_bias=st.booleans(),
    norm=st.sampled_from(["pre", "post"]),
    max_steps=st.none() | st.integers(),
    inner=inners,
    stages=st.lists(inners, max_size=2).map(tuple),
)


@given(outers)
def test_a_config_survives_json(config):
    assert from_mapping(Outer, json.loads(json.dumps(to_mapping(config)))) == config


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hiden_size": 4}, r"unknown key 'hiden_size' \(did you mean 'hidden_size'\?\)"),
        ({"hidden_size": 4, "zzz": 1}, "unknown key 'zzz' .known keys: dropout, hidden_size"),
        ({}, "the key 'hidden_size' is missing"),
        ({"hidden_size": "4"}, "config.hidden_size must be int, got '4'"),
        ({"hidden_size": True}, "config.hidden_size must be int, got True"),
        ({"hidden_size": 4, "dropout": "high"}, "config.dropout must be float, got 'high'"),
        ({"hidden_size": 4, "use_bias": 1}, "config.use_bias must be bool, got 1"),
        ({"hidden_size": 4, "norm": "mid"}, "norm must be one of 'pre', 'post', got 'mid'"),
        ({"hidden_size": 4, "max_steps": "all"}, "config.max_steps must be int, got 'all'"),
        ({"hidden_size": 4, "inner": 3}, "config.inner must be a table, got 3"),
        ({"hidden_size": 4, "inner": {"nam": "x"}}, "config.inner: unknown key 'nam'"),
        ({"hidden_size": 4, "inner": {"betas": [0.9, "x"]}}, "betas must be float, got 'x'"),
        ({"hidden_size": 4, "inner": {"betas": 0.9}}, "config.inner.betas must be a list"),
        ({"hidden_size": 4, "stages": "abc"}, "config.stages must be a list"),
        ({"hidden_size": 4, "dropout": 10**400}, "config.dropout is too large a number"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_sentence(values, sentence):
    with pytest.raises(ConfigError, match=sentence):
        from_mapping(Outer, values)


def test_a_whole_number_is_taken_for_a_float():
    dropout = from_mapping(Outer, {"hidden_size": 4, "dropout": 0}).dropout
    assert isinstance(dropout, float)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "hidden_size = 8\n[inner]\nname = '亚当'\n"),
        ("a.json", '{"hidden_size": 8, "inner": {"name": "亚当"}}'),
    ],
)
def test_toml_and_json_files_say_the_same(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert load(Outer, tmp_path / name) == Outer(hidden_size=8, inner=Inner(name="亚当"))


def test_overrides_win_over_the_file(tmp_path):
    (tmp_path / "a.toml").write_text("hidden_size = 8\ndropout = 0.5\n")
    config = load(Outer, tmp_path / "a.toml", ["dropout=0.2", "norm=pre"])
    assert config == Outer(hidden_size=8, dropout=0.2, norm="pre")


@given(st.text(min_size=1).filter(lambda key: "=" not in key), st.integers() | st.booleans())
def test_an_override_is_json_where_it_can_be(key, value):
    assert parse_overrides([f"{key}={json.dumps(value)}"]) == {key: value}


@pytest.mark.parametrize("value", ["[" * 100_000, "1" * 5_000])
def test_what_json_cannot_hold_is_a_string_or_names_the_file(tmp_path, value):
    assert parse_overrides([f"name={value}"]) == {"name": value}
    (tmp_path / "a.json").write_text(value)
    with pytest.raises(ConfigError, match=r"a\.json is not valid JSON"):
        load(Outer, tmp_path / "a.json")


def test_an_override_that_is_not_json_is_a_string():
    assert parse_overrides(["name=rms=norm"]) == {"name": "rms=norm"}


@pytest.mark.parametrize("override", ["", "dropout", "=3"])
def test_an_override_without_key_and_value_is_refused(override):
    with pytest.raises(ConfigError, match="--set takes key=value"):
        parse_overrides([override])


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.toml", b"hidden_size =", "is not valid TOML"),
        ("a.json", b"{", "is not valid JSON"),
        ("a.toml", b"\xff\xfe", "is not valid TOML"),
        ("a.json", b"[1]", "must hold a table of settings, got list"),
        ("b/c.toml", None, "cannot read"),
    ],
)
def test_a_file_that_is_no_config_is_refused_in_one_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        load(Outer, tmp_path / name)


def test_a_choice_that_is_none_names_all_and_the_nearest():
    check_one_of("a", ("a", "b"), where="x")
    with pytest.raises(ConfigError, match=r"x must be one of 'size', 3, got 'sise'") as caught:
        check_one_of("sise", ("size", 3), where="x")
    assert caught.value.hint == "did you mean 'size'?"
    with pytest.raises(ConfigError) as caught:
        check_one_of(None, ("size", 3), where="x")
    assert caught.value.hint == ""
