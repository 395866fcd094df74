import json

import pytest
from typer.testing import CliRunner

from lexloom.cli.ngram import app
from lexloom.errors import ArtifactError, ConfigError, InputError, UsageError
from lexloom.vectors.ngram import load

TEXT = (
    "The old house stood on the hill. The dog saw the old house. A cat saw the dog on the hill.\n"
    "Who saw the cat? 王芳在北京工作。王芳在上海学习。\n"
)


def run(*arguments, code=0, input=None):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False, input=input)
    assert result.exit_code == code, result.output
    return result


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path, text):
    run("train", text, "--order", 3, "--out", tmp_path / "model")
    return tmp_path / "model"


def test_training_reports_what_it_saw(tmp_path, text):
    out = tmp_path / "m"
    (values,) = lines(run("train", text, "--order", 2, "--out", out, "--json"))
    assert values["path"] == str(out)
    assert values["num_sentences"] == 6
    assert values["num_ngrams"][0] == values["vocab_size"] == len(load(out).vocabulary)
    assert "num sentences" in run("train", text, "--out", out).stdout


@pytest.mark.parametrize("flags", [("--out", "model"), ("--out", "../m", "--arpa", "m.arpa")])
def test_a_folder_that_is_read_takes_no_model(tmp_path, monkeypatch, flags):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "texts")
    with pytest.raises(UsageError, match="whose files are all read"):
        run("train", ".", *flags)
    assert [path.name for path in tmp_path.rglob("*")] == ["texts", "a.txt"]


