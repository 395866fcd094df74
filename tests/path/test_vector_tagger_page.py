"""Every command of docs/vector-tagger.md does what it says, on tiny data."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lexloom.cli import app
from vector_doubles import CHINESE, ENGLISH

PAGE = Path(__file__).parents[2] / "docs" / "vector-tagger.md"
FAST = {"train": ["--set", "num_epochs=1", "--set", "hidden_size=8"],
        "vectors": ["--min-count", "1", "--epochs", "1"]}  # fmt: skip


def blocks(language):
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands():
    return [
        shlex.split(line)[1:]
        for block in blocks("bash")
        for line in block.replace("\\\n", " ").splitlines()
    ]


def rows(items):
    blocks = ("\n".join(f"{w}\t{t}" for w, t in zip(i.words, i.tags, strict=True)) for i in items)
    return "\n\n".join(blocks) + "\n"


@pytest.mark.slow
def test_every_command_of_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("train.conll", "dev.conll", "test.conll"):
        (tmp_path / name).write_text(rows(CHINESE))
    (tmp_path / "words.conll").write_text(rows(ENGLISH))
    (tmp_path / "raw.txt").write_text("\n".join("".join(item.words) for item in CHINESE) * 20)
    (tmp_path / "novels.txt").write_text("\n".join(" ".join(item.words) for item in ENGLISH) * 20)
    for command in commands():
        result = CliRunner().invoke(app, [*command, *FAST.get(command[0], [])])
        assert result.exit_code == 0, (command, result.output)
        assert result.stdout.strip(), command
    for block in blocks("python"):
        exec(compile(block, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.startswith("李 ")
