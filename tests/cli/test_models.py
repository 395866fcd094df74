import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from lexloom.artifacts import sealed_directory
from lexloom.cli.models import app
from lexloom.errors import UsageError
from lexloom.models.registry import MODELS


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A cache in which a tiny model stands for each known one."""
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path / "家"))
    for name in MODELS:
        with sealed_directory(tmp_path / "家" / "models" / name) as path:
            (path / "config.json").write_text('{"model_type": "bert"}')
            save_file({"a": np.zeros((1000, 3), np.float32)}, path / "model.safetensors")
    return tmp_path / "家" / "models"


def stdout_of(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_get_prints_the_path_and_nothing_else(fetched):
    path = fetched / "minilm-l6"
    assert stdout_of("get", "minilm-l6") == f"{path}\n"
    assert json.loads(stdout_of("get", "minilm-l6", "--json")) == {"path": str(path)}


def test_get_refuses_an_unknown_name(fetched):
    with pytest.raises(UsageError, match="there is no model 'nope'"):
        stdout_of("get", "nope")


def test_list_tells_what_was_fetched(fetched):
    (row, *_) = json.loads(stdout_of("list", "--json"))
    assert row["name"] == "minilm-l6"
    assert row["licence"] == "Apache-2.0"
    assert row["path"] == str(fetched / "minilm-l6")
    assert "minilm-l6" in stdout_of("list")


def test_list_says_when_nothing_was_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("LEXLOOM_HOME", str(tmp_path))
    assert all(row["path"] is None for row in json.loads(stdout_of("list", "--json")))


@pytest.mark.parametrize("by_name", [True, False])
def test_info_takes_a_directory_or_the_name_of_a_fetched_model(fetched, by_name):
    target = "minilm-l6" if by_name else fetched / "minilm-l6"
    description = json.loads(stdout_of("info", target, "--json"))
    assert description["num_parameters"] == 3000
    assert description["model_type"] == "bert"
    assert "3,000" in stdout_of("info", target)


def test_info_shows_names_that_look_like_markup(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    path = Path("[red]m[/x]")
    path.mkdir(parents=True)
    (path / "config.json").write_text('{"model_type": "[/bold]"}')
    save_file({"a": np.zeros((10, 3), np.float32)}, path / "model.safetensors")
    shown = stdout_of("info", path)
    assert "[red]m[/x]" in shown
    assert "[/bold]" in shown


def test_attention_is_drawn_or_made_a_page(tiny_bert, tmp_path):
    def look(out, *arguments):
        command = ["attention", "--model", str(tiny_bert), "--out", str(tmp_path / out)]
        result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        assert result.stdout.strip() == str(tmp_path / out)
        return result

    look("a.png", "Ann left.")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    look("a.html", "Ann <b>left</b>", "--pair", "bob & carl")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "bob &amp; carl" in page
    # a character of a private area is in no font
    assert "no font of this machine shows 1 of the characters" in look("b.png", "\ue123").stderr


def test_attention_needs_a_known_ending(tiny_bert):
    with pytest.raises(UsageError, match=r"cannot tell the form of a\.pdf"):
        CliRunner().invoke(
            app, ["attention", "x", "--model", str(tiny_bert), "--out", "a.pdf"],
            catch_exceptions=False,
        )  # fmt: skip
