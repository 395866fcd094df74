"""The commands and the program of docs/tokens.md are run, in order, in an empty folder."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lexloom.cli import app

PAGE = Path(__file__).parents[2] / "docs" / "tokens.md"
FENCE = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_every_command_of_the_page_runs(tmp_path, monkeypatch, texts, capsys):
    monkeypatch.chdir(tmp_path)
    for folder, text in (("texts", "".join(texts)), ("more", "龙飞凤舞 зверь зверь")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(text, encoding="utf-8")
    num_run = 0
    for language, body in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(body, str(PAGE), "exec"), {})
            num_run += 1
            continue
        for line in body.splitlines():
            result = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
            assert result.exit_code == 0, f"{line}\n{result.output}"
            num_run += 1
    assert num_run == 8
    assert "house" in capsys.readouterr().out
