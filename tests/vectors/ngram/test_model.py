import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.ngram import NgramConfig, model, train
from lexloom.vectors.ngram.vocabulary import Sentences

SENTENCES = [
    line.split()
    for line in ("the dog ran", "the cat ran on", "a dog sat on the cat", "on and on the dog ran")
]
words = st.sampled_from(["the", "dog", "cat", "ran", "on", "a", "zebra", "<s>"])
asked = st.lists(st.lists(words, max_size=8), min_size=1, max_size=6)


def plain(trained, context, word):
    """The recursion of back-off, one n-gram at a time."""
    for start in range(len(context) + 1):
        gram = [*context[start:], word]
        node = trained._node(gram)
        if node is not None:
            weights = [trained._node(context[i:]) for i in range(start)]
            return float(trained.levels[len(gram) - 1].log_probs[node]) + sum(
                float(trained.levels[len(context) - i - 1].log_backoffs[node])
                for i, node in enumerate(weights)
                if node is not None
            )
    raise AssertionError


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@given(sentences=asked)
def test_a_batch_is_scored_as_each_token_by_itself(order, sentences):
    trained, _ = train(SENTENCES, NgramConfig(order=order))
    encoded = trained.vocabulary.encode_sentences(sentences)
    found = trained.score_tokens(encoded).log_probs.tolist()
    for start, length in zip(encoded.starts.tolist(), encoded.lengths.tolist(), strict=True):
        ids = encoded.ids[start : start + length].tolist()
        assert found[start] == 0
        for i in range(1, length):
            context = ids[max(0, i - order + 1) : i]
            assert found[start + i] == pytest.approx(plain(trained, context, ids[i]), abs=1e-5)


@pytest.mark.parametrize("smoothing", ["kneser-ney", "add-k"])
@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 20])
def test_the_size_of_the_pieces_changes_nothing(smoothing, at_once, monkeypatch):
    trained, _ = train(SENTENCES, NgramConfig(order=4, smoothing=smoothing))
    encoded = trained.vocabulary.encode_sentences([*SENTENCES, ["zebra"], [], ["the", "dog"]])
    whole = trained.score_tokens(encoded)
    monkeypatch.setattr(model, "TOKENS_AT_ONCE", at_once)
    pieces = trained.score_tokens(encoded)
    np.testing.assert_array_equal(whole.log_probs, pieces.log_probs)
    np.testing.assert_array_equal(whole.orders, pieces.orders)


@given(asked)
def test_one_sentence_is_that_sentence_among_many(sentences):
    trained, _ = train(SENTENCES, NgramConfig(order=3))
    together = trained.score_sentences(sentences)
    alone = [trained.score(sentence) for sentence in sentences]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_orders_say_how_much_was_recognised():
    trained, _ = train(SENTENCES, NgramConfig(order=3))
    encoded = trained.vocabulary.encode_sentences([["the", "dog", "zebra", "ran"]])
    assert trained.score_tokens(encoded).orders.tolist() == [0, 2, 3, 1, 1, 2]


def test_text_that_does_not_begin_a_sentence_is_scored_without_its_border():
    trained, _ = train(SENTENCES, NgramConfig(order=2))
    ids = trained.vocabulary.encode(["dog", "ran"])
    found = trained.score_tokens(Sentences(ids, np.array([0])))
    assert found.log_probs[0] == trained.levels[0].log_probs[ids[0]]
    assert found.orders.tolist() == [1, 2]


def test_perplexity_is_the_mean_surprise_of_words_and_ends():
    trained, _ = train(SENTENCES, NgramConfig(order=2))
    total = trained.score(["the", "dog"]) + trained.score(["a"])
    assert trained.perplexity([["the", "dog"], ["a"]]) == pytest.approx(10 ** (-total / 5))
    assert math.isnan(trained.perplexity([]))
    assert trained.score_sentences([]).tolist() == []


def test_a_known_text_surprises_less_with_a_longer_context():
    perplexities = [
        train(SENTENCES, NgramConfig(order=order))[0].perplexity(SENTENCES) for order in (1, 2, 3)
    ]
    assert perplexities == sorted(perplexities, reverse=True)


def test_impossible_text_has_no_probability():
    trained, _ = train(SENTENCES, NgramConfig(order=2, smoothing="maximum-likelihood"))
    assert trained.score(["zebra"]) == -math.inf
    assert trained.perplexity([["zebra"]]) == math.inf


def test_a_context_longer_than_the_order_is_cut():
    trained, _ = train(SENTENCES, NgramConfig(order=2))
    long = trained.vocabulary.encode(["a", "on", "dog"])
    np.testing.assert_array_equal(trained.distribution(long), trained.distribution(long[-1:]))
