"""Saved taggers on vectors come back as they were, and what is damaged is refused."""

import json

import pytest
import torch

from lexloom.errors import ArtifactError, ConfigError
from lexloom.models.describe import describe
from lexloom.models.vector_tagger_files import (
    is_vector_tagger,
    load_vector_tagger,
    save_vector_tagger,
)
from lexloom.tokens.word_features import WordFeaturizer
from vector_doubles import TEXTS, featurizer, tiny_tagger


@pytest.mark.parametrize("encoder", ["bilstm", "cnn"])
def test_a_saved_tagger_comes_back_as_it_was(encoder, tmp_path):
    files = tiny_tagger(encoder)
    save_vector_tagger(files, tmp_path / "m", notices={"README.md": "# Card\n"})
    back = load_vector_tagger(tmp_path / "m")
    assert (back.config, back.max_words, back.max_tokens) == (files.config, 512, 512)
    for name, tensor in files.model.state_dict().items():
        assert torch.equal(back.model.state_dict()[name], tensor)
    for row in TEXTS:
        ours, theirs = files.featurizer.encode(row), back.featurizer.encode(row)
        assert ours.word_ids_T.tolist() == theirs.word_ids_T.tolist()
        assert ours.spellings == theirs.spellings
        assert ours.lexicon.weights_N.tolist() == theirs.lexicon.weights_N.tolist()
    assert (tmp_path / "m" / "README.md").read_text() == "# Card\n"
    assert is_vector_tagger(tmp_path / "m")
    assert describe(tmp_path / "m").model_type == "lexloom_vector_tagger"


def test_a_tagger_of_words_alone_comes_back(tmp_path):
    files = tiny_tagger(bigrams=None, characters=None, lexicon=None)
    files = type(files)(files.model, WordFeaturizer(featurizer().words), 7)
    save_vector_tagger(files, tmp_path / "m")
    back = load_vector_tagger(tmp_path / "m")
    assert (back.featurizer.bigrams, back.featurizer.characters, back.featurizer.lexicon) == (
        None, None, None,
    )  # fmt: skip
    assert back.max_words == 7


def test_half_characters_survive(tmp_path):
    files = tiny_tagger()
    known = WordFeaturizer(
        type(files.featurizer.words)(["\ud800", *files.featurizer.words.strings[1:]]),
        files.featurizer.bigrams, files.featurizer.characters, files.featurizer.lexicon,
    )  # fmt: skip
    save_vector_tagger(type(files)(files.model, known, 9), tmp_path / "m")
    assert load_vector_tagger(tmp_path / "m").featurizer.words.id_of("\ud800") == 2


@pytest.fixture
def saved(tmp_path):
    save_vector_tagger(tiny_tagger(), tmp_path / "m")
    (tmp_path / "m" / "manifest.json").unlink()
    return tmp_path / "m"


def change(path, file, **values):
    (path / file).write_text(json.dumps(json.loads((path / file).read_text()) | values))


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"model_type": "bert"}, ArtifactError, "is no tagger on vectors"),
        ({"max_words": 0}, ArtifactError, "max_words must be at least 1, got 0"),
        ({"max_words": None}, ArtifactError, "max_words must be at least 1, got None"),
        ({"encoder": "rnn"}, ConfigError, "must be one of 'bilstm', 'cnn', got 'rnn'"),
        ({"hidden_size": 10}, ArtifactError, "has shape"),
        ({"hidden_size": 2**14}, ArtifactError, "has shape"),
        ({"num_hidden_layers": 2**14}, ConfigError, "num_hidden_layers must be 1 to 1024"),
        ({"colour": 1}, ConfigError, "unknown key 'colour'"),
        ({"bigrams": None}, ArtifactError, "has None for its bigrams, the vocabulary 4 numbers"),
        (
            {"words": {"num_ids": 3, "num_learnt": 3, "size": 6}},
            ArtifactError,
            "for its words, the vocabulary 9",
        ),
    ],
)
def test_a_config_that_does_not_fit_is_refused(values, error, message, saved):
    change(saved, "config.json", **values)
    with pytest.raises(error, match=message):
        load_vector_tagger(saved)


@pytest.mark.parametrize(
    "values",
    [{"words": None}, {"words": [1]}, {"lexicon_counts": ["x"] * 5}, {"bigrams": 3}],
)
def test_a_damaged_vocabulary_is_refused(values, saved):
    change(saved, "vocabulary.json", **values)
    with pytest.raises(ArtifactError, match=r"vocabulary\.json is damaged"):
        load_vector_tagger(saved)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]", b'{"words": []}'])
def test_a_vocabulary_that_is_no_vocabulary_is_refused(content, saved):
    (saved / "vocabulary.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"vocabulary\.json is damaged"):
        load_vector_tagger(saved)


def test_a_missing_file_and_an_altered_one_are_refused(saved, tmp_path):
    (saved / "vocabulary.json").unlink()
    with pytest.raises(ArtifactError, match=r"lacks a readable vocabulary\.json"):
        load_vector_tagger(saved)
    save_vector_tagger(tiny_tagger(), tmp_path / "n")
    with (tmp_path / "n" / "vocabulary.json").open("a") as stream:
        stream.write(" ")
    with pytest.raises(ArtifactError):
        load_vector_tagger(tmp_path / "n")
    with pytest.raises(ArtifactError, match="there is no model directory"):
        load_vector_tagger(tmp_path / "nothing")
