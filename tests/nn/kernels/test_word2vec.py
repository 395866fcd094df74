import dataclasses
import importlib.util
import itertools
import sys
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.kernels import word2vec
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels
from lexloom.nn.kernels.word2vec import learn, learn_compiled
from lexloom.nn.kernels.word2vec_job import SENTENCE_END, Job
from lexloom.nn.kernels.word2vec_plain import learn_plain
from lexloom.vectors.huffman import huffman_paths
from lexloom.vectors.sampling import keep_thresholds, negative_sampler

FOUND = kernels()
AVAILABLE = range(min(FOUND.instruction_set, 2) + 1) if FOUND else ()


# it compiles for some seconds, whichever test comes first
numba_marks = (
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is an extra"),
)


def by_numba(job):
    from lexloom.nn.kernels.word2vec_numba import learn_numba

    return learn_numba(job)


def ways():
    """Every way that this machine has: by NumPy, by numba, compiled for each instruction set."""
    yield pytest.param(learn_plain, id="numpy")
    yield pytest.param(by_numba, id="numba", marks=[*numba_marks])
    for number in AVAILABLE:
        limited = Kernels(FOUND.functions, number)
        way = lambda job, limited=limited: learn_compiled(job, limited)  # noqa: E731
        yield pytest.param(way, id=INSTRUCTION_SETS[number])


every_way = pytest.mark.parametrize("way", [*ways()])


