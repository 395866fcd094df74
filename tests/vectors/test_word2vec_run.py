import dataclasses
import itertools
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.corpus import CorpusConfig, encode_sentences
from lexloom.vectors.vocabulary import VocabularyConfig
from lexloom.vectors.word2vec import Word2VecConfig
from lexloom.vectors.word2vec_run import load_start, train

CONFIG = Word2VecConfig(dim=8, window=2, sample=None, epochs=3)
ANY = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))


def sentences(seed=0, count=300, num_words=20):
    rng = np.random.default_rng(seed)
    return [[f"w{n}" for n in rng.integers(0, num_words, 10)] for _ in range(count)]


@pytest.fixture
def corpus(tmp_path):
    return encode_sentences(sentences(), tmp_path / "corpus", ANY)


def finish(corpus, config, folder, **options):
    progress = [*train(corpus, config, folder, **options)]
    vectors = safetensors.numpy.load_file(folder / "model" / "vectors.safetensors")["vectors"]
    return progress, vectors


def test_progress_goes_to_one_and_the_model_says_its_losses(corpus, tmp_path):
    progress, vectors = finish(corpus, CONFIG, tmp_path / "out")
    assert [step.done for step in progress] == sorted({step.done for step in progress})
    assert progress[-1].done == 1
    assert progress[-1].num_words_per_s > 0
    assert vectors.shape == (20, 8)
    assert not (tmp_path / "out" / "checkpoint").exists()
    assert len(progress[-1].place.losses) == 3


@pytest.mark.parametrize("rounds", [1, 4, 5])
def test_a_training_that_was_cut_off_gives_the_same_vectors(corpus, tmp_path, rounds):
    _, whole = finish(corpus, CONFIG, tmp_path / "whole")
    cut = train(corpus, CONFIG, tmp_path / "cut", save_every_s=0)
    [*itertools.islice(cut, rounds)]
    cut.close()
    assert (tmp_path / "cut" / "checkpoint").exists() == (rounds > 1)
    _, again = finish(corpus, CONFIG, tmp_path / "cut")
    assert (again == whole).all()


@pytest.mark.slow
def test_a_killed_training_goes_on(corpus, tmp_path):
    _, whole = finish(corpus, CONFIG, tmp_path / "whole")
    code = f"""
import os, pathlib, signal
from lexloom.vectors.corpus import EncodedCorpus
from lexloom.vectors.word2vec import Word2VecConfig
from lexloom.vectors.word2vec_run import train
corpus = EncodedCorpus.open(pathlib.Path({str(corpus.folder)!r}))
config = Word2VecConfig(dim=8, window=2, sample=None, epochs=3)
for number, _ in enumerate(train(corpus, config, pathlib.Path("cut"), save_every_s=0)):
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    (tmp_path / "cut" / ".checkpoint.half").mkdir()
    _, again = finish(corpus, CONFIG, tmp_path / "cut")
    assert (again == whole).all()
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["model"]


def test_a_trained_folder_is_left_as_it_is(corpus, tmp_path):
    finish(corpus, CONFIG, tmp_path / "out")
    assert [*train(corpus, CONFIG, tmp_path / "out")] == []
    with pytest.raises(UsageError, match="holds vectors with dim 8, not 9"):
        [*train(corpus, dataclasses.replace(CONFIG, dim=9), tmp_path / "out")]


def test_another_corpus_or_setting_does_not_go_on(corpus, tmp_path):
    cut = train(corpus, CONFIG, tmp_path / "out", save_every_s=0)
    [*itertools.islice(cut, 2)]
    cut.close()
    other = encode_sentences(sentences(1), tmp_path / "other", ANY)
    with pytest.raises(UsageError, match="from another corpus"):
        [*train(other, CONFIG, tmp_path / "out")]
    with pytest.raises(UsageError, match=r"with learning_rate 0\.025, not 0\.5"):
        [*train(corpus, dataclasses.replace(CONFIG, learning_rate=0.5), tmp_path / "out")]


def test_other_threads_go_on(corpus, tmp_path):
    cut = train(corpus, CONFIG, tmp_path / "out", save_every_s=0)
    [*itertools.islice(cut, 2)]
    cut.close()
    progress, _ = finish(corpus, dataclasses.replace(CONFIG, threads=2), tmp_path / "out")
    assert progress[0].done > 0.1


@pytest.mark.parametrize("objective", ["negative", "hierarchical"])
def test_training_goes_on_with_new_words(corpus, tmp_path, objective):
    config = dataclasses.replace(CONFIG, objective=objective)
    finish(corpus, config, tmp_path / "first")
    start = load_start(tmp_path / "first")
    more = encode_sentences(
        sentences(2, num_words=25), tmp_path / "more", ANY, known=start.vocabulary
    )
    assert len(more.vocabulary) == 25
    still = dataclasses.replace(config, learning_rate=1e-12, min_learning_rate=1e-12)
    _, vectors = finish(more, still, tmp_path / "second", start=start)
    old = [more.vocabulary.words.index(word) for word in start.vocabulary.words]
    np.testing.assert_allclose(vectors[old], start.rows.vectors_VD, atol=1e-6)


def test_a_start_of_another_kind_is_said(corpus, tmp_path):
    finish(corpus, CONFIG, tmp_path / "first")
    start = load_start(tmp_path / "first" / "model")
    with pytest.raises(UsageError, match="8 dimensions and the objective negative, not 9"):
        [*train(corpus, dataclasses.replace(CONFIG, dim=9), tmp_path / "x", start=start)]


def test_vectors_from_another_start_are_not_given_again(corpus, tmp_path):
    for seed in (1, 2):
        finish(corpus, dataclasses.replace(CONFIG, seed=seed), tmp_path / f"start-{seed}")
    one, two = (load_start(tmp_path / f"start-{seed}") for seed in (1, 2))
    _, vectors = finish(corpus, CONFIG, tmp_path / "out", start=one)
    progress, again = finish(corpus, CONFIG, tmp_path / "out", start=one)
    assert progress == []
    assert (again == vectors).all()
    for start in (two, None):
        with pytest.raises(UsageError, match="from another corpus or another start"):
            [*train(corpus, CONFIG, tmp_path / "out", start=start)]


def test_vectors_alone_are_no_start(corpus, tmp_path):
    from lexloom.artifacts import seal

    finish(corpus, CONFIG, tmp_path / "out")
    (tmp_path / "out" / "model" / "outputs.safetensors").unlink()
    seal(tmp_path / "out" / "model")
    (tmp_path / "glove.txt").write_text("a 1 2\n")  # a file, as other tools write it
    for place in ("out", "glove.txt"):
        with pytest.raises(ArtifactError, match="holds vectors alone"):
            load_start(tmp_path / place)


def test_a_damaged_checkpoint_is_said(corpus, tmp_path):
    cut = train(corpus, CONFIG, tmp_path / "out", save_every_s=0)
    [*itertools.islice(cut, 2)]
    cut.close()
    (tmp_path / "out" / "checkpoint" / "state.json").write_text("{}")
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        [*train(corpus, CONFIG, tmp_path / "out")]
