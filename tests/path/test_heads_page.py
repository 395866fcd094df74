"""Every command of docs/heads.md does what it says, on tiny data."""

import re
import shlex
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from doubles import tiny_config, wordpiece
from lexloom.artifacts import sealed_directory, write_json
from lexloom.cli import app
from lexloom.models import registry
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import bert_config_values, write_tensors

PAGE = Path(__file__).parents[2] / "docs" / "heads.md"
MADE = ("runs/reviews/model", "runs/pairs/model", "runs/words/model", "runs/other/model",
        "attention.png", "attention.html")  # fmt: skip


def blocks(language):
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands():
    return [
        shlex.split(line)[1:]
        for block in blocks("bash")
        for line in block.replace("\\\n", " ").splitlines()
    ]


def write_data(folder):
    names = ("ann", "bob", "carl", "dora")
    pairs = [(a, b) for a in names for b in ("left", "met", "joined")]
    rows = {
        "reviews.tsv": ["review\tstars", *(f"{a} {b}\t{len(a) % 2}" for a, b in pairs)],
        "pairs.tsv": ["a\tb\tscore", *(f"{a}\t{b}\t{len(a + b)}" for a, b in pairs)],
        "words.conll": [f"{a}\tB-who\n{b}\tO\n" for a, b in pairs],
    }
    for name, lines in rows.items():
        (folder / name).write_text("\n".join(lines) + "\n")


def save_bert_with_words(path):
    model = BertForPreTraining(tiny_config(), with_pairs=True)
    with sealed_directory(path) as directory:
        write_json(directory / "config.json", bert_config_values(model.config))
        write_tensors(directory, {k: v.contiguous() for k, v in model.state_dict().items()})
        wordpiece().save(str(directory / "tokenizer.json"))


@pytest.mark.slow
def test_every_command_of_the_page_runs(tiny_bert, tmp_path, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "get", lambda name: tiny_bert)
    write_data(tmp_path)
    save_bert_with_words(tmp_path / "runs/bert/model")
    for command in commands():
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)
        assert result.stdout.strip(), command
    assert all((tmp_path / name).exists() for name in MADE)
    for block in blocks("python"):
        exec(compile(block, str(PAGE), "exec"), {})
