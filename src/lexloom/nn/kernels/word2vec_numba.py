"""Learn word2vec's rows by code that numba compiles, where the install found no C++ compiler.

It draws what ``word2vec.cpp`` draws, in the same order, and computes the same in float32. numba is
an extra; `word2vec` imports this module only where it is installed. The first call of a process
compiles for some seconds; nothing is kept on disk, for numba's own cache is made of pickles.
`numba_draws` and `numba_rows` have the parts of a step.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.numba_draws import (
    Chances,
    choose_context,
    choose_path,
    choose_words,
    first_sentence,
    read_sentence,
)
from lexloom.nn.kernels.numba_lanes import LANES
from lexloom.nn.kernels.numba_rows import (
    BLOCK,
    Rows,
    Words,
    add,
    clear,
    gather,
    jit,
    join,
    multiply,
    spread,
    to_gradients,
)
from lexloom.nn.kernels.word2vec_job import Job, Learned, Paths, aligned_rows
from lexloom.nn.kernels.word2vec_plain import MAX_SENTENCE


class Tables(NamedTuple):
    """What is read: of a `Job`, those of the other objective being empty."""

    ids: Words
    keep_V: Words
    alias_V2: Words
    path_starts: NDArray[np.int64]
    path_nodes: Words
    path_labels: Rows


class Settings(NamedTuple):
    """The numbers of a `Job`."""

    start: int
    stop: int
    window: int
    negative: int
    is_cbow: bool
    is_mean: bool
    is_exact: bool
    lr_start: float
    lr_stop: float


class Memory(NamedTuple):
    """What is changed: the rows, the chances, and room for one sentence and one step."""

    inputs_VD: Rows
    outputs_VD: Rows
    random: Chances
    sentence: Words
    context: Words
    """The words of the step's inputs."""
    outputs: Words
    x_MD: Rows
    """The inputs as they were before the step, and a block more."""
    y_ND: Rows
    change_1D: Rows
    """Of all the words around, where they predict together."""


class Pairs(NamedTuple):
    """Each input with each output, and a block of both more."""

    products_MN: Rows
    """Which become gradients."""
    targets_2N: Rows
    """The outputs' labels; and 1 for each output, 0 behind them."""
    factors_1K: Rows


def learn_numba(job: Job) -> Learned:
    """Learn from a stretch, while other threads run; see `word2vec.learn`."""
    empty = np.empty(0, np.uint32)
    if isinstance(job.objective, Paths):
        paths = job.objective
        most_outputs = int(np.diff(paths.starts).max(initial=1))
        chosen = np.empty((0, 2), np.uint32), paths.starts, paths.nodes, paths.labels
    else:
        most_outputs = 1 + job.negative
        starts, labels = np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = job.objective.table_V2, starts, empty, labels
    tables = Tables(np.asarray(job.ids), job.keep_V, *chosen)
    settings = Settings(
        job.start, job.stop, job.window, job.negative, bool(job.is_cbow), bool(job.is_mean),
        bool(job.is_exact), float(job.lr_start), float(job.lr_stop),
    )  # fmt: skip
    loss, num_predictions, num_words = _learn(
        tables, settings, _memory(job, most_outputs), _pairs(job, most_outputs)
    )
    return Learned(float(loss), int(num_predictions), int(num_words))


def _memory(job: Job, most_outputs: int) -> Memory:
    width = job.inputs_VD.shape[1]
    return Memory(
        job.inputs_VD,
        job.outputs_VD,
        np.array([job.seed & ((1 << 64) - 1)], np.uint64),
        np.empty(MAX_SENTENCE, np.uint32),
        np.empty(2 * job.window, np.uint32),
        np.empty(most_outputs, np.uint32),
        aligned_rows(2 * job.window + BLOCK, width),
        aligned_rows(most_outputs + BLOCK, width),
        aligned_rows(1, width),
    )


def _pairs(job: Job, most_outputs: int) -> Pairs:
    products_MN = aligned_rows(2 * job.window + BLOCK, most_outputs + BLOCK)
    targets_2N = aligned_rows(2, most_outputs + BLOCK)
    targets_2N[0, 0] = 1  # the word itself; a path has labels of its own
    return Pairs(products_MN, targets_2N, aligned_rows(1, LANES))


@jit
def _learn(
    tables: Tables, settings: Settings, memory: Memory, pairs: Pairs
) -> tuple[float, int, int]:
    # arrays go by themselves to what is called often: a tuple of them costs more than a step
    ids, keep_V, alias_V2, path_starts, path_nodes, path_labels = tables
    start, stop, window, negative, is_cbow, is_mean, is_exact, lr_start, lr_stop = settings
    inputs_VD, outputs_VD, random, sentence, context, outputs, x_MD, y_ND, change_1D = memory
    gradients_MN, targets_2N, factors_1K = pairs
    gradients_NM, first = gradients_MN.T, np.zeros(1, np.uint32)
    loss, num_predictions, num_words, position = 0.0, 0, 0, first_sentence(ids, start, stop)
    while position < stop:
        lr = np.float32(lr_start + (lr_stop - lr_start) * ((position - start) / (stop - start)))
        size, words, position = read_sentence(ids, keep_V, random, sentence, position)
        num_words += words
        if size < 2:
            continue
        for at in range(size):
            num_context = choose_context(window, random, sentence, at, size, context)
            target = sentence[at]
            if len(path_starts):
                n = choose_path(path_starts, path_nodes, path_labels, target, outputs, targets_2N)
            else:
                n = choose_words(alias_V2, random, target, negative, outputs)
            for j in range(targets_2N.shape[1]):
                targets_2N[1, j] = j < n
            gather(inputs_VD, context, num_context, x_MD)
            gather(outputs_VD, outputs, n, y_ND)
            if is_cbow:
                share = np.float32(1 / num_context if is_mean else 1)
                join(x_MD, num_context, share)
                multiply(x_MD, y_ND, gradients_MN, 1, n)
                loss += to_gradients(gradients_MN, targets_2N, factors_1K, 1, n, lr)
                clear(change_1D)
                spread(change_1D, first, gradients_MN, y_ND, 1, n)
                spread(outputs_VD, outputs, gradients_NM, x_MD, n, 1)
                # the original gives the whole gradient to each word
                add(
                    inputs_VD, context, num_context, share if is_exact else np.float32(1), change_1D
                )
                num_predictions += 1
            else:
                multiply(x_MD, y_ND, gradients_MN, num_context, n)
                loss += to_gradients(gradients_MN, targets_2N, factors_1K, num_context, n, lr)
                spread(inputs_VD, context, gradients_MN, y_ND, num_context, n)
                spread(outputs_VD, outputs, gradients_NM, x_MD, n, num_context)
                num_predictions += num_context
    return loss, num_predictions, num_words
