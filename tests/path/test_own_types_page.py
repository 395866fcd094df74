"""Follows the tutorial on own types: every command of both pages, as it stands there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lexloom.annotations.document import read_jsonl
from lexloom.annotations.schema import Schema
from lexloom.cli import app
from lexloom.extract import few
from lexloom.models.registry import shipped_models

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs" / "own-types.md", "zh": ROOT / "docs" / "own-types.zh.md"}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language, kind):
    text = PAGES[language].read_text(encoding="utf-8")
    return [body for name, body in FENCE.findall(text) if name == kind]


def commands(language):
    return [line for body in blocks(language, "bash") for line in body.splitlines()]


def files(language):
    return ROOT / "examples" / "own-types" / language


@pytest.mark.parametrize("language", PAGES)
def test_the_page_shows_the_files_that_it_speaks_of(language):
    (schema,) = blocks(language, "toml")
    assert schema == (files(language) / "lifts.toml").read_text(encoding="utf-8")
    (shown,) = blocks(language, "text")
    marked = (files(language) / "marked.txt").read_text(encoding="utf-8").splitlines()
    assert set(shown.splitlines()) <= set(marked)
    # as few as the page says
    assert sum(not line.startswith("#") for line in marked) == 50


def test_both_pages_give_the_same_commands():
    english = [line.replace("own-types/en", "own-types/zh") for line in commands("en")]
    assert english == commands("zh")


@pytest.mark.slow
@pytest.mark.parametrize("language", PAGES)
def test_every_command_of_the_page_does_what_it_says(language, tmp_path, monkeypatch):
    # the whole way, but for a training of two steps
    monkeypatch.setattr(few, "MIN_STEPS", 2)
    monkeypatch.setattr(few, "MAX_STEPS", 2)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    enter, *lines = commands(language)
    monkeypatch.chdir(tmp_path / enter.removeprefix("cd "))
    printed = {}
    for line in lines:
        result = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        printed[line] = result
    asked, *_ = lines
    assert "zero-shot" in printed[asked].stderr
    own = {"part", "fault", "repair"}
    assert {e.type for d in read_jsonl(Path("lifts.jsonl")) for e in d.entities} == own
    default = Schema.load(shipped_models()["default"] / "schema.toml")
    known = {item.name for item in default.entities}
    for run in ("lifts", "lifts-2"):
        schema = Schema.load(Path("runs", run, "model", "schema.toml"))
        assert {item.name for item in schema.entities} == own | known
    chosen = [document.text for document in read_jsonl(Path("next.jsonl"))]
    assert len(set(chosen)) == 10
    assert set(chosen) <= set(Path("notes.txt").read_text(encoding="utf-8").splitlines())
    assert chosen[0] in Path("notes.html").read_text(encoding="utf-8")
