import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lexloom.errors import ConfigError, InputError, UsageError
from lexloom.nn.kernels import cooccurrence as kernel
from lexloom.nn.kernels import sparse
from lexloom.nn.kernels.library import kernels
from lexloom.vectors import cooccurrence as module
from lexloom.vectors.cooccurrence import (
    CooccurrenceConfig,
    cooccurrence_vectors,
    count_pairs,
    pointwise_information,
)
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.vocabulary import VocabularyConfig

FOUND = kernels()
compiled_only = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
every_way = pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=compiled_only), False])
ANY = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))


def encoded(tmp_path_factory, sentences):
    return encode_sentences(sentences, tmp_path_factory.mktemp("c") / "corpus", ANY)


@every_way
@settings(max_examples=25)
@given(
    sentences=st.lists(st.lists(st.sampled_from("abcde"), max_size=9), min_size=1, max_size=6),
    window=st.integers(1, 4),
    weights=st.sampled_from(["flat", "harmonic"]),
    piece=st.integers(1, 20),
    threads=st.integers(1, 3),
)
def test_pairs_are_counted_one_by_one(
    tmp_path_factory, has_kernels, sentences, window, weights, piece, threads
):
    sentences = [*sentences, ["a", "b"]]
    corpus = encoded(tmp_path_factory, sentences)
    config = CooccurrenceConfig(window=window, weights=weights, threads=threads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "kernels", lambda: FOUND if has_kernels else None)
        patch.setattr(kernel, "num_ids_at_once", lambda: piece)
        got = count_pairs(corpus, config).toarray()
    place = {word: at for at, word in enumerate(corpus.vocabulary.words)}
    wanted = np.zeros_like(got)
    for line in sentences:
        for i, first in enumerate(line):
            for j, second in enumerate(line):
                if 0 < abs(i - j) <= window:
                    weight = 1 / abs(i - j) if weights == "harmonic" else 1
                    wanted[place[first], place[second]] += weight
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_pieces_of_a_file_end_with_a_sentence(tmp_path_factory, monkeypatch):
    corpus = encoded(tmp_path_factory, [[*"abc"], [*"abcd"], ["a"]])
    monkeypatch.setattr(kernel, "num_ids_at_once", lambda: 5)
    seen = []
    count_pairs(corpus, CooccurrenceConfig(), on_numbers=seen.append)
    assert seen == [9, 2]


@every_way
def test_a_window_may_be_longer_than_any_sentence(tmp_path_factory, has_kernels, monkeypatch):
    monkeypatch.setattr(kernel, "kernels", lambda: FOUND if has_kernels else None)
    corpus = encoded(tmp_path_factory, [[*"abcabc"], [*"ab"]])
    wide, whole = (
        count_pairs(corpus, CooccurrenceConfig(window=window)).toarray() for window in (10**15, 5)
    )
    assert (wide == whole).all()


def test_a_corpus_without_neighbours_has_no_counts(tmp_path_factory):
    corpus = encoded(tmp_path_factory, [["a"], ["b"]])
    config = CooccurrenceConfig(dim=1)
    assert count_pairs(corpus, config).nnz == 0
    assert pointwise_information(count_pairs(corpus, config), config).nnz == 0


@pytest.mark.parametrize("at_once", [1, 1 << 16])
@pytest.mark.parametrize("threads", [1, 2])
def test_information_is_that_of_the_shares(threads, at_once, monkeypatch):
    from scipy.sparse import csr_array

    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", at_once)
    counts = np.float32([[4, 1, 0, 0], [1, 0, 0, 2], [0, 0, 0, 0], [0, 2, 0, 3]])
    config = CooccurrenceConfig(smoothing=0.75, shift=1.2, threads=threads)
    got = pointwise_information(csr_array(counts), config).toarray()
    assert not got[2].any()
    assert not got[:, 2].any()
    full = counts
    counts, got = (np.delete(np.delete(rows, 2, 0), 2, 1) for rows in (counts, got))
    words = counts.sum(1)
    around = words**0.75 / (words**0.75).sum()
    with np.errstate(divide="ignore"):
        wanted = np.log(counts / words[:, None] / around) - np.log(1.2)
    np.testing.assert_allclose(got, np.maximum(wanted, 0), rtol=1e-5)
    both_signs = dataclasses.replace(config, information="pmi")
    got = np.delete(pointwise_information(csr_array(full), both_signs).toarray(), 2, 0)
    wanted = np.where(counts > 0, wanted, 0)
    assert (wanted < 0).any()
    np.testing.assert_allclose(np.delete(got, 2, 1), wanted, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("information", ["ppmi", "pmi"])
def test_a_zero_among_the_counts_has_no_information(threads, information):
    from scipy.sparse import csr_array

    counts = csr_array((np.float32([0, 2, 2]), ([0, 0, 1], [0, 1, 0])), shape=(2, 2))
    got = pointwise_information(
        counts, CooccurrenceConfig(threads=threads, information=information)
    )
    got = got.toarray()
    np.testing.assert_allclose(got, [[0, np.log(2)], [np.log(2), 0]], rtol=1e-6)


@every_way
def test_words_that_meet_become_alike(tmp_path_factory, has_kernels, monkeypatch):
    for place in (kernel, sparse):
        monkeypatch.setattr(place, "kernels", lambda: FOUND if has_kernels else None)
    rng = np.random.default_rng(0)
    groups = [[f"{name}{number}" for number in range(8)] for name in "ab"]
    lines = [rng.choice(groups[turn % 2], 12).tolist() for turn in range(300)]
    corpus = encoded(tmp_path_factory, lines)
    config = CooccurrenceConfig(dim=4)
    vectors = WordVectors(corpus.vocabulary.words, cooccurrence_vectors(corpus, config))
    assert vectors.similarity("a0", "a1") > vectors.similarity("a0", "b1") + 0.4
    again = cooccurrence_vectors(corpus, dataclasses.replace(config, threads=3))
    assert (again == vectors.vectors).all()
    flat = cooccurrence_vectors(corpus, dataclasses.replace(config, singular_power=0.0))
    np.testing.assert_allclose(np.linalg.norm(flat, axis=0), 1, atol=1e-4)


def test_more_dimensions_than_words_are_said(tmp_path_factory):
    with pytest.raises(UsageError, match="100 dimensions need more than 2 words"):
        cooccurrence_vectors(encoded(tmp_path_factory, [["a", "b"]]), CooccurrenceConfig())


@pytest.mark.parametrize(
    ("lines", "shift", "reason"),
    [
        ([["a"], ["b"], ["c"]], 1.0, "no word stood beside another"),
        ([["a", "b"], ["c", "a"]], 1e9, "more often than by chance.*lower shift"),
    ],
)
def test_a_corpus_without_pairs_is_said(tmp_path_factory, lines, shift, reason):
    config = CooccurrenceConfig(dim=2, shift=shift)
    with pytest.raises(InputError, match=reason):
        cooccurrence_vectors(encoded(tmp_path_factory, lines), config)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"dim": 0}, "dim must be at least 1"),
        ({"window": 0}, "window must be at least 1"),
        ({"shift": 0.5}, "shift must be at least 1"),
        ({"shift": float("nan")}, "shift must be at least 1"),
        ({"power_iterations": -1}, "power_iterations must be at least 0"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"smoothing": 1.5}, r"smoothing must be in \[0, 1\]"),
        ({"singular_power": -1.0}, "singular_power must be in"),
    ],
)
def test_settings_out_of_range_are_said(setting, reason):
    with pytest.raises(ConfigError, match=reason):
        CooccurrenceConfig(**setting)