def rows(num_words, width, seed):
    rng = np.random.default_rng(seed)
    values = np.zeros((num_words, (width + 15) // 16 * 16), np.float32)
    values[:, :width] = rng.normal(0, 0.3, (num_words, width))
    return values


def corpus(sentences):
    return np.array([word for line in sentences for word in [*line, SENTENCE_END]], np.uint32)


def made(sentences, num_words, *, objective="negative", width=20, **changes):
    ids = corpus(sentences)
    counts = np.bincount(ids[ids != SENTENCE_END], minlength=num_words)[:num_words] + 1
    counts = -np.sort(-counts)
    tables = {"negative": lambda: negative_sampler(counts, 0.75)}
    tables["hierarchical"] = lambda: huffman_paths(counts)
    values = {
        "ids": ids, "start": 0, "stop": len(ids), "negative": 5, "window": 3, "is_cbow": False,
        "inputs_VD": rows(num_words, width, 1), "outputs_VD": rows(num_words, width, 2),
        "keep_V": keep_thresholds(counts, None), "objective": tables[objective](),
        "lr_start": 0.05, "lr_stop": 0.05, "seed": 7,
    }  # fmt: skip
    return Job(**values | changes)


def copied(job):
    return dataclasses.replace(
        job, inputs_VD=job.inputs_VD.copy(), outputs_VD=job.outputs_VD.copy()
    )


METHODS = [
    pytest.param(objective, changes, id=f"{objective} {name}")
    for objective in ("negative", "hierarchical")
    for name, changes in {
        "skip-gram": {"is_cbow": False},
        "CBOW sum": {"is_cbow": True, "is_mean": False},
        "CBOW mean": {"is_cbow": True},
        "CBOW mean exact": {"is_cbow": True, "is_exact": True},
    }.items()
]
every_method = pytest.mark.parametrize(("objective", "changes"), METHODS)


def reference(job, target, context, negatives):
    """The loss of one window and its gradient for every row, in float64 and by autograd-free maths.

    The objective of Mikolov et al. (2013): for skip-gram the sum over the words around.
    """
    inputs, outputs = job.inputs_VD.astype(np.float64), job.outputs_VD.astype(np.float64)

    def loss(inputs, outputs):
        if hasattr(job.objective, "nodes"):
            start, stop = job.objective.starts[target : target + 2]
            nodes, labels = job.objective.nodes[start:stop], job.objective.labels[start:stop]
        else:
            nodes = np.array([target, *negatives])
            labels = np.eye(1, len(nodes))[0]
        seen = inputs[context]
        if job.is_cbow:
            seen = seen.mean(0, keepdims=True) if job.is_mean else seen.sum(0, keepdims=True)
        signed = (2 * labels - 1) * (seen @ outputs[nodes].T)
        return np.log1p(np.exp(-signed)).sum()

    return inputs, outputs, loss


def finite_differences(function, values, step=1e-5):
    gradient = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        values[place] = kept + step
        above = function()
        values[place] = kept - step
        gradient[place] = (above - function()) / (2 * step)
        values[place] = kept
    return gradient


@every_way
@every_method
def test_a_step_goes_down_the_gradient_of_the_objective(way, objective, changes):
    # two words: the window of each is the other; drawn negatives are checked below
    lr = 0.01
    job = made([[1, 0]], 6, objective=objective, width=5, negative=0, lr_start=lr, lr_stop=lr,
               **changes)  # fmt: skip
    before = copied(job)
    learned = way(job)
    inputs, outputs, loss = before.inputs_VD.astype(float), before.outputs_VD.astype(float), 0.0
    for target, context in ((1, [0]), (0, [1])):
        now = dataclasses.replace(before, inputs_VD=inputs, outputs_VD=outputs)
        inputs, outputs, function = reference(now, target, context, [])
        value = lambda f=function, a=inputs, b=outputs: f(a, b)  # noqa: E731
        loss += value()
        steps = finite_differences(value, inputs), finite_differences(value, outputs)
        inputs, outputs = inputs - lr * steps[0], outputs - lr * steps[1]
    np.testing.assert_allclose(job.inputs_VD, inputs, atol=2e-6)
    np.testing.assert_allclose(job.outputs_VD, outputs, atol=2e-6)
    assert learned.loss_nats == pytest.approx(loss, rel=1e-5)


@every_way
@pytest.mark.parametrize("changes", [case.values[1] for case in METHODS[:4]])
def test_a_window_of_many_words_goes_down_the_gradient(way, changes):
    # nine words that differ, learnt from with so small a rate that steps do not meet
    lr = 1e-4
    sentence = [4, 1, 7, 0, 8, 2, 6, 3, 5]
    job = made([sentence], 9, width=7, negative=0, window=1, lr_start=lr, lr_stop=lr, **changes)
    before = copied(job)
    way(job)
    wanted_inputs, wanted_outputs = np.zeros((9, 16)), np.zeros((9, 16))
    for at, target in enumerate(sentence):
        context = [*sentence[max(0, at - 1) : at], *sentence[at + 1 : at + 2]]
        inputs, outputs, function = reference(before, target, context, [])
        value = lambda f=function, a=inputs, b=outputs: f(a, b)  # noqa: E731
        step = finite_differences(value, inputs)
        if changes.get("is_cbow") and changes.get("is_mean", True) and not changes.get("is_exact"):
            step *= len(context)  # word2vec.c's way: the whole gradient to each
        wanted_inputs -= step
        wanted_outputs -= finite_differences(value, outputs)
    moved = (job.inputs_VD.astype(float) - before.inputs_VD) / lr
    np.testing.assert_allclose(moved, wanted_inputs, atol=0.01)
    moved = (job.outputs_VD.astype(float) - before.outputs_VD) / lr
    np.testing.assert_allclose(moved, wanted_outputs, atol=0.01)


@pytest.mark.parametrize("way", [*ways()][1:])
@every_method
@settings(deadline=None, max_examples=15)
@given(st.data())
def test_every_way_learns_the_same_as_numpy(way, objective, changes, data):
    num_words = data.draw(st.integers(2, 30))
    word = st.integers(0, num_words - 1)
    sentences = data.draw(st.lists(st.lists(word, max_size=12), max_size=8))
    job = made(
        sentences, num_words, objective=objective, width=data.draw(st.integers(1, 40)),
        negative=data.draw(st.integers(0, 14)), window=data.draw(st.integers(1, 8)),
        seed=data.draw(st.integers(0, 1 << 63)), lr_stop=0.01,
        keep_V=np.full(num_words, data.draw(st.sampled_from([1 << 31, (1 << 32) - 1])), np.uint32),
        **changes,
    )  # fmt: skip
    other = copied(job)
    got = way(job)
    wanted = learn_plain(other)
    assert got.num_predictions == wanted.num_predictions
    assert got.num_words == wanted.num_words
    np.testing.assert_allclose(job.inputs_VD, other.inputs_VD, atol=5e-5)
    np.testing.assert_allclose(job.outputs_VD, other.outputs_VD, atol=5e-5)
    assert got.loss_nats == pytest.approx(wanted.loss_nats, rel=1e-4, abs=1e-5)


@every_way
@every_method
def test_stretches_together_read_each_sentence_once(way, objective, changes):
    rng = np.random.default_rng(3)
    sentences = [rng.integers(0, 20, size).tolist() for size in (3, 0, 9, 1, 5, 12, 2)]
    job = made(sentences, 20, objective=objective, **changes)
    cuts = [0, 1, 7, 8, 15, 22, len(job.ids)]
    parts = [
        way(dataclasses.replace(job, start=start, stop=stop))
        for start, stop in itertools.pairwise(cuts)
    ]
    assert sum(part.num_words for part in parts) == sum(map(len, sentences))
    many_cuts = range(len(job.ids) + 1)
    parts = [way(dataclasses.replace(job, start=start, stop=start + 1)) for start in many_cuts[:-1]]
    assert sum(part.num_words for part in parts) == sum(map(len, sentences))


@every_way
def test_a_last_sentence_without_its_end_is_read(way):
    job = made([[0, 1, 2]], 4)
    job = dataclasses.replace(job, ids=job.ids[:-1], stop=3)
    assert way(job).num_words == 3


@every_way
def test_the_padding_of_rows_stays_zero(way):
    job = made([[0, 1, 2, 3]] * 5, 4, width=3)
    way(job)
    assert not job.inputs_VD[:, 3:].any()
    assert not job.outputs_VD[:, 3:].any()


@every_way
def test_words_are_left_out_by_chance(way):
    never = np.array([0, 0xFFFFFFFF, 0xFFFFFFFF], np.uint32)
    job = made([[0, 1, 0, 2, 0]] * 3, 3, keep_V=never, window=1)
    learned = way(job)
    assert learned.num_words == 15
    assert learned.num_predictions == 3 * 2  # 1 and 2 stand side by side


@every_way
def test_huge_products_stay_numbers_and_are_counted_in_full(way):
    job = made([[0, 1]], 2, negative=0, width=1)
    job.inputs_VD[:, 0], job.outputs_VD[:, 0] = 100, -100
    learned = way(job)
    assert learned.loss_nats == pytest.approx(20_000, rel=0.1)
    assert np.isfinite(job.inputs_VD).all()


def test_learning_without_kernels_and_numba_is_by_numpy(monkeypatch):
    monkeypatch.setattr(word2vec, "kernels", lambda: None)
    monkeypatch.setattr(word2vec, "has_numba", lambda: False)
    job = made([[0, 1, 2]] * 3, 4)
    other = copied(job)
    assert learn(job) == learn_plain(other)
    assert (job.inputs_VD == other.inputs_VD).all()


def test_learning_without_kernels_is_by_numba_where_it_is_installed(monkeypatch):
    module = types.ModuleType("lexloom.nn.kernels.word2vec_numba")
    module.learn_numba = lambda job: ("by numba", job)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(word2vec, "kernels", lambda: None)
    monkeypatch.setattr(word2vec, "has_numba", lambda: True)
    job = made([[0, 1, 2]], 4)
    assert learn(job) == ("by numba", job)
