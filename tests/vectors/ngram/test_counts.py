from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.ngram import NgramConfig, counts
from lexloom.vectors.ngram.counts import continuation_counts, count_ngrams, distinct
from lexloom.vectors.ngram.vocabulary import read_corpus

corpora = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=6), min_size=1, max_size=8
).filter(lambda corpus: len({word for sentence in corpus for word in sentence}) > 1)


def grams_of(levels, words):
    """The words of each node, by order."""
    grams = [[(word,) for word in words]]
    for level in levels[1:]:
        last = level.keys % len(words)
        grams.append(
            [
                (*grams[-1][parent], words[word])
                for parent, word in zip(level.parents, last, strict=True)
            ]
        )
    return grams


@given(corpora)
def test_counts_are_those_of_a_counter(corpus):
    vocabulary, sentences = read_corpus(corpus, NgramConfig())
    levels = count_ngrams(sentences, len(vocabulary), 4)
    padded = [("<s>", *sentence, "</s>") for sentence in corpus]
    grams = grams_of(levels, vocabulary.words)
    adjusted = continuation_counts(levels)
    for n, (level, names) in enumerate(zip(levels, grams, strict=True), start=1):
        wanted = Counter(s[i : i + n] for s in padded for i in range(len(s) - n + 1))
        wanted.pop(("<s>",), None)
        found = {
            name: count for name, count in zip(names, level.counts.tolist(), strict=True) if count
        }
        assert found == wanted
        assert (np.diff(level.keys) > 0).all()
        assert level.begins.tolist() == [name[0] == "<s>" for name in names]
        if n > 1:
            assert [grams[n - 2][node] for node in level.suffixes] == [name[1:] for name in names]
        if n < 4:
            before = Counter(longer[1:] for longer in grams[n] if longer[1:][0] != "<s>")
            for name, count in zip(names, adjusted[n - 1].tolist(), strict=True):
                assert count == (wanted[name] if name[0] == "<s>" else before[name])
    assert adjusted[-1] is levels[-1].counts


@given(st.lists(st.integers(0, 2**40), max_size=50))
def test_distinct_is_unique_of_numpy(values):
    keys = np.array(values, np.int64)
    unique, places, times = distinct(keys)
    wanted = np.unique(keys, return_inverse=True, return_counts=True)
    for found, expected in zip((unique, places, times), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_keys_too_long_to_be_packed_are_sorted_too(monkeypatch):
    keys = np.array([2**62, 5, 2**62, 7, 5, 5], np.int64)
    unique, places, times = distinct(keys)
    assert unique.tolist() == [5, 7, 2**62]
    assert unique[places].tolist() == keys.tolist()
    assert times.tolist() == [3, 1, 2]
    short = keys % 1000
    packed = distinct(short)
    monkeypatch.setattr(counts, "KEY_BITS", 0)
    for found, expected in zip(distinct(short), packed, strict=True):
        assert found.tolist() == expected.tolist()
