import numpy as np
import pytest

from lexloom.train import nnlm_model
from lexloom.train.nnlm_model import NeuralModel
from lexloom.train.nnlm_run import prepare
from lexloom.vectors.ngram.perplexity import score_texts
from lexloom.vectors.ngram.vocabulary import BEGIN_ID
from neural_doubles import TEXT, run_config, shaken

SENTENCES = [["The", "dog", "saw", "the", "cat", "."], ["王芳"], ["zebra", "on", "the", "hill"]]


@pytest.fixture
def model():
    prepared = prepare([TEXT], run_config())
    module = shaken(prepared.task.model)
    counts = prepared.task.word_counts
    return NeuralModel(module, prepared.vocabulary, prepared.config.reading, counts)


def test_tokens_are_scored_as_the_distributions_say(model):
    encoded = model.vocabulary.encode_sentences(SENTENCES)
    scores = model.score_tokens(encoded)
    for start, length in zip(encoded.starts, encoded.lengths, strict=True):
        sentence = encoded.ids[start : start + length]
        assert scores.log_probs[start] == scores.orders[start] == 0
        for place in range(1, length):
            wanted = model.distribution(sentence[:place])[sentence[place]]
            assert 10 ** scores.log_probs[start + place] == pytest.approx(wanted, rel=1e-4)
            assert scores.orders[start + place] == min(place + 1, 4)


def test_a_sentence_is_scored_alone_as_among_others(model, monkeypatch):
    together = model.score_tokens(model.vocabulary.encode_sentences(SENTENCES)).log_probs
    monkeypatch.setattr(nnlm_model, "TARGETS_AT_ONCE", 2)
    alone = [
        model.score_tokens(model.vocabulary.encode_sentences([sentence])).log_probs
        for sentence in SENTENCES
    ]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-4, atol=1e-6)


def test_the_next_word_is_a_distribution_that_never_begins_a_sentence(model):
    for context in ([], [BEGIN_ID], [BEGIN_ID, 4, 5, 6, 7, 8]):
        probabilities = model.distribution(context)
        assert probabilities.sum() == pytest.approx(1, abs=1e-12)
        assert probabilities[BEGIN_ID] == 0
    long = model.distribution([BEGIN_ID, 9, 9, 5, 6, 7])
    np.testing.assert_allclose(long, model.distribution([5, 6, 7]))


def test_texts_are_scored_like_those_of_n_gram_models(model):
    report = score_texts(model, ["The zebra saw. 王芳"])
    assert report.num_unknown == 1
    assert sum(report.num_found.values()) == report.num_tokens
    assert 1 < report.perplexity < 1e6


def test_the_vectors_are_those_of_the_network(model):
    vectors = model.vectors
    assert vectors.index_to_key == model.vocabulary.words
    number = model.vocabulary.encode(["dog"])[0]
    row = model.module.body.word_embeddings.weight[number].detach().numpy()
    assert (vectors["dog"] == row).all()
    assert vectors.counts[number] == 2
