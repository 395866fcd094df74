import json

import numpy as np
import pytest
import torch

from lexloom.artifacts import seal
from lexloom.errors import ArtifactError
from lexloom.train.nnlm_files import load, save
from lexloom.train.nnlm_model import NeuralModel
from lexloom.train.nnlm_run import prepare
from lexloom.vectors.keyed import WordVectors
from neural_doubles import TEXT, run_config, shaken


def make(**changes):
    prepared = prepare([TEXT], run_config(**changes))
    module = shaken(prepared.task.model)
    counts = prepared.task.word_counts
    return NeuralModel(module, prepared.vocabulary, prepared.config.reading, counts)


@pytest.fixture
def path(tmp_path):
    save(make(), tmp_path / "model", notices={"README.md": "A card.\n"})
    return tmp_path / "model"


@pytest.mark.parametrize(
    "shape",
    [{}, {"direct_connections": True}, {"tie_word_embeddings": True, "hidden_size": 6}],
    ids=str,
)
def test_a_model_comes_back_as_it_was(tmp_path, shape):
    model = make(shape=shape, lowercase=True, min_count=2)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.vocabulary.words == model.vocabulary.words
    assert (again.config, again.module.config) == (model.config, model.module.config)
    assert (again.counts == model.counts).all()
    for name, tensor in model.module.state_dict().items():
        assert torch.equal(tensor, again.module.state_dict()[name])
    context = [1, 5, 4]
    np.testing.assert_array_equal(again.distribution(context), model.distribution(context))


def test_words_that_are_no_unicode_come_back(tmp_path):
    prepared = prepare(["a \udcff 𝕏 😀 \udcff b"], run_config(unit="token"))
    counts = prepared.task.word_counts
    model = NeuralModel(prepared.task.model, prepared.vocabulary, prepared.config.reading, counts)
    save(model, tmp_path / "model")
    assert load(tmp_path / "model").vocabulary.words == prepared.vocabulary.words


def test_the_directory_is_one_of_word_vectors_too(path):
    vectors = WordVectors.load(path)
    model = load(path)
    assert vectors.index_to_key == model.vocabulary.words
    np.testing.assert_array_equal(vectors.vectors, model.vectors.vectors)
    assert len(vectors.nearest(["dog"], 3)[0]) == 3
    assert (path / "README.md").read_text() == "A card.\n"


def change(path, name, edit):
    """Alter a JSON file, and seal the directory again."""
    values = json.loads((path / name).read_text())
    edit(values)
    (path / name).write_text(json.dumps(values))
    seal(path)


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("config.json", lambda v: v.update(model_type="bert"), "is no neural language model"),
        ("config.json", lambda v: v.pop("reading"), "is damaged: 'reading'"),
        ("config.json", lambda v: v["model"].update(dropout=2.0), "is damaged: dropout must be"),
        ("config.json", lambda v: v["model"].update(extra=2), "is damaged: model: unknown key"),
        ("config.json", lambda v: v["model"].update(hidden_size=9), "has shape"),
        ("config.json", lambda v: v["model"].update(hidden_size=2**14), "has shape"),
        ("config.json", lambda v: v["model"].update(embedding_size=2**40), "be at most 16,384"),
        ("config.json", lambda v: v["model"].update(direct_connections=True), "lacks 'scores"),
        ("config.json", lambda v: v["reading"].update(order=9), "reads 8 words before one.* 3"),
        ("config.json", lambda v: v["model"].update(bos_token_id=2), "begin with 2, not 1"),
        ("config.json", lambda v: v["model"].update(vocab_size=9), "words, and a network for 9"),
        ("vocabulary.json", lambda v: v["words"].reverse(), "not begin with the special words"),
        ("vocabulary.json", lambda v: v["words"].__setitem__(4, v["words"][5]), "a word twice"),
        ("vocabulary.json", lambda v: v.pop("counts"), "is damaged"),
    ],
)  # fmt: skip
def test_a_directory_that_contradicts_itself_is_refused(path, name, edit, message):
    change(path, name, edit)
    with pytest.raises(ArtifactError, match=message):
        load(path)


def test_what_is_missing_cut_off_or_altered_is_refused(path, tmp_path):
    with pytest.raises(ArtifactError, match="there is no directory"):
        load(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match=r"has no manifest.json"):
        load(tmp_path / "empty")
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        load(path)
    seal(path)
    with pytest.raises(ArtifactError, match="is no whole safetensors file"):
        load(path)
