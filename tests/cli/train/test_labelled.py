"""``lexloom train classifier|regressor``: from files to a directory with a card."""

import json

import pytest
from typer.testing import CliRunner

from lexloom.cli import app
from lexloom.errors import AnnotationError, ConfigError, TrainingError, UsageError
from lexloom.models.head_files import load_head

FAST = ["--set", "num_epochs=1", "--set", "precision=fp32", "--set", "batch_size=8"]
ROWS = [(a, b) for a in ("ann", "bob", "carl", "dora", "acme") for b in ("left", "met", "joined")]


@pytest.fixture
def train(tmp_path, tiny_bert, monkeypatch):
    """Runs ``lexloom train KIND`` in a folder with data."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{a} {b}\t{b} {a}\t{'yes' if a < 'c' else 'no'}\t{len(a + b)}" for a, b in ROWS]
    table = "a\tb\tlabel\tscore\n" + "\n".join(lines)
    (tmp_path / "data.tsv").write_text(table)

    def run(kind, *arguments, data="data.tsv", out="run"):
        command = ["train", kind, "--data", data, "--init", str(tiny_bert), "--out", out]
        result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


def test_a_classifier_comes_with_labels_and_a_card(train, tmp_path):
    result = train("classifier", *FAST, "--text", "a")
    path, scores = result.stdout.splitlines()
    assert path == "run/model"
    assert scores.startswith("dev: score ")
    assert "epoch 1: dev" in result.stderr
    files = load_head(tmp_path / path)
    assert (files.config.task, files.config.labels) == ("classifier", ("no", "yes"))
    card = (tmp_path / path / "README.md").read_text()
    # a tenth is held out, for no dev set was given
    assert "Trained on 13 texts. It gives: `no`, `yes`." in card
    assert "Measured on 2 dev texts" in card


def test_a_regressor_of_pairs_and_json(train, tmp_path):
    arguments = ("--text", "a", "--pair", "b", "--dev", "data.tsv", "--json")
    result = json.loads(train("regressor", *FAST, *arguments).stdout)
    assert result["path"] == "run/model"
    assert (result["num_train"], result["num_dev"], result["labels"]) == (15, 15, ["score"])
    assert set(result["dev"]) == {"score", "spearman", "pearson", "mean_absolute_error"}
    assert load_head(tmp_path / "run/model").config.task == "regressor"


def test_a_second_call_finds_the_training_done(train):
    first = train("classifier", *FAST, "--text", "a")
    again = train("classifier", *FAST, "--text", "a")
    assert again.stdout == first.stdout
    assert "epoch" not in again.stderr


def test_texts_that_are_cut_are_told(train, tmp_path):
    (tmp_path / "long.tsv").write_text(
        "text\tlabel\n" + "".join(f"{w} {'ann ' * 20}\t{w}\n" for w in ("yes", "no"))
    )
    result = train(
        "classifier", *FAST, "--set", "max_tokens=8", "--dev", "long.tsv", data="long.tsv"
    )
    assert "2 training texts are longer than 8 tokens" in result.stderr


def test_what_is_wrong_is_said_in_one_sentence(train, tmp_path):
    with pytest.raises(AnnotationError, match="line 2: there is no column 'text'"):
        train("classifier")
    with pytest.raises(AnnotationError, match="the score 'yes' is no finite number"):
        train("regressor", "--text", "a", "--label", "label")
    with pytest.raises(UsageError, match="there is no model 'nothing'"):
        train("classifier", "--text", "a", "--init", "nothing")
    with pytest.raises(ConfigError, match="unknown key 'epochs'"):
        train("classifier", "--text", "a", "--set", "epochs=3")
    (tmp_path / "one.tsv").write_text("a\tlabel\nx\tyes\n")
    with pytest.raises(TrainingError, match="needs train and dev texts, got 1 and 0"):
        train("classifier", "--text", "a", data="one.tsv")
