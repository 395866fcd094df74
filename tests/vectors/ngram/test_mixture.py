import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ConfigError, InputError, UsageError
from lexloom.vectors.ngram import NgramConfig, train
from lexloom.vectors.ngram.ask import GenerateConfig, generate
from lexloom.vectors.ngram.mixture import Mixture, best_weight
from lexloom.vectors.ngram.model import NgramLevel, NgramModel
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Vocabulary

TEXT = [line.split() for line in ("the dog ran", "the cat ran off", "a dog sat", "the dog sat")]


def counted(order, texts=TEXT, **settings):
    values = {"smoothing": "witten-bell", "unit": "token"} | settings
    return train(texts, NgramConfig(order=order, **values))[0]


def renumbered(model):
    """The same unigram model with its words in another order."""
    words, level = model.vocabulary.words, model.levels[0]
    order = np.array([0, 1, 2, *range(len(words) - 1, 2, -1)])
    levels = [NgramLevel(level.keys, level.log_probs[order], level.log_backoffs[order])]
    return NgramModel(Vocabulary([words[number] for number in order]), levels, model.config)


def test_probabilities_are_the_weighted_mean():
    one, other = counted(3), counted(1)
    mixture = Mixture(one, other, 0.3)
    encoded = one.vocabulary.encode_sentences(TEXT)
    logs = [model.score_tokens(encoded).log_probs for model in (one, other, mixture)]
    is_token = encoded.ids != BEGIN_ID
    wanted = 0.3 * 10 ** logs[0] + 0.7 * 10 ** logs[1]
    np.testing.assert_allclose(10 ** logs[2][is_token], wanted[is_token])
    assert (logs[2][~is_token] == 0).all()
    assert mixture.order == 3
    context = encoded.ids[:2]
    wanted = 0.3 * one.distribution(context) + 0.7 * other.distribution(context)
    np.testing.assert_allclose(mixture.distribution(context), wanted)
    assert mixture.distribution(context).sum() == pytest.approx(1)


def test_the_ends_of_the_weight_are_the_models_themselves():
    one, other = counted(3), counted(1)
    encoded = one.vocabulary.encode_sentences(TEXT)
    for weight, model in ((1.0, one), (0.0, other)):
        found = Mixture(one, other, weight).score_tokens(encoded).log_probs
        np.testing.assert_allclose(found, model.score_tokens(encoded).log_probs, atol=1e-12)


def test_words_are_matched_by_what_they_are_not_by_their_numbers():
    one, other = counted(2), counted(1)
    encoded = one.vocabulary.encode_sentences(TEXT)
    mixed, again = (Mixture(one, second, 0.4) for second in (other, renumbered(other)))
    assert renumbered(other).vocabulary.words != other.vocabulary.words
    np.testing.assert_allclose(
        mixed.score_tokens(encoded).log_probs, again.score_tokens(encoded).log_probs
    )
    np.testing.assert_allclose(mixed.distribution([1, 3]), again.distribution([1, 3]))


@given(st.lists(st.tuples(st.floats(-9, 0), st.floats(-9, 0)), min_size=1, max_size=20))
def test_the_best_weight_is_that_of_a_fine_grid(pairs):
    first, second = np.array(pairs).T
    found = best_weight(first, second)

    def loss(weight):
        return -np.log10(weight * 10**first + (1 - weight) * 10**second).mean()

    assert 0 <= found <= 1
    assert loss(found) <= min(loss(weight) for weight in np.linspace(0, 1, 201)) + 1e-4


def test_a_mixture_chooses_its_weight_by_a_text():
    one, other = counted(3), counted(1)
    mixture = Mixture(one, other, 0.5)
    learnt = one.vocabulary.encode_sentences(TEXT)
    assert mixture.best_weight(learnt) > 0.9
    chosen = mixture.with_weight(mixture.best_weight(learnt))
    assert chosen.score_tokens(learnt).log_probs.sum() >= (
        mixture.score_tokens(learnt).log_probs.sum()
    )
    with pytest.raises(InputError, match="no text to choose the weight by"):
        mixture.best_weight(one.vocabulary.encode_sentences([]))
    with pytest.raises(InputError, match="impossible"):
        best_weight(np.array([-1.0, -math.inf]), np.array([-1.0, -math.inf]))


def test_a_mixture_writes_text():
    mixture = Mixture(counted(3), counted(2), 0.5)
    words = list(generate(mixture, ["the"], GenerateConfig(seed=1)))
    assert set(words) <= set(mixture.vocabulary.words)


def test_models_that_do_not_fit_are_refused():
    model = counted(2)
    with pytest.raises(ConfigError, match=r"weight must be in \[0, 1\], got 1.5"):
        Mixture(model, model, 1.5)
    upper = NgramModel(model.vocabulary, model.levels, replace(model.config, lowercase=True))
    with pytest.raises(UsageError, match="lowercase is False and True"):
        Mixture(model, upper, 0.5)
    with pytest.raises(UsageError, match="2 of them, such as 'owl', are known to one only"):
        Mixture(model, counted(2, [*TEXT, ["the", "owl", "sang"]]), 0.5)
