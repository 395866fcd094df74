import pytest

pytest.importorskip("scipy")

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.cooccurrence import CooccurrenceConfig
from lexloom.vectors.cooccurrence_run import CountedConfig, count
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.one_hot import sentence_rows
from lexloom.vectors.one_hot_run import OneHotConfig, read_rows, write_rows
from lexloom.vectors.vocabulary import VocabularyConfig


@pytest.fixture
def corpus(tmp_path):
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))
    return encode_sentences([[*"abca"], [*"bd"]], tmp_path / "corpus", config)


def test_rows_are_read_again(corpus, tmp_path):
    for _ in range(2):
        write_rows(corpus, OneHotConfig(weighting="tfidf"), tmp_path / "run")
    rows = read_rows(tmp_path / "run")
    assert rows.words == corpus.vocabulary.words
    assert (rows.dense(1000) == sentence_rows(corpus, "tfidf").dense(1000)).all()


def test_other_settings_are_said(corpus, tmp_path):
    write_rows(corpus, OneHotConfig(), tmp_path / "run")
    with pytest.raises(UsageError, match="holds vectors with weighting count, not binary"):
        write_rows(corpus, OneHotConfig(weighting="binary"), tmp_path / "run")


def test_vectors_of_another_method_are_no_rows(corpus, tmp_path):
    count(corpus, CountedConfig(cooccurrence=CooccurrenceConfig(dim=2)), tmp_path / "run")
    with pytest.raises(UsageError, match="another method"):
        write_rows(corpus, OneHotConfig(), tmp_path / "run")
    with pytest.raises(ArtifactError, match=r"has no rows\.npz"):
        read_rows(tmp_path / "run")
