"""A tagger on vectors begins with those that were given, and learns those of what they lack."""

import numpy as np
import pytest
import torch

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.vector_tagger import Table
from lexloom.train.vector_start import VectorFitConfig, VectorSources, start_tagger
from vector_doubles import CHINESE, ENGLISH, characters, vectors


def start(items, sources, **settings):
    rows, tags = [item.words for item in items], [item.tags for item in items]
    scheme = TagScheme.of(tags)
    config = VectorFitConfig.of({"hidden_size": 8} | settings)
    return start_tagger(rows, scheme, sorted(set(scheme.tags)), sources, config)


def test_words_begin_with_their_vectors_of_length_1_in_the_mean():
    given = vectors(characters())
    files = start(CHINESE, VectorSources(given))
    table = files.model.word_embeddings["words"].learnt_SD.detach()
    number = files.featurizer.words.id_of("京")
    length = np.linalg.norm(given.vectors, axis=1).mean()
    assert torch.allclose(table[number], torch.from_numpy(given["京"] / length))
    assert table[2:].norm(dim=1).mean().item() == pytest.approx(1.0)


def test_words_that_the_vectors_lack_are_learnt_if_they_come_often():
    given = vectors([word for word in characters() if word not in "李京"])
    files = start(CHINESE, VectorSources(given), min_count=3)
    words = files.featurizer.words
    assert "李" in words
    assert "京" in words
    assert "京" not in start(CHINESE, VectorSources(given), min_count=4).featurizer.words
    table = files.model.word_embeddings["words"].learnt_SD.detach()
    assert table[words.id_of("李")].any()


def test_the_first_vectors_are_taken_and_no_more_than_asked_for():
    files = start(CHINESE, VectorSources(vectors(characters())), max_vocabulary=5, min_count=99)
    assert list(files.featurizer.words.strings) == characters()[:5]


def test_an_empty_word_and_cased_ones_are_no_trouble():
    given = vectors(["", "ann", "bob", "carl", "lives", "in", "paris", "rome", "."])
    files = start(ENGLISH, VectorSources(given, lexicon=given))
    assert "" not in files.featurizer.words
    assert "Ann" not in files.featurizer.words  # "ann" stands for it
    assert files.featurizer.words.id_of("Ann") == 2


def test_pairs_come_from_the_data_or_from_vectors():
    words = vectors(characters())
    learnt = start(CHINESE, VectorSources(words), min_count=3)
    assert "北京" in learnt.featurizer.bigrams
    assert learnt.config.bigrams.size == 50
    given = start(
        CHINESE, VectorSources(words, bigrams=vectors(["北京", "京都"], size=4)), min_count=99
    )
    assert given.featurizer.bigrams.strings == ("北京", "京都")
    assert given.config.bigrams == Table(num_ids=4, num_learnt=3, size=4)
    assert given.config.bigrams.size == 4
    none = start(CHINESE, VectorSources(words), bigram_size=None)
    assert none.config.bigrams is None


def test_longer_words_have_a_spelling_unless_it_is_not_wanted():
    words = vectors([word for item in ENGLISH for word in item.words][:5])
    assert "n" in start(ENGLISH, VectorSources(words)).featurizer.characters
    assert start(ENGLISH, VectorSources(words), spelling=False).config.characters is None
    chinese = VectorSources(vectors(characters()))
    assert start(CHINESE, chinese).config.characters is None
    assert start(CHINESE, chinese, spelling=True).config.characters is not None


def test_the_words_of_a_lexicon_weigh_as_often_as_they_came():
    words = vectors(characters())
    lexicon = vectors(["北京", "工作"], counts=[9, 4])
    found = start(CHINESE, VectorSources(words, lexicon=lexicon)).featurizer.lexicon
    assert (found.numbering.strings, found.counts) == (("北京", "工作"), (9, 4))
    lexicon = vectors(["北京", "工作"])
    assert start(CHINESE, VectorSources(words, lexicon=lexicon)).featurizer.lexicon.counts == (1, 1)


def test_what_training_does_not_read_keeps_its_vector_and_is_not_learnt():
    words = vectors([*characters(), "虎", "狼"])
    lexicon = vectors(["虎狼", "北京", "京"], counts=[9, 4, 1])
    files = start(CHINESE, VectorSources(words, lexicon=lexicon))
    table = files.model.word_embeddings["words"]
    assert files.featurizer.words.strings[-2:] == ("虎", "狼")
    assert len(table.kept_UD) == 2
    length = np.linalg.norm(words.vectors, axis=1).mean()
    number = torch.tensor(files.featurizer.words.id_of("虎"))
    assert torch.allclose(table(number), torch.from_numpy(words["虎"] / length))
    known = files.featurizer.lexicon
    assert (known.numbering.strings, known.counts) == (("北京", "京", "虎狼"), (4, 1, 9))
    assert files.config.lexicon == Table(num_ids=5, num_learnt=4, size=6)


def test_vectors_of_zeros_stay_so():
    given = vectors(characters())
    given.vectors[:] = 0
    files = start(CHINESE, VectorSources(given))
    assert not files.model.word_embeddings["words"].learnt_SD.any()


def test_a_seed_decides_what_begins_from_nothing():
    def weight(seed):
        files = start(CHINESE, VectorSources(vectors(characters())), seed=seed)
        return files.model.classifier.weight

    assert torch.equal(weight(1), weight(1))
    assert not torch.equal(weight(1), weight(2))


def test_vectors_of_other_words_are_refused():
    with pytest.raises(
        TrainingError, match=r"only 0 of 72 training words have a vector \(give vec"
    ):
        start(CHINESE, VectorSources(vectors(["李明", "北京", "工作"])))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_count": 0}, "min_count must be at least 1, got 0"),
        ({"max_words": 0}, "max_words must be at least 1, got 0"),
        ({"bigram_size": 0}, r"bigram_size must be at least 1, got 0 \(null reads no pairs\)"),
        ({"encoder": "rnn"}, "encoder must be one of 'bilstm', 'cnn'"),
        ({"pooling": "cls"}, "unknown key 'pooling'"),
    ],
)
def test_a_setting_out_of_range_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        VectorFitConfig.of(values)
    assert VectorFitConfig.of({}).train.precision == "fp32"


@pytest.mark.parametrize("hidden_size", [7, 0])
def test_a_shape_that_cannot_be_is_refused(hidden_size):
    with pytest.raises(ConfigError, match="hidden_size must be"):
        start(CHINESE, VectorSources(vectors(characters())), hidden_size=hidden_size)
