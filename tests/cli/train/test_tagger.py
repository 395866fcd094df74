"""``lexloom train tagger``: on an encoder or on vectors, from files to what predicts and scores."""

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from doubles import toy_documents
from lexloom.annotations.document import write_jsonl
from lexloom.cli import app
from lexloom.errors import ArtifactError, ConfigError, TrainingError, UsageError
from lexloom.models.head_files import load_head
from lexloom.models.vector_tagger_files import load_vector_tagger
from vector_doubles import CHINESE, NAMES, PLACES, characters, vectors

FAST = ["--set", "num_epochs=1", "--set", "precision=fp32", "--set", "batch_size=8"]
QUICK = [*FAST, "--set", "hidden_size=16", "--set", "learning_rate=0.03"]
ROWS = [(a, b) for a in ("ann", "bob", "carl", "dora", "acme") for b in ("left", "met", "joined")]


def invoke(*command):
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Runs ``lexloom train tagger`` in a folder with data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tags.conll").write_text("".join(f"{a}\tN\n{b}\tV\n\n" for a, b in ROWS))
    write_jsonl(toy_documents(), tmp_path / "data.jsonl")
    rows = ("\n".join(f"{w}\t{t}" for w, t in zip(i.words, i.tags, strict=True)) for i in CHINESE)
    (tmp_path / "zh.conll").write_text("\n\n".join(rows) + "\n")
    vectors(characters()).save(tmp_path / "chars.vec", "word2vec")
    vectors([*NAMES, *PLACES]).save(tmp_path / "words.vec", "word2vec")
    vectors(["北京", "上海"]).save(tmp_path / "pairs.vec", "word2vec")

    def run(*arguments, data="zh.conll", out="run"):
        return invoke("train", "tagger", "--data", data, "--out", out, *arguments)

    return run


def test_on_an_encoder_it_learns_any_tags_or_entities(train, tiny_bert, tmp_path):
    init = ("--init", str(tiny_bert))
    train(*FAST, *init, data="tags.conll")
    assert load_head(tmp_path / "run/model").config.labels == ("N", "V")
    train(*FAST, *init, "--format", "jsonl", data="data.jsonl", out="other")
    labels = load_head(tmp_path / "other/model").config.labels
    assert labels == ("B-person", "B-place", "O")


def test_entities_that_no_tags_can_say_are_told(train, tiny_bert, tmp_path):
    document = toy_documents()[0]
    inner = dataclasses.replace(document.entities[0], id="z", type="name")
    nested = dataclasses.replace(document, entities=(*document.entities, inner))
    write_jsonl([*toy_documents(), nested], tmp_path / "nested.jsonl")
    options = ("--format", "jsonl", "--init", str(tiny_bert))
    result = train(*FAST, *options, data="nested.jsonl")
    assert "1 entities cannot be written as tags" in result.stderr


def test_on_vectors_it_is_trained_predicts_and_is_scored(train, tmp_path):
    options = ("--vectors", "chars.vec", "--bigrams", "pairs.vec", "--lexicon", "words.vec")
    result = train(*QUICK, *options, "--dev", "zh.conll", "--json")
    told = json.loads(result.stdout)
    assert (told["path"], told["num_train"], told["num_dev"]) == ("run/model", 9, 9)
    assert told["labels"] == list(load_vector_tagger(tmp_path / "run/model").config.labels)
    card = (tmp_path / "run/model/README.md").read_text()
    assert "# A tagger trained with Lexloom" in card
    assert "It reads at most 512 tokens at once." in card
    # the run is found done, and the same comes of it
    again = train(*QUICK, *options, "--dev", "zh.conll", "--json")
    assert (again.stdout, "epoch" in again.stderr) == (result.stdout, False)

    found = json.loads(invoke("predict", "--model", "run", "李明在上海工作。", "--json").stdout)
    assert [word["text"] for word in found["words"]] == list("李明在上海工作。")
    assert {word["tag"] for word in found["words"]} <= set(told["labels"])
    doubt = invoke("predict", "--model", "run", "李明", "--uncertainty", "2").stdout
    assert doubt.count(" ± ") == 2
    command = ("evaluate", "tagger", "--model", "run", "--data", "zh.conll", "--json")
    scored = json.loads(invoke(*command).stdout)
    assert scored["measures"]["f1"]["value"] == pytest.approx(told["dev"]["f1"])


def test_a_tenth_is_held_out_where_no_dev_set_is_given(train):
    told = json.loads(train(*QUICK, "--vectors", "chars.vec", "--json").stdout)
    assert (told["num_train"], told["num_dev"]) == (8, 1)


def test_what_is_wrong_is_said_in_one_sentence(train, tmp_path):
    def refuses(error, message, *arguments, data="zh.conll"):
        with pytest.raises(error, match=message):
            train(*arguments, data=data)

    refuses(UsageError, "unknown format 'x'", "--format", "x")
    refuses(UsageError, "--bigrams and --lexicon need --vectors", "--lexicon", "words.vec")
    both = ("--vectors", "chars.vec", "--init", "minilm-l6")
    refuses(UsageError, "begins with --init or with --vectors", *both)
    refuses(ArtifactError, r"cannot read no\.vec", "--vectors", "no.vec")
    (tmp_path / "bad.vec").write_bytes(b"\x00\xff" * 40)
    refuses(ArtifactError, r"bad\.vec", "--vectors", "bad.vec")
    refuses(ArtifactError, r"cannot read no\.vec", "--vectors", "chars.vec", "--lexicon", "no.vec")
    refuses(TrainingError, "only 0 of 64 training words have a vector", "--vectors", "words.vec")
    unknown = ("--vectors", "chars.vec", "--set", "pooling=cls")
    refuses(ConfigError, "unknown key 'pooling'", *unknown)
    (tmp_path / "one.conll").write_text("在\tO\n")
    refuses(TrainingError, "got 1 and 0 texts", "--vectors", "chars.vec", data="one.conll")


def test_a_tagger_on_vectors_reads_no_pairs_and_classifies_nothing(train, tmp_path):
    (tmp_path / "t.tsv").write_text("text\tlabel\nx\ty\n")
    train(*QUICK, "--vectors", "chars.vec")
    with pytest.raises(UsageError, match="a tagger reads no pairs"):
        invoke("predict", "--model", "run", "李明", "--pair", "x")
    with pytest.raises(UsageError, match="run is a tagger, not a classifier"):
        invoke("evaluate", "classifier", "--model", "run", "--data", "t.tsv")
