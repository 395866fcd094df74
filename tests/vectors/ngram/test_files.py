import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lexloom.artifacts import seal
from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.ngram import NgramConfig, load, save, train
from lexloom.vectors.ngram.arpa import write_arpa

CORPUS = [["the", "dog", "ran"], ["王芳", "saw", "\ud800", "😀"], ["the", "dog", "saw"]]


@pytest.fixture
def trained():
    return train(CORPUS, NgramConfig(order=3, unit="token", lowercase=True))[0]


@pytest.fixture
def path(tmp_path, trained):
    save(trained, tmp_path / "model")
    return tmp_path / "model"


def test_a_model_comes_back_as_it_was(path, trained):
    again = load(path)
    assert again.config == trained.config
    assert again.vocabulary.words == trained.vocabulary.words
    for one, other in zip(trained.levels, again.levels, strict=True):
        for name in ("keys", "log_probs", "log_backoffs"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert again.score_sentences(CORPUS).tolist() == trained.score_sentences(CORPUS).tolist()


def test_the_same_corpus_writes_the_same_files(path, tmp_path, trained):
    save(trained, tmp_path / "other")
    assert (path / "manifest.json").read_bytes() == (tmp_path / "other/manifest.json").read_bytes()


def test_a_model_is_written_over_and_nothing_else_is(path, tmp_path, trained):
    save(trained, path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letters.txt").write_text("mine")
    for other in (tmp_path / "folder", tmp_path / "folder" / "letters.txt"):
        with pytest.raises(UsageError, match="is no n-gram model, so it is not written over"):
            save(trained, other)
    (tmp_path / "empty").mkdir()
    save(trained, tmp_path / "empty")


def test_an_arpa_file_is_loaded_too(tmp_path, trained):
    write_arpa(trained, tmp_path / "m.arpa")
    assert load(tmp_path / "m.arpa").config == trained.config


def test_what_is_missing_or_altered_is_refused(path, tmp_path):
    with pytest.raises(ArtifactError, match="there is no n-gram model"):
        load(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match=r"has no manifest\.json"):
        load(tmp_path)
    arrays = path / "ngrams.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="is not the file that was saved"):
        load(path)


def damaged(path, name, change):
    file = path / name
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    seal(path)


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("config.json", lambda v: v | {"format": "other"}, "its format is 'other'"),
        ("config.json", lambda v: v | {"ordre": 3}, "unknown key 'ordre'"),
        ("config.json", lambda v: v | {"order": 9}, "keys.4"),
        ("config.json", lambda v: [1], "is no n-gram model"),
        ("vocabulary.json", lambda v: v[:-1], "it has 9 words, and probabilities for 10"),
        ("vocabulary.json", lambda v: v[::-1], "does not begin with the special words"),
        ("vocabulary.json", lambda v: 7, "is no n-gram model"),
        ("vocabulary.json", lambda v: [*v[:-1], v[-2]], "holds a word twice"),
        ("vocabulary.json", lambda v: [*v[:-1], 7], "is no n-gram model"),
    ],
)
def test_a_model_that_contradicts_itself_is_refused(path, name, change, problem):
    damaged(path, name, change)
    with pytest.raises(ArtifactError, match=problem):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"keys.2": np.array([3, 2, 1], np.int64)},
        {"keys.2": np.zeros(3, np.float32)},
        {"log_probs.2": np.zeros(1, np.float32)},
        {"log_probs.2": np.zeros((3, 3), np.float32)},
        {"keys.1": np.zeros(10, np.int64)},
        {"log_probs.1": np.full(10, np.nan, np.float32)},
        {"keys.3": np.array([10**12], np.int64), "log_probs.3": np.zeros(1, np.float32),
         "log_backoffs.3": np.zeros(1, np.float32)},
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused(path, change):
    file = path / "ngrams.safetensors"
    save_file(load_file(file) | change, file)
    seal(path)
    with pytest.raises(ArtifactError, match="is no n-gram model"):
        load(path)


def test_another_directory_is_no_model(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    seal(tmp_path / "m")
    with pytest.raises(ArtifactError, match="its format is None"):
        load(tmp_path / "m")


KILLED = """
import os, signal, sys
from pathlib import Path
from lexloom.vectors.ngram import files, NgramConfig, train
model, _ = train([["a", "b"], ["b", "a"]], NgramConfig(order=2))
def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(files, sys.argv[2], die)
files.save(model, Path(sys.argv[1]))
"""


@pytest.mark.parametrize("moment", ["save_file", "write_text"])
def test_a_killed_save_leaves_the_old_model(path, trained, moment):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, path, moment], env=dict(os.environ), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert load(path).vocabulary.words == trained.vocabulary.words
    save(trained, path)
