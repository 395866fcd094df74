import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.vectors.ngram import NgramConfig, train
from lexloom.vectors.ngram.smoothing import METHODS
from lexloom.vectors.ngram.vocabulary import BEGIN_ID
from ngram_oracle import BEGIN, Oracle

every_method = pytest.mark.parametrize("smoothing", METHODS)

corpora = st.lists(
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=7), min_size=1, max_size=12
).filter(lambda corpus: len({word for sentence in corpus for word in sentence}) > 1)

TEXT = """the dog ran . the cat ran . a dog sat on the mat . the cat sat on a mat . who ran ?
a cat and a dog sat . the dog and the cat ran on . on and on the dog ran . the end ."""
SENTENCES = [part.split() for part in TEXT.replace("\n", " ").split(".") if part.strip()]


def contexts(oracle, length):
    words = [word for word in oracle.words if word != "</s>"]
    for context in itertools.product(words, repeat=length):
        yield context
        if length:
            yield (BEGIN, *context[1:])


def ids_of(model, words):
    return [
        BEGIN_ID if word == BEGIN else int(model.vocabulary.encode([word])[0]) for word in words
    ]


@every_method
@settings(max_examples=25)
@given(corpus=corpora, order=st.integers(1, 3), min_count=st.integers(1, 2))
def test_every_probability_is_that_of_the_textbook(smoothing, corpus, order, min_count):
    counts = [word for sentence in corpus for word in sentence]
    if max(map(counts.count, counts)) < min_count or max(map(len, corpus)) + 2 < order:
        return
    oracle = Oracle(corpus, smoothing, order, min_count=min_count)
    config = NgramConfig(order=order, smoothing=smoothing, min_count=min_count)
    model, _ = train(corpus, config)
    for length in range(order):
        for context in contexts(oracle, length):
            found = model.distribution(ids_of(model, context))
            wanted = oracle.distribution(context)
            assert found[BEGIN_ID] == 0
            assert found.sum() == pytest.approx(1, abs=1e-5)
            words = [model.vocabulary.words.index(word) for word in oracle.words]
            np.testing.assert_allclose(
                found[words], [wanted[word] for word in oracle.words], rtol=2e-5, atol=1e-7
            )


@every_method
def test_text_of_several_counts_has_the_probabilities_of_the_textbook(smoothing):
    corpus = SENTENCES * 2 + SENTENCES[:3] * 3 + SENTENCES[1:2]
    oracle = Oracle(corpus, smoothing, 3)
    model, _ = train(corpus, NgramConfig(order=3, smoothing=smoothing))
    for context in contexts(oracle, 2):
        found = model.distribution(ids_of(model, context))
        wanted = oracle.distribution(context)
        for id, word in enumerate(model.vocabulary.words):
            if word != BEGIN:
                assert found[id] == pytest.approx(wanted[word], rel=1e-4, abs=1e-7)


def test_maximum_likelihood_by_hand():
    model, _ = train([["a", "b"], ["a", "a"]], NgramConfig(order=2, smoothing="maximum-likelihood"))
    # behind a: b once, a once, the end once; a sentence begins with a
    assert model.score(["a", "b"]) == pytest.approx(np.log10(1 * 1 / 3 * 1))
    assert model.score(["b"]) == -np.inf


def test_add_k_by_hand():
    model, _ = train([["a", "b"]], NgramConfig(order=2, smoothing="add-k", k=1.0))
    # four words can come: a, b, the unknown one and the end
    assert model.score(["a"]) == pytest.approx(np.log10(2 / 5 * 1 / 5))
    assert model.score(["x", "a"]) == pytest.approx(np.log10(1 / 5 * 1 / 4 * 1 / 5))


def test_witten_bell_by_hand():
    model, _ = train([["a", "b"]], NgramConfig(order=1, smoothing="witten-bell"))
    # a, b and the end once each: 3 kinds, 3 tokens, 4 words
    assert 10 ** model.score([]) == pytest.approx((1 + 3 / 4) / 6)
    assert 10 ** model.score(["x"]) == pytest.approx(3 / 4 / 6 * (1 + 3 / 4) / 6)


def test_kneser_ney_counts_the_words_before_and_not_the_times():
    # "francisco" is frequent, but stands behind one word only
    corpus = [["san", "francisco"]] * 5 + [["old", "town"], ["new", "town"], ["a", "town"]]
    model, _ = train(corpus, NgramConfig(order=2))
    words = model.vocabulary.words
    behind_unseen = model.distribution(model.vocabulary.encode(["x"]))
    assert behind_unseen[words.index("town")] > behind_unseen[words.index("francisco")]


def test_a_small_text_says_that_its_discounts_are_fixed_ones(caplog):
    with caplog.at_level("WARNING", logger="lexloom"):
        _, report = train([["a", "b"]], NgramConfig(order=2))
    assert report.fallback_orders == [1, 2]
    assert report.discounts == [(0.5, 1.0, 1.5)] * 2


@every_method
def test_a_sentence_is_the_product_of_its_steps(smoothing):
    model, _ = train(SENTENCES, NgramConfig(order=3, smoothing=smoothing))
    sentence = ["the", "dog", "zzz", "sat", "the", "the", "mat"]
    ids = [BEGIN_ID, *model.vocabulary.encode(sentence).tolist(), 2]
    with np.errstate(divide="ignore"):
        steps = [np.log10(model.distribution(ids[:i])[ids[i]]) for i in range(1, len(ids))]
    assert model.score(sentence) == pytest.approx(sum(steps), abs=1e-4)
