import pytest

from lexloom.cli.language_models import open_model, tuned
from lexloom.errors import ArtifactError, UsageError
from lexloom.train import nnlm_files
from lexloom.train.nnlm_model import NeuralModel
from lexloom.train.nnlm_run import prepare
from lexloom.vectors.ngram import NgramConfig, NgramModel, save, train
from lexloom.vectors.ngram.arpa import write_arpa
from lexloom.vectors.ngram.mixture import Mixture
from lexloom.vectors.ngram.units import sentences
from neural_doubles import TEXT, run_config


@pytest.fixture
def folder(tmp_path):
    config = NgramConfig(order=2)
    counted, _ = train(sentences(TEXT, config), config)
    save(counted, tmp_path / "counted")
    write_arpa(counted, tmp_path / "counted.arpa")
    prepared = prepare([TEXT], run_config())
    counts = prepared.task.word_counts
    neural = NeuralModel(prepared.task.model, prepared.vocabulary, config, counts)
    neural.config = prepared.config.reading
    nnlm_files.save(neural, tmp_path / "run/model")
    return tmp_path


def test_the_folder_says_which_model_it_holds(folder):
    assert isinstance(open_model(folder / "counted"), NgramModel)
    assert isinstance(open_model(folder / "counted.arpa"), NgramModel)
    assert isinstance(open_model(folder / "run/model"), NeuralModel)
    assert isinstance(open_model(folder / "run"), NeuralModel)


def test_two_models_are_mixed(folder):
    mixture = open_model(folder / "run", folder / "counted")
    assert isinstance(mixture, Mixture)
    assert mixture.weight == 0.5
    assert open_model(folder / "run", folder / "counted.arpa", 0.25).weight == 0.25


def test_what_cannot_be_meant_is_said(folder):
    with pytest.raises(UsageError, match="--weight is for a mixture"):
        open_model(folder / "counted", weight=0.5)
    with pytest.raises(ArtifactError, match="there is no n-gram model"):
        open_model(folder / "nothing")


def test_the_weight_of_a_mixture_is_that_which_makes_a_text_likeliest(folder):
    mixture = open_model(folder / "run", folder / "counted")
    chosen = tuned(mixture, [TEXT], None)
    assert 0 <= chosen.weight < mixture.weight  # of the two, only the counted one is trained
    for model, weight in ((mixture, 0.5), (open_model(folder / "counted"), None)):
        with pytest.raises(UsageError, match="--tune chooses the weight of a mixture"):
            tuned(model, [TEXT], weight)
