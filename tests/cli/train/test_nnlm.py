import json

import pytest
from typer.testing import CliRunner

from lexloom.cli import app
from lexloom.errors import ArtifactError, ConfigError, InputError, TrainingError, UsageError
from neural_doubles import TEXT

SMALL = (
    "context_size=3", "embedding_size=6", "hidden_size=8", "batch_size=16", "num_epochs=2",
    "precision=fp32", "num_negatives=8",
)  # fmt: skip


def run(*arguments, code=0, input=None):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, input=input)
    assert result.exit_code == code, result.output
    return result


def train(*arguments, **changes):
    settings = [word for setting in SMALL for word in ("--set", setting)]
    return run("train", "nnlm", *settings, *arguments, **changes)


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path, text):
    train(text, "--out", tmp_path / "run")
    return tmp_path / "run/model"


def test_a_folder_that_is_read_takes_no_run(tmp_path, text):
    with pytest.raises(UsageError, match="whose files are all read"):
        train(tmp_path, "--out", tmp_path / "run")
    with pytest.raises(UsageError, match="whose files are all read"):
        train(text, "--dev", tmp_path, "--out", tmp_path / "run")
    assert [*tmp_path.iterdir()] == [text]


def test_what_is_known_is_counted_without_the_special_words(tmp_path):
    (tmp_path / "two.txt").write_text(9 * "word other word\n")
    result = train(tmp_path / "two.txt", "--unit", "token", "--out", tmp_path / "run")
    assert result.stderr.startswith("2 different words")


def test_a_model_is_trained_and_asked_like_a_counted_one(tmp_path, text, model):
    result = train(text, "--out", tmp_path / "run", "--json")  # done already
    (values,) = lines(result)
    assert values["path"] == str(model)
    assert values["dev"]["perplexity"] > 1
    assert "too little text to hold some out" in result.stderr
    (score,) = lines(run("ngram", "score", text, "--model", model, "--json"))
    assert score["perplexity"] == pytest.approx(values["dev"]["perplexity"], rel=1e-4)
    assert "weight" not in score
    scored = lines(run("ngram", "score", text, "--model", model, "--sentences", "--json"))
    assert sum(s["log10_prob"] for s in scored) == pytest.approx(score["log10_prob"])
    ask = ("ngram", "generate", "--model", model, "--prompt", "The old", "--seed", 3)
    assert run(*ask).stdout == run(*ask).stdout
    assert run(*ask).stdout.startswith("The old")
    (answers,) = lines(run("ngram", "next", "王芳在", "--model", model, "--top", 3, "--json"))
    assert len(answers) == 3
    with pytest.raises(UsageError, match="a blank is filled by an n-gram model only"):
        run("ngram", "fill", "The ___ house", "--model", model)


def test_a_mixture_is_scored_and_its_weight_chosen(tmp_path, text, model):
    run("ngram", "train", text, "--order", 3, "--out", tmp_path / "counted")
    mix = ("--model", model, "--mix", tmp_path / "counted")
    score = ("ngram", "score", text, "--json")
    (half,) = lines(run(*score, *mix))
    (given,) = lines(run(*score, *mix, "--weight", 1))
    (alone,) = lines(run(*score, "--model", model))
    (tuned,) = lines(run(*score, *mix, "--tune", text))
    assert (half["weight"], given["weight"]) == (0.5, 1)
    assert given["perplexity"] == pytest.approx(alone["perplexity"])
    assert tuned["perplexity"] <= min(half["perplexity"], given["perplexity"])
    assert run("ngram", "generate", *mix, "--weight", 0.3, "--prompt", "The").stdout
    assert run("ngram", "next", "The", *mix, "--json").stdout
    with pytest.raises(UsageError, match="--tune chooses the weight of a mixture"):
        run(*score, "--model", model, "--tune", text)
    with pytest.raises(UsageError, match="leave --weight out"):
        run(*score, *mix, "--tune", text, "--weight", 0.1)
    with pytest.raises(UsageError, match="--weight is for a mixture"):
        run(*score, "--model", model, "--weight", 0.1)


def test_characters_are_learnt_and_written(tmp_path, text):
    train(text, "--unit", "character", "--out", tmp_path / "c")
    ask = ("ngram", "generate", "--model", tmp_path / "c", "--prompt", "The d")
    shown = run(*ask, "--max-words", 20).stdout.rstrip("\n")
    assert shown.startswith("The d")
    assert len(shown) <= 25


def test_the_words_have_vectors_that_others_start_from(tmp_path, text, model):
    (near,) = lines(run("vectors", "nearest", model, "dog", "--top", 2, "--json"))
    assert len(near[0]["nearest"]) == 2
    run("vectors", "convert", model, tmp_path / "v.txt", "--to", "word2vec")
    result = train(text, "--vectors", tmp_path / "v.txt", "--out", tmp_path / "again")
    assert "of them with a given vector" in result.stderr
    with pytest.raises(ConfigError, match="set embedding_size=6"):
        train(text, "--vectors", model, "--out", tmp_path / "n", "--set", "embedding_size=5")


def test_dev_text_and_settings_from_a_file(tmp_path, text):
    (tmp_path / "c.toml").write_text('unit = "token"\n[shape]\ndropout = 0.25\n')
    out = tmp_path / "run"
    train(text, "--dev", text, "--config", tmp_path / "c.toml", "--out", out)
    values = json.loads((out / "model/config.json").read_text())
    assert values["model"]["dropout"] == 0.25
    assert values["reading"]["unit"] == "token"
    with pytest.raises(TrainingError, match="holds a run with other data or settings"):
        train(text, "--out", out)


def test_a_setting_leaves_the_others_as_they_are(tmp_path, text, monkeypatch):
    from lexloom.train import run as running
    from lexloom.train.nnlm_run import NnlmRunConfig

    seen = []
    monkeypatch.setattr(running, "_train", lambda task, config, *rest: seen.append(config) or [])
    with pytest.raises(FileNotFoundError):  # nothing was trained
        run("train", "nnlm", text, "--out", tmp_path / "o", "--set", "num_epochs=3")
    usual = NnlmRunConfig().fit.train
    assert (seen[0].num_epochs, seen[0].learning_rate) == (3, usual.learning_rate)
    assert (seen[0].batch_size, seen[0].warmup_ratio) == (usual.batch_size, usual.warmup_ratio)


def test_bad_input_is_said(tmp_path, text):
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    with pytest.raises(InputError, match="holds no word"):
        train(empty, "--out", tmp_path / "e")
    with pytest.raises(InputError, match="dev texts hold no sentence"):
        train(text, "--dev", empty, "--out", tmp_path / "e")
    with pytest.raises(ConfigError, match="did you mean 'hidden_size'"):
        train(text, "--set", "hiden_size=3", "--out", tmp_path / "e")
    with pytest.raises(ConfigError, match="unit must be one of"):
        train(text, "--unit", "syllable", "--out", tmp_path / "e")
    with pytest.raises(ArtifactError, match="cannot read"):
        train(text, "--vectors", tmp_path / "nothing", "--out", tmp_path / "e")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 50)
    result = train(
        text, tmp_path / "binary.txt", tmp_path / "no.txt", "--out", tmp_path / "p", code=3
    )
    assert "no.txt" in result.stderr
    train("-", "--out", tmp_path / "stdin", input="One 😀 two 𝕏 one two.")
