import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.kernels.word2vec_job import SENTENCE_END, Job, Sampler
from lexloom.nn.kernels.word2vec_plain import SplitMix, Walk


def job(ids, **changes):
    num_words = 6
    table = np.stack([np.full(num_words, 0xFFFFFFFF), np.arange(num_words)], 1).astype(np.uint32)
    values = {
        "ids": np.array(ids, np.uint32), "start": 0, "stop": len(ids), "negative": 3, "window": 4,
        "inputs_VD": np.zeros((num_words, 16), np.float32), "is_cbow": False,
        "outputs_VD": np.zeros((num_words, 16), np.float32), "objective": Sampler(table),
        "keep_V": np.full(num_words, 0xFFFFFFFF, np.uint32), "lr_start": 1.0, "lr_stop": 0.0,
        "seed": 3,
    }  # fmt: skip
    return Job(**values | changes)


def test_draws_are_those_of_splitmix64():
    # the first numbers of the seed 1234567, as published with the generator
    random = SplitMix(1234567)
    assert [random.draw() for _ in range(3)] == [
        6457827717110365317, 3203168211198807973, 9817491932198370423,
    ]  # fmt: skip


@given(st.integers(0, 2**64 - 1), st.integers(1, 2**32 - 1))
def test_draws_stay_below_their_limit(seed, limit):
    assert 0 <= SplitMix(seed).below(limit) < limit


def test_windows_are_of_every_width_and_hold_the_words_around():
    sentence = [0, 1, 2, 3, 4, 5] * 40
    windows = [*Walk(job([*sentence, SENTENCE_END])).windows()]
    assert [window.outputs[0] for window in windows] == sentence
    middle = windows[10:-10]
    assert {len(window.context) for window in middle} == {2, 4, 6, 8}
    for at, window in enumerate(windows):
        reach = max(len(window.context) // 2, 1)
        if 10 <= at < len(windows) - 10:
            around = sentence[at - reach : at] + sentence[at + 1 : at + reach + 1]
            assert window.context == around


def test_negatives_differ_from_each_other_and_from_the_word():
    for window in Walk(job([0, 1, 2, 3] * 50 + [SENTENCE_END])).windows():
        assert len(set(window.outputs)) == len(window.outputs) <= 4
        assert window.labels_N.tolist() == [1] + [0] * (len(window.outputs) - 1)


def test_the_rate_falls_along_the_stretch():
    ids = [0, 1, SENTENCE_END] * 10
    rates = [lr for _, lr in Walk(job(ids)).sentences()]
    np.testing.assert_allclose(rates, 1 - np.arange(10) / 10)


def test_a_sentence_of_one_word_teaches_nothing():
    walk = Walk(job([0, SENTENCE_END, SENTENCE_END, 1, SENTENCE_END]))
    assert [*walk.windows()] == []
    assert walk.num_words == 2
