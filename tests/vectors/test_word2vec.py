import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import ConfigError, TrainingError
from lexloom.nn.kernels.word2vec_job import Learned
from lexloom.vectors import word2vec as module
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.vocabulary import Vocabulary, VocabularyConfig
from lexloom.vectors.word2vec import Place, Rows, Trainer, Word2VecConfig, stretches

SMALL = Word2VecConfig(dim=12, window=3, sample=None, epochs=6, learning_rate=0.1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two groups of words that never meet."""
    rng = np.random.default_rng(0)
    groups = [[f"{name}{number}" for number in range(8)] for name in "ab"]
    sentences = [rng.choice(groups[turn % 2], 12).tolist() for turn in range(400)]
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))
    return encode_sentences(sentences, tmp_path_factory.mktemp("w") / "corpus", config)


def trained(corpus, config):
    trainer = Trainer(corpus, Rows.new(corpus.vocabulary, config), config)
    *_, place = trainer.rounds(Place())
    return trainer.rows, place


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
@pytest.mark.parametrize("objective", ["negative", "hierarchical"])
@pytest.mark.parametrize("threads", [1, 3])
def test_words_that_meet_become_alike(corpus, method, objective, threads):
    config = dataclasses.replace(SMALL, method=method, objective=objective, threads=threads)
    rows, place = trained(corpus, config)
    unit = rows.vectors_VD / np.linalg.norm(rows.vectors_VD, axis=1, keepdims=True)
    is_a = np.array([word.startswith("a") for word in corpus.vocabulary.words])
    alike = unit @ unit.T
    assert alike[is_a][:, is_a].mean() > alike[is_a][:, ~is_a].mean() + 0.4
    assert len(place.losses) == config.epochs
    assert place.losses[-1] < place.losses[0]


def test_the_first_loss_is_that_of_knowing_nothing(corpus):
    # all outputs are zero: each of the labels costs log 2
    _, place = trained(
        corpus, dataclasses.replace(SMALL, learning_rate=1e-9, min_learning_rate=1e-9, epochs=1)
    )
    assert 5.0 < place.losses[0] / np.log(2) < 6.0


def test_one_thread_gives_the_same_vectors_again(corpus):
    first, second = (trained(corpus, SMALL)[0].vectors_VD for _ in range(2))
    assert (first == second).all()
    other = trained(corpus, dataclasses.replace(SMALL, seed=1))[0].vectors_VD
    assert not np.allclose(first, other)


def test_a_training_goes_on_from_any_place(corpus):
    config = dataclasses.replace(SMALL, epochs=2)
    whole, end = trained(corpus, config)
    rows = Rows.new(corpus.vocabulary, config)
    places = Trainer(corpus, rows, config).rounds(Place())
    *_, place = itertools.islice(places, 5)
    again = Rows.of(rows.vectors_VD.copy(), rows.outputs_VD[:, : config.dim].copy())
    *_, last = Trainer(corpus, again, config).rounds(place)
    assert last == end
    assert (again.vectors_VD == whole.vectors_VD).all()


def test_the_learning_rate_falls_in_a_line(corpus):
    config = dataclasses.replace(SMALL, epochs=3, learning_rate=0.3, min_learning_rate=0.03)
    trainer = Trainer(corpus, Rows.new(corpus.vocabulary, config), config)
    jobs = [trainer.job(epoch, n) for epoch in range(3) for n in range(len(trainer.stretches))]
    assert jobs[0].lr_start == 0.3
    assert jobs[-1].lr_stop == pytest.approx(0.03)
    assert all(a.lr_stop == pytest.approx(b.lr_start) for a, b in itertools.pairwise(jobs))
    assert len({job.seed for job in jobs}) == len(jobs)


@given(st.lists(st.integers(0, 300_000), max_size=4))
def test_stretches_cover_each_shard(sizes):
    found = stretches(sizes)
    for shard, size in enumerate(sizes):
        parts = [part for part in found if part.shard == shard]
        assert sum(part.stop - part.start for part in parts) == size
        assert all(a.stop == b.start for a, b in itertools.pairwise(parts))
    offsets = [part.offset for part in found]
    assert offsets == sorted(set(offsets))


def test_a_loss_that_is_no_number_ends_the_training(corpus, monkeypatch):
    monkeypatch.setattr(module, "learn", lambda job: Learned(float("nan"), 1, 1))
    with pytest.raises(TrainingError, match=r"no number any more, in epoch 1.*lower learning_rate"):
        trained(corpus, SMALL)


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_a_corpus_of_lone_words_teaches_nothing(tmp_path, method):
    corpus = encode_sentences([["a"], ["b"]] * 9, tmp_path / "alone", CorpusConfig())
    config = Word2VecConfig(dim=2, method=method, sample=None, epochs=2)
    with pytest.raises(TrainingError, match=r"no word stood beside another.*raise sample"):
        trained(corpus, config)


def test_rows_begin_on_cache_lines_and_are_padded_with_zeros():
    rows = Rows.new(Vocabulary(["a", "b", "c"], np.array([3, 2, 1])), SMALL)
    assert rows.inputs_VD.ctypes.data % 64 == 0
    assert rows.inputs_VD.shape == (3, 16)
    assert not rows.inputs_VD[:, 12:].any()
    assert abs(rows.vectors_VD).max() <= 0.5 / 12
    assert not rows.outputs_VD.any()


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"dim": 0}, "dim must be at least 1, got 0"),
        ({"window": 0}, "window must be at least 1"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"negative": 0}, "negative must be at least 1"),
        ({"window": 1001}, "must be at most 1000"),
        ({"dim": 1 << 17}, "and dim 65536"),
        ({"sample": 0.0}, "sample must be above 0, got 0.0 .null thins nothing out"),
        ({"negative_power": 300.0}, r"negative_power must be in \[-10, 10\], got 300"),
        ({"negative_power": float("nan")}, "negative_power must be in"),
        ({"learning_rate": float("nan")}, "learning_rate must be at least min_learning_rate"),
        ({"learning_rate": 1e-5}, "learning_rate must be at least min_learning_rate"),
        ({"min_learning_rate": 0.0}, "both above 0"),
    ],
)
def test_settings_out_of_range_are_said(setting, reason):
    with pytest.raises(ConfigError, match=reason):
        Word2VecConfig(**setting)
