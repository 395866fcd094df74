import json

import pytest
from typer.testing import CliRunner

from lexloom.cli.tokens import app
from lexloom.corpus import read
from lexloom.corpus.formats.source import ReadOptions
from lexloom.errors import ArtifactError, ConfigError, InputError, UsageError
from lexloom.tokens.learn import TokenizerConfig, train

TEXT = "The old house stood on the hill. 王芳在北京工作。\n" * 4


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def tokenizer(tmp_path):
    train([TEXT], TokenizerConfig(vocab_size=400)).save(tmp_path / "tok")
    return tmp_path / "tok"


@pytest.fixture
def prefix(tmp_path, text, tokenizer):
    run("build", text, "--tokenizer", tokenizer, "--out", tmp_path / "v1.0")
    return tmp_path / "v1.0"


def test_build_reports_what_inspect_finds(tmp_path, text, tokenizer):
    out = tmp_path / "t"
    built = json.loads(
        run("build", text, "--tokenizer", tokenizer, "--out", out, "--append-eos", "--json").stdout
    )
    found = json.loads(run("inspect", out, "--json").stdout)
    assert found["dtype"] == "uint16"
    assert found["verified"]
    for name in ("num_documents", "num_sequences", "num_tokens", "tokenizer_sha256", "has_eos"):
        assert found[name] == built[name]


def test_a_text_longer_than_a_document_may_be_is_tokenized_in_parts(
    tmp_path, text, tokenizer, prefix, monkeypatch
):
    monkeypatch.setattr(read, "IN_PARTS", ReadOptions(part_bytes=120, max_bytes=130))
    run("build", text, "--tokenizer", tokenizer, "--out", tmp_path / "parts")
    assert (tmp_path / "parts.bin").read_bytes() == prefix.with_name("v1.0.bin").read_bytes()
    assert json.loads(run("inspect", tmp_path / "parts", "--json").stdout)["num_documents"] > 1


def test_inspect_shows_sequences_as_ids_or_text(prefix, tokenizer):
    values = json.loads(run("inspect", prefix, "--show", 2, "--json").stdout)
    assert all(isinstance(id, int) for id in values["sequences"][0])
    shown = run("inspect", prefix, "--tokenizer", tokenizer, "--show", 1).stdout
    assert shown.endswith('"The old house stood on the hill."\n')
    assert "num tokens" in shown


def test_a_prefix_may_have_a_point(prefix):
    assert prefix.with_name("v1.0.bin").is_file()


def test_token_files_come_beside_a_folder_and_not_among_its_texts(tmp_path, text, tokenizer):
    (tmp_path / "in").mkdir()
    text.rename(tmp_path / "in" / "text.txt")
    with pytest.raises(UsageError, match=r"in/t\.bin lies in .*in, whose files are all read"):
        run("build", tmp_path / "in", "--tokenizer", tokenizer, "--out", tmp_path / "in" / "t")
    run("build", tmp_path / "in", "--tokenizer", tokenizer, "--out", tmp_path / "in")
    assert (tmp_path / "in.bin").is_file()


def test_what_cannot_be_read_is_said_and_the_exit_code_tells(tmp_path, text, tokenizer):
    none = tmp_path / "none.txt"
    result = run("build", text, none, "--tokenizer", tokenizer, "--out", tmp_path / "t", code=3)
    assert "there is no file" in result.stderr


def test_mistakes_are_said(tmp_path, text, tokenizer, prefix):
    with pytest.raises(InputError, match="no document"):
        run("build", tmp_path / "none", "--tokenizer", tokenizer, "--out", tmp_path / "t")
    with pytest.raises(ConfigError, match="num_workers"):
        run("build", text, "--tokenizer", tokenizer, "--out", tmp_path / "t", "--workers", 0)
    with pytest.raises(UsageError, match="names no file"):
        run("build", text, "--tokenizer", tokenizer, "--out", "/")
    with pytest.raises(UsageError, match="names no file"):
        run("inspect", ".")
    with pytest.raises(ArtifactError, match="there is no file"):
        run("inspect", tmp_path / "nowhere")
    train(["other words"], TokenizerConfig(vocab_size=300)).save(tmp_path / "other")
    with pytest.raises(ArtifactError, match="does not fit"):
        run("inspect", prefix, "--tokenizer", tmp_path / "other")
    prefix.with_name("v1.0.bin").write_bytes(b"")
    with pytest.raises(ArtifactError, match="its index speaks of"):
        run("inspect", prefix)


def test_what_cannot_be_read_is_named_also_where_nothing_can(tmp_path, tokenizer):
    with pytest.raises(InputError, match="no document could be read"):
        run("build", tmp_path / "gone.txt", "--tokenizer", tokenizer, "--out", tmp_path / "t")
    (tmp_path / "empty.txt").touch()
    command = ("build", str(tmp_path / "empty.txt"), "--tokenizer", str(tokenizer))
    result = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "t")])
    assert "empty.txt holds no text" in result.stderr


@pytest.mark.parametrize("name", ["[/x]", "[bold]", "[red]t[/red]"])
def test_a_path_that_looks_like_markup_is_shown_as_it_is(
    tmp_path, monkeypatch, text, tokenizer, name
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    built = run("build", text, "--tokenizer", tokenizer, "--out", f"d{name}")
    assert f"d{name}" in built.stdout.split()
    assert f"d{name}" in run("inspect", f"d{name}").stdout.split()
