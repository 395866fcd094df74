from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lexloom.errors import UsageError
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.one_hot import one_hot, sentence_rows
from lexloom.vectors.vocabulary import VocabularyConfig

ANY = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))
sentences = st.lists(
    st.lists(st.sampled_from(["a", "b", "的", "d"]), min_size=1, max_size=8), min_size=1, max_size=8
)


def test_each_word_is_one_in_its_own_column():
    rows = one_hot(["的", "b", "c"])
    assert (rows.dense(max_bytes=1000) == np.eye(3)).all()
    assert rows.matrix.nnz == 3


@settings(max_examples=20)
@given(sentences)
def test_a_sentence_is_the_sum_of_its_words(tmp_path_factory, lines):
    lines = [*lines, ["a", "b"]]
    corpus = encode_sentences(lines, tmp_path_factory.mktemp("c") / "corpus", ANY)
    counts = sentence_rows(corpus)
    hot = dict(zip(counts.words, one_hot(counts.words).dense(10_000), strict=True))
    wanted = [sum(hot[word] for word in line) for line in lines]
    assert (counts.dense(10_000) == wanted).all()
    binary = sentence_rows(corpus, "binary").dense(10_000)
    assert (binary == np.minimum(wanted, 1)).all()
    assert counts.matrix.nnz == sum(len(Counter(line)) for line in lines)


@settings(max_examples=20)
@given(sentences)
def test_tfidf_is_that_of_scikit_learn(tmp_path_factory, lines):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    lines = [*lines, ["a", "b"]]
    corpus = encode_sentences(lines, tmp_path_factory.mktemp("c") / "corpus", ANY)
    got = sentence_rows(corpus, "tfidf")
    other = text.TfidfVectorizer(analyzer=lambda line: line)
    wanted = other.fit_transform(lines).toarray()
    order = [got.words.index(word) for word in other.get_feature_names_out()]
    np.testing.assert_allclose(got.dense(10_000)[:, order], wanted, atol=1e-6)


def test_nothing_becomes_dense_by_itself():
    rows = one_hot(["a", "b"])
    for make in (np.asarray, lambda r: np.zeros(2) + r, lambda r: np.array(r, dtype=float)):
        with pytest.raises(UsageError, match="do not become dense by themselves"):
            make(rows)


def test_more_memory_than_allowed_is_refused():
    with pytest.raises(UsageError, match="would take 16 bytes, more than 15"):
        one_hot(["a", "b"]).dense(max_bytes=15)
    many = one_hot([str(number) for number in range(100_000)])
    with pytest.raises(UsageError, match="40,000,000,000 bytes"):
        many.dense(max_bytes=1 << 30)
