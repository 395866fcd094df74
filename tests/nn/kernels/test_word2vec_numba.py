"""That numba learns what the other ways learn is in test_word2vec.py; here is what only it does."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lexloom.nn.kernels.word2vec_job import SENTENCE_END, Job
from lexloom.nn.kernels.word2vec_plain import MAX_SENTENCE, learn_plain
from lexloom.vectors.sampling import keep_thresholds, negative_sampler

pytest.importorskip("numba", reason="numba is an extra")
pytestmark = pytest.mark.slow  # it compiles for some seconds


def job(ids, *, width=32, **changes):
    counts = np.array([9, 5, 3, 2])
    values = {
        "ids": ids, "start": 0, "stop": len(ids), "negative": 2, "window": 2, "is_cbow": False,
        "inputs_VD": np.full((4, width), 0.1, np.float32),
        "outputs_VD": np.full((4, width), 0.2, np.float32),
        "keep_V": keep_thresholds(counts, None), "objective": negative_sampler(counts, 0.75),
        "lr_start": 0.05, "lr_stop": 0.05, "seed": 7,
    }  # fmt: skip
    return Job(**values | changes)


def learn(given):
    from lexloom.nn.kernels.word2vec_numba import learn_numba

    return learn_numba(given)


def test_a_corpus_that_is_mapped_read_only_is_learnt_from(tmp_path):
    ids = np.array([0, 1, 2, 3, SENTENCE_END] * 3, np.uint32)
    ids.tofile(tmp_path / "ids.bin")
    mapped = np.memmap(tmp_path / "ids.bin", np.uint32, "r")
    assert learn(job(mapped)).loss_nats == pytest.approx(learn_plain(job(ids)).loss_nats)


def test_a_long_sentence_is_learnt_from_in_parts():
    ids = np.array([0, 1] * (MAX_SENTENCE // 2 + 3), np.uint32)
    assert learn(job(ids, is_cbow=True)).num_words == len(ids)


def test_threads_learn_at_once_into_the_same_rows():
    ids = np.array([0, 1, 2, 3, SENTENCE_END] * 200, np.uint32)
    shared = job(ids)
    with ThreadPoolExecutor(2) as pool:
        learned = [*pool.map(learn, [shared] * 4)]
    assert [one.num_words for one in learned] == [800] * 4
    assert np.isfinite(shared.inputs_VD).all()


def test_the_least_seed_and_the_largest_are_both_seeds():
    ids = np.array([0, 1, 2, SENTENCE_END], np.uint32)
    for seed in (0, (1 << 64) - 1):
        wanted = learn_plain(job(ids, seed=seed)).loss_nats
        assert learn(job(ids, seed=seed)).loss_nats == pytest.approx(wanted)
