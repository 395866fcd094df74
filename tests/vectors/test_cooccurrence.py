import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lexloom.errors import ConfigError, UsageError
from lexloom.vectors import cooccurrence as module
from lexloom.vectors.cooccurrence import (
    CooccurrenceConfig,
    cooccurrence_vectors,
    count_pairs,
    ppmi,
)
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.reduction import Search, truncated_svd
from lexloom.vectors.vocabulary import VocabularyConfig

ANY = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))


def encoded(tmp_path_factory, sentences):
    return encode_sentences(sentences, tmp_path_factory.mktemp("c") / "corpus", ANY)


@settings(max_examples=25)
@given(
    sentences=st.lists(st.lists(st.sampled_from("abcde"), max_size=9), min_size=1, max_size=6),
    window=st.integers(1, 4),
    weights=st.sampled_from(["flat", "harmonic"]),
    piece=st.integers(1, 20),
)
def test_pairs_are_counted_one_by_one(tmp_path_factory, sentences, window, weights, piece):
    sentences = [*sentences, ["a", "b"]]
    corpus = encoded(tmp_path_factory, sentences)
    config = CooccurrenceConfig(window=window, weights=weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.kernel, "num_ids_at_once", lambda: piece)
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


def test_information_is_that_of_the_shares():
    from scipy.sparse import csr_array

    counts = np.float32([[4, 1, 0], [1, 0, 2], [0, 2, 3]])
    config = CooccurrenceConfig(smoothing=0.75, shift=1.2)
    got = ppmi(csr_array(counts), config).toarray()
    words = counts.sum(1)
    around = words**0.75 / (words**0.75).sum()
    with np.errstate(divide="ignore"):
        wanted = np.log(counts / words[:, None] / around) - np.log(1.2)
    np.testing.assert_allclose(got, np.maximum(wanted, 0), rtol=1e-5)


@pytest.mark.parametrize("dim", [1, 5, 30])
def test_the_largest_singular_values_are_found(dim):
    from scipy.sparse import random_array

    matrix = random_array((60, 60), density=0.2, rng=0, dtype=np.float32).tocsr()
    left, values, _ = np.linalg.svd(matrix.toarray())
    got = truncated_svd(matrix, Search(dim=dim, power_iterations=12))
    np.testing.assert_allclose(got.values_D, values[:dim], rtol=0.02)
    np.testing.assert_allclose(abs((got.vectors_VD[:, 0] * left[:, 0]).sum()), 1, atol=1e-3)
    np.testing.assert_allclose(got.vectors_VD.T @ got.vectors_VD, np.eye(dim), atol=1e-4)


@pytest.mark.parametrize("dim", [1, 5])
def test_principal_components_are_those_of_the_centred_rows(dim):
    decomposition = pytest.importorskip("sklearn.decomposition")
    from scipy.sparse import random_array

    matrix = random_array((60, 60), density=0.2, rng=1, dtype=np.float32).tocsr()
    search = Search(dim=dim, power_iterations=20, is_centred=True)
    got = truncated_svd(matrix, search)
    wanted = decomposition.PCA(dim, svd_solver="full").fit(matrix.toarray())
    np.testing.assert_allclose(got.values_D, wanted.singular_values_, rtol=0.01)
    scores = wanted.transform(matrix.toarray()) / wanted.singular_values_
    np.testing.assert_allclose(abs((got.vectors_VD * scores).sum(0)[0]), 1, atol=1e-2)
    np.testing.assert_allclose(got.vectors_VD.sum(0), 0, atol=1e-3)


def test_words_that_meet_become_alike(tmp_path_factory):
    rng = np.random.default_rng(0)
    groups = [[f"{name}{number}" for number in range(8)] for name in "ab"]
    lines = [rng.choice(groups[turn % 2], 12).tolist() for turn in range(300)]
    corpus = encoded(tmp_path_factory, lines)
    config = CooccurrenceConfig(dim=4)
    vectors = WordVectors(corpus.vocabulary.words, cooccurrence_vectors(corpus, config))
    assert vectors.similarity("a0", "a1") > vectors.similarity("a0", "b1") + 0.4
    again = cooccurrence_vectors(corpus, config)
    assert (again == vectors.vectors).all()
    flat = cooccurrence_vectors(corpus, dataclasses.replace(config, singular_power=0.0))
    np.testing.assert_allclose(np.linalg.norm(flat, axis=0), 1, atol=1e-4)


def test_more_dimensions_than_words_are_said(tmp_path_factory):
    with pytest.raises(UsageError, match="100 dimensions need more than 2 words"):
        cooccurrence_vectors(encoded(tmp_path_factory, [["a", "b"]]), CooccurrenceConfig())


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"dim": 0}, "dim must be at least 1"),
        ({"window": 0}, "window must be at least 1"),
        ({"shift": 0.5}, "shift must be at least 1"),
        ({"shift": float("nan")}, "shift must be at least 1"),
        ({"power_iterations": -1}, "power_iterations must be at least 0"),
        ({"smoothing": 1.5}, r"smoothing must be in \[0, 1\]"),
        ({"singular_power": -1.0}, "singular_power must be in"),
    ],
)
def test_settings_out_of_range_are_said(setting, reason):
    with pytest.raises(ConfigError, match=reason):
        CooccurrenceConfig(**setting)
