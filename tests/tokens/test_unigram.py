import itertools
import math

import numpy as np
import pytest

from lexloom.tokens import unigram
from lexloom.tokens.unigram import learn_pieces

COUNTS = {
    "hello": 9,
    "help": 7,
    "held": 5,
    "yellow": 4,
    "low": 6,
    "法律法规": 8,
    "法律": 5,
    "规定": 3,
}
ALPHABET = frozenset("".join(COUNTS))


def ways(word, pieces):
    """Every way to cut a word into pieces."""
    for cuts in itertools.product([False, True], repeat=len(word) - 1):
        borders = [0, *(at + 1 for at, cut in enumerate(cuts) if cut), len(word)]
        parts = [word[a:b] for a, b in itertools.pairwise(borders)]
        if all(part in pieces for part in parts):
            yield parts


def test_expectations_are_those_of_all_ways_to_cut():
    pieces = {"a": -1.0, "b": -2.0, "ab": -1.5, "ba": -2.5, "aba": -3.0}
    counts = {"abab": 3.0, "baba": 2.0, "aaab": 1.0}
    expected = dict.fromkeys(pieces, 0.0)
    for word, count in counts.items():
        weights = {
            tuple(parts): math.exp(sum(pieces[part] for part in parts))
            for parts in ways(word, pieces)
        }
        for parts, weight in weights.items():
            for part in parts:
                expected[part] += count * weight / sum(weights.values())
    texts = list(pieces)
    hashes = unigram._hashes_of(texts)
    order = np.argsort(hashes)
    table = unigram._Pieces(
        hashes[order], [texts[n] for n in order], np.array([pieces[texts[n]] for n in order])
    )
    words = unigram._as_words(list(counts.items()), 4)
    ids = table.ids(words, 4)
    found = unigram._expected(ids, table.log_probabilities, words.counts_N)
    assert dict(zip(table.texts, found, strict=True)) == pytest.approx(expected)
    best = unigram._best(unigram._scores(ids, table.log_probabilities))
    for word, score in zip(counts, best, strict=True):
        scores = [sum(pieces[part] for part in parts) for parts in ways(word, pieces)]
        assert score == pytest.approx(max(scores))


def test_every_character_is_a_piece_and_frequent_words_are_too():
    pieces = dict(learn_pieces(COUNTS, ALPHABET, num_pieces=len(ALPHABET) + 4))
    assert len(pieces) == len(ALPHABET) + 4
    assert set(pieces) > ALPHABET
    assert [piece for piece in pieces if len(piece) > 1 and piece in "法律法规"]
    assert all(score < 0 for score in pieces.values())


def test_probabilities_sum_to_at_most_one_and_come_in_order():
    scores = [score for _, score in learn_pieces(COUNTS, ALPHABET, num_pieces=40)]
    assert scores == sorted(scores, reverse=True)
    assert sum(map(math.exp, scores)) <= 1


def test_the_order_of_the_words_changes_nothing():
    turned = dict(reversed(COUNTS.items()))
    assert learn_pieces(COUNTS, ALPHABET, num_pieces=30) == learn_pieces(
        turned, ALPHABET, num_pieces=30
    )


def test_a_word_is_cut_at_characters_outside_of_the_alphabet_and_where_it_is_long():
    assert list(unigram._cut("abxcdx", frozenset("abcd"))) == ["ab", "cd"]
    assert list(unigram._cut("a" * 33, frozenset("a"))) == ["a" * 16, "a" * 16, "a"]
    assert list(unigram._cut("xx", frozenset("a"))) == []


def test_digamma_is_the_slope_of_the_logarithm_of_gamma():
    for value in (0.5, 1.0, 3.3, 100.0):
        slope = (math.lgamma(value + 1e-5) - math.lgamma(value - 1e-5)) / 2e-5
        assert unigram._digamma(np.array([value]))[0] == pytest.approx(slope, abs=1e-5)