def test_a_path_that_looks_like_markup_is_shown_as_it_is(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert "[red]m[/x]" in run("train", text, "--order", 2, "--out", "[red]m[/x]").stdout


def test_settings_come_from_a_file_then_from_flags(tmp_path, text):
    (tmp_path / "c.toml").write_text('order = 4\nmin_count = 2\nsmoothing = "add-k"\n')
    out = tmp_path / "m"
    arguments = ("--config", tmp_path / "c.toml", "--set", "lowercase=true", "--set", "order=2")
    run("train", text, *arguments, "--smoothing", "witten-bell", "--out", out)
    config = load(out).config
    assert (config.order, config.min_count, config.lowercase) == (2, 2, True)
    assert config.smoothing == "witten-bell"


def test_score_gives_perplexity_and_sentences(model, text):
    (values,) = lines(run("score", text, "--model", model, "--json"))
    assert values["num_sentences"] == 6
    assert values["num_unknown"] == 0
    assert 1 < values["perplexity"] < 10
    result = run("score", text, "--model", model, "--sentences", "--json")
    scores = lines(result)
    assert sum(score["log10_prob"] for score in scores) == pytest.approx(values["log10_prob"])
    assert scores[-2]["text"] == "王芳在北京工作。"
    assert json.loads(result.stderr)["perplexity"] == values["perplexity"]
    shown = run("score", "-", "--model", model, "--sentences", input="The zebra saw.")
    assert shown.stdout.split("\t")[1:] == ["1", "The zebra saw.\n"]
    assert "perplexity" in run("score", text, "--model", model).stdout


def test_impossible_text_is_said(tmp_path, text):
    run("train", text, "--smoothing", "maximum-likelihood", "--out", tmp_path / "m")
    result = run("score", "-", "--model", tmp_path / "m", "--sentences", input="zebra")
    assert result.stdout == "impossible\t1\tzebra\n"
    (values,) = lines(run("score", "-", "--model", tmp_path / "m", "--json", input="zebra"))
    assert values["perplexity"] is None


def test_generate_is_repeatable_and_begins_with_the_prompt(model):
    arguments = ("generate", "--model", model, "--prompt", "The old", "--num", 3, "--seed", 5)
    first = run(*arguments).stdout
    assert first == run(*arguments).stdout
    assert len(first.splitlines()) == 3
    assert all(line.startswith("The old") for line in first.splitlines())
    values = lines(run(*arguments, "--json"))
    assert [value["text"] for value in values] == first.splitlines()


def test_unknown_words_are_named_with_the_nearest_spelling(model):
    result = run("generate", "--model", model, "--prompt", "The hause")
    assert "'hause' is not known (did you mean 'house'?)" in result.stderr
    assert "hause" in result.stdout


def test_words_cannot_steer_the_terminal(tmp_path):
    text, out = tmp_path / "t.txt", tmp_path / "m"
    text.write_text("\x1b[31m \u202eabc \x9b2J\n" * 3, encoding="utf-8")
    run("train", text, "--unit", "token", "--order", 2, "--out", out)
    shown = [
        run("score", text, "--model", out, "--sentences").stdout,
        run("generate", "--model", out, "--prompt", "\u202eabc").stdout,
        run("next", "\x1b[31m", "--model", out).stdout,
        run("next", "\u2066q", "--model", out).stderr,
    ]
    for output in shown:
        assert output
        assert not {"\x1b", "\u202e", "\x9b", "\u2066"} & set(output)


def test_next_and_fill_answer(model):
    (answers,) = lines(run("next", "Who", "--model", model, "--top", 2, "--json"))
    assert len(answers) == 2
    assert answers[0]["word"] == "saw"
    (answers,) = lines(run("fill", "The ___ house stood", "--model", model, "--json"))
    assert answers[0]["word"] == "old"
    (answers,) = lines(run("fill", "王芳在___工作。", "--model", model, "--json"))
    assert answers[0]["word"] == "北京"
    shown = run("next", "", "--model", model).stdout
    assert shown.split()[:2] == ["probability", "word"]


def test_arpa_goes_out_and_comes_back(tmp_path, model, text):
    run("convert", model, tmp_path / "m.arpa")
    run("convert", tmp_path / "m.arpa", tmp_path / "again")
    assert (tmp_path / "again/manifest.json").read_text() == (model / "manifest.json").read_text()
    run("train", text, "--order", 3, "--out", model, "--arpa", tmp_path / "n.arpa")
    assert (tmp_path / "n.arpa").read_bytes() == (tmp_path / "m.arpa").read_bytes()
    (values,) = lines(run("score", text, "--model", tmp_path / "m.arpa", "--json"))
    (wanted,) = lines(run("score", text, "--model", model, "--json"))
    assert values == wanted


@pytest.mark.parametrize(
    ("command", "message"),
    [("convert", "n-grams are held by an n-gram model only"), ("fill", "a blank is filled by")],
)
def test_a_neural_model_is_refused_where_only_counts_will_do(tmp_path, command, message):
    (tmp_path / "run/model").mkdir(parents=True)
    (tmp_path / "run/model/config.json").write_text('{"model_type": "lexloom-nnlm"}')
    for path in (tmp_path / "run", tmp_path / "run/model"):
        rest = [path, tmp_path / "m.arpa"] if command == "convert" else ["a ___", "--model", path]
        with pytest.raises(UsageError, match=message):
            run(command, *rest)


def test_what_cannot_be_read_is_said_and_the_exit_code_tells(tmp_path, text, model):
    none, binary = tmp_path / "none.txt", tmp_path / "b.txt"
    binary.write_bytes(b"the\0dog\0\xff\xfe\0\0ran")
    result = run("train", none, binary, text, "--out", tmp_path / "m", code=3)
    assert "there is no file" in result.stderr
    assert "NUL bytes" in result.stderr
    run("score", none, text, "--model", model, code=3)


def test_mistakes_are_said_before_the_work(tmp_path, text, model):
    with pytest.raises(ConfigError, match="order must be at most"):
        run("train", text, "--order", 40, "--out", tmp_path / "m")
    with pytest.raises(ConfigError, match="smoothing must be one of 'kneser-ney'"):
        run("train", text, "--smoothing", "kneser", "--out", tmp_path / "m")
    with pytest.raises(ConfigError, match="unknown key 'mincount'"):
        run("train", text, "--set", "mincount=3", "--out", tmp_path / "m")
    with pytest.raises(InputError, match="would be empty"):
        run("train", text, "--set", "min_count=100", "--out", tmp_path / "m")
    with pytest.raises(InputError, match="holds no word"):
        run("train", tmp_path / "none", "--out", tmp_path / "m")
    with pytest.raises(UsageError, match="is not written over"):
        run("train", tmp_path / "none", "--out", tmp_path)
    arguments = ("--smoothing", "add-k", "--arpa", tmp_path / "m.arpa")
    with pytest.raises(UsageError, match="add-k cannot be written"):
        run("train", tmp_path / "none", *arguments, "--out", tmp_path / "m")
    with pytest.raises(InputError, match="no sentence to score"):
        run("score", "-", "--model", model, input=" \n")
    with pytest.raises(InputError, match="must be the blank"):
        run("fill", "The house", "--model", model)
    with pytest.raises(ArtifactError, match="is no ARPA file"):
        run("score", text, "--model", text)
    with pytest.raises(ConfigError, match="temperature"):
        run("generate", "--model", model, "--temperature", 0)
    assert not (tmp_path / "m").exists()


def test_hostile_text_is_trained_on_and_scored(tmp_path):
    text = tmp_path / "t.txt"
    text.write_text(
        "a <s> b </s> <unk> \u2028 😀𠀀 e\u0301 \x1b[31m ___ " + "x" * 5000 + "\n\na b."
    )
    for unit in ("word", "token", "character"):
        run("train", text, "--unit", unit, "--order", 2, "--out", tmp_path / unit)
        run("score", text, "--model", tmp_path / unit, "--sentences", "--json")
        run("generate", "--model", tmp_path / unit, "--max-words", 3)
        run("convert", tmp_path / unit, tmp_path / "m.arpa")
        assert load(tmp_path / "m.arpa").config == load(tmp_path / unit).config
