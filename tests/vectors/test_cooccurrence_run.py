import pytest

pytest.importorskip("scipy")

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.cooccurrence import CooccurrenceConfig
from lexloom.vectors.cooccurrence_run import CountedConfig, count
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.vocabulary import VocabularyConfig
from lexloom.vectors.word2vec_run import load_start

SMALL = CountedConfig(cooccurrence=CooccurrenceConfig(dim=2, window=2))


@pytest.fixture
def corpus(tmp_path):
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))
    return encode_sentences([[*"abcd"], [*"badc"]], tmp_path / "corpus", config)


def test_counted_vectors_are_loaded(corpus, tmp_path):
    seen = []
    count(corpus, SMALL, tmp_path / "run", on_numbers=seen.append)
    assert sum(seen) == 10
    assert WordVectors.load(tmp_path / "run").vectors.shape == (4, 2)
    count(corpus, SMALL, tmp_path / "run", on_numbers=seen.append)
    assert sum(seen) == 10  # nothing was counted again


def test_other_settings_are_said(corpus, tmp_path):
    count(corpus, SMALL, tmp_path / "run")
    other = CountedConfig(cooccurrence=CooccurrenceConfig(dim=3, window=2))
    with pytest.raises(UsageError, match="holds vectors with dim 2, not 3"):
        count(corpus, other, tmp_path / "run")


def test_no_training_goes_on_from_counts(corpus, tmp_path):
    count(corpus, SMALL, tmp_path / "run")
    with pytest.raises(ArtifactError, match="holds vectors alone"):
        load_start(tmp_path / "run")
