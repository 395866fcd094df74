"""Learn word2vec's rows by code that numba compiles, where the install found no C++ compiler.

It draws what ``word2vec.cpp`` draws, in the same order, and computes the same in float32. numba is
an extra; `word2vec` imports this module only where it is installed. The first call of a process
compiles for some seconds; nothing is kept on disk, for numba's own cache is made of pickles.
"""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.word2vec_job import SENTENCE_END, Job, Learned, Paths
from lexloom.nn.kernels.word2vec_plain import MAX_SENTENCE

BLOCK = 3
"""Rows of each side that meet at once: their sums stay in the registers."""
WIDTH = 64
"""Numbers that a compiled loop takes at once, at most; what is left over it takes one by one."""
PIECE = 512
"""A multiple of that: the product of so many numbers from 1 to 2 is still a double."""
SURE = np.float32(1000)
"""A product, or less it, that neither gradient nor loss comes of: of what is no pair."""
Words = NDArray[np.uint32]
Rows = NDArray[np.float32]
Chances = NDArray[np.uint64]
_END = np.uint32(SENTENCE_END)
_STEP, _FIRST, _SECOND = map(
    np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_30, _27, _31, _32 = map(np.uint64, (30, 27, 31, 32))
_LOW = np.uint64(0xFFFFFFFF)

# sums in another order are as good; what is no number must stay none, so not all of fastmath
_jit = numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})


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
    labels_MN: Rows
    flat_4K: Rows
    """Both one behind the other, and two rows for the powers of e."""
    bits: NDArray[np.int32]
    """The last row's."""


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
    width = -(-job.inputs_VD.shape[1] // 32) * 32
    return Memory(
        job.inputs_VD,
        job.outputs_VD,
        np.array([job.seed & ((1 << 64) - 1)], np.uint64),
        np.empty(MAX_SENTENCE, np.uint32),
        np.empty(2 * job.window, np.uint32),
        np.empty(most_outputs, np.uint32),
        np.zeros((2 * job.window + BLOCK, width), np.float32),
        np.zeros((most_outputs + BLOCK, width), np.float32),
        np.zeros((1, width), np.float32),
    )


def _pairs(job: Job, most_outputs: int) -> Pairs:
    shape = 2 * job.window + BLOCK, most_outputs + BLOCK
    size = shape[0] * shape[1]
    flat_4K = np.zeros((4, -(-size // WIDTH) * WIDTH), np.float32)
    products_MN, labels_MN = (flat_4K[row, :size].reshape(shape) for row in range(2))
    labels_MN[:, 0] = 1  # the word itself; a path has labels of its own
    return Pairs(products_MN, labels_MN, flat_4K, flat_4K[3].view(np.int32))


@_jit
def _learn(
    tables: Tables, settings: Settings, memory: Memory, pairs: Pairs
) -> tuple[float, int, int]:
    # arrays go by themselves to what is called often: a tuple of them costs more than a step
    ids, keep_V, alias_V2, path_starts, path_nodes, path_labels = tables
    start, stop, window, negative, is_cbow, is_mean, is_exact, lr_start, lr_stop = settings
    inputs_VD, outputs_VD, random, sentence, context, outputs, x_MD, y_ND, change_1D = memory
    gradients_MN, labels_MN, flat_4K, bits = pairs
    gradients_NM, first, stride = gradients_MN.T, np.zeros(1, np.uint32), gradients_MN.shape[1]
    loss, num_predictions, num_words, position = 0.0, 0, 0, _first_sentence(ids, start, stop)
    while position < stop:
        lr = np.float32(lr_start + (lr_stop - lr_start) * ((position - start) / (stop - start)))
        size, words, position = _read_sentence(ids, keep_V, random, sentence, position)
        num_words += words
        if size < 2:
            continue
        for at in range(size):
            num_context = _choose_context(window, random, sentence, at, size, context)
            target = sentence[at]
            if len(path_starts):
                n = _choose_path(path_starts, path_nodes, path_labels, target, outputs, labels_MN)
            else:
                n = _choose_words(alias_V2, random, target, negative, outputs)
            _gather(inputs_VD, context, num_context, x_MD)
            _gather(outputs_VD, outputs, n, y_ND)
            if is_cbow:
                share = np.float32(1 / num_context if is_mean else 1)
                _join(x_MD, num_context, share)
                _multiply(x_MD, y_ND, gradients_MN, 1, n)
                loss += _to_gradients(flat_4K, bits, stride, 1, n, lr)
                _clear(change_1D)
                _spread(change_1D, first, gradients_MN, y_ND, 1, n)
                _spread(outputs_VD, outputs, gradients_NM, x_MD, n, 1)
                # the original gives the whole gradient to each word
                _add(
                    inputs_VD, context, num_context, share if is_exact else np.float32(1), change_1D
                )
                num_predictions += 1
            else:
                _multiply(x_MD, y_ND, gradients_MN, num_context, n)
                loss += _to_gradients(flat_4K, bits, stride, num_context, n, lr)
                _spread(inputs_VD, context, gradients_MN, y_ND, num_context, n)
                _spread(outputs_VD, outputs, gradients_NM, x_MD, n, num_context)
                num_predictions += num_context
    return loss, num_predictions, num_words


@_jit
def _draw(random: Chances) -> np.uint64:
    """Give the next 64 bits of SplitMix64 (Steele et al., 2014)."""
    random[0] += _STEP
    z = random[0]
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    drawn: np.uint64 = z ^ (z >> _31)
    return drawn


@_jit
def _first_sentence(ids: Words, start: int, stop: int) -> int:
    """Give where a sentence begins; one that began before belongs to the stretch before."""
    position = start
    while 0 < position < stop and ids[position - 1] != _END:
        position += 1
    return position


@_jit
def _read_sentence(
    ids: Words, keep_V: Words, random: Chances, sentence: Words, position: int
) -> tuple[int, int, int]:
    """Read the words that chance keeps; give how many, how many there were, and what is next."""
    size, num_words = 0, 0
    while position < len(ids) and num_words < MAX_SENTENCE:
        word = ids[position]
        position += 1
        if word == _END:
            break
        num_words += 1
        if _draw(random) >> _32 <= np.uint64(keep_V[word]):
            sentence[size] = word
            size += 1
    return size, num_words, position


@_jit
def _choose_context(
    window: int, random: Chances, sentence: Words, at: int, size: int, context: Words
) -> int:
    """Take the words around; give how many they are."""
    reach = 1 + np.int64((_draw(random) >> _32) * np.uint64(window) >> _32)
    count = 0
    first = at - reach if at > reach else 0
    last = at + reach + 1 if at + reach < size else size
    for place in range(first, last):
        if place != at:
            context[count] = sentence[place]
            count += 1
    return count


@_jit
def _choose_path(
    starts: NDArray[np.int64], nodes: Words, marks: Rows, word: int, outputs: Words, labels_MN: Rows
) -> int:
    """Take a word's path; give how long it is."""
    start = starts[word]
    count: int = starts[word + 1] - start
    for place in range(count):
        outputs[place] = nodes[start + place]
    for i in range(labels_MN.shape[0]):
        for place in range(labels_MN.shape[1]):
            labels_MN[i, place] = marks[start + place] if place < count else np.float32(0)
    return count


@_jit
def _choose_words(
    alias_V2: Words, random: Chances, target: int, negative: int, outputs: Words
) -> int:
    """Take a word, and others by chance; one that comes again counts once."""
    outputs[0], count = target, 1
    for _ in range(negative):
        drawn = _draw(random)
        slot = np.uint32((drawn >> _32) * np.uint64(len(alias_V2)) >> _32)
        is_own = drawn & _LOW <= np.uint64(alias_V2[slot, 0])
        word = slot if is_own else alias_V2[slot, 1]
        is_new = True
        for place in range(count):
            is_new &= outputs[place] != word
        if is_new:
            outputs[count] = word
            count += 1
    return count


@_jit
def _gather(rows_VD: Rows, words: Words, count: int, to_MD: Rows) -> None:
    for i in range(count):
        word = words[i]
        for k in range(rows_VD.shape[1]):
            to_MD[i, k] = rows_VD[word, k]


@_jit
def _clear(row_1D: Rows) -> None:
    for k in range(row_1D.shape[1]):
        row_1D[0, k] = 0


@_jit
def _join(x_MD: Rows, count: int, share: np.float32) -> None:
    """Sum the rows into the first, times a share."""
    for i in range(1, count):
        for k in range(x_MD.shape[1]):
            x_MD[0, k] += x_MD[i, k]
    for k in range(x_MD.shape[1]):
        x_MD[0, k] *= share


@_jit
def _add(rows_VD: Rows, words: Words, count: int, factor: np.float32, change_1D: Rows) -> None:
    for i in range(count):
        word = words[i]
        for k in range(rows_VD.shape[1]):
            rows_VD[word, k] += factor * change_1D[0, k]


@_jit
def _multiply(x_MD: Rows, y_ND: Rows, products_MN: Rows, num_x: int, num_y: int) -> None:
    """Multiply each input with each output; what lies behind them in a block is written too."""
    for i in range(0, num_x, 2):
        for j in range(0, num_y, BLOCK):
            s0 = s1 = s2 = s3 = s4 = s5 = np.float32(0)
            for k in range(x_MD.shape[1]):
                a, b = x_MD[i, k], x_MD[i + 1, k]
                c, d, e = y_ND[j, k], y_ND[j + 1, k], y_ND[j + 2, k]
                s0 += a * c
                s1 += a * d
                s2 += a * e
                s3 += b * c
                s4 += b * d
                s5 += b * e
            products_MN[i, j], products_MN[i, j + 1], products_MN[i, j + 2] = s0, s1, s2
            products_MN[i + 1, j], products_MN[i + 1, j + 1] = s3, s4
            products_MN[i + 1, j + 2] = s5


@_jit
def _to_gradients(
    flat_4K: Rows, bits: NDArray[np.int32], stride: int, num_x: int, num_y: int, lr: np.float32
) -> float:
    """Turn products into gradients times the learning rate, with zeros behind; give the loss."""
    zero, one, loss, size = np.float32(0), np.float32(1), 0.0, num_x * stride
    padded = -(-size // WIDTH) * WIDTH
    for i in range(num_x):
        for k in range(i * stride + num_y, (i + 1) * stride):
            flat_4K[0, k] = -SURE if flat_4K[1, k] == zero else SURE
    for k in range(size, padded):
        flat_4K[0, k] = -SURE if flat_4K[1, k] == zero else SURE
    for start in range(0, padded, PIECE):
        stop, factors, linear = min(start + PIECE, padded), 1.0, zero
        _powers(flat_4K, bits, start, stop)
        for k in range(start, stop):
            x, label, power = flat_4K[0, k], flat_4K[1, k], flat_4K[2, k] * flat_4K[3, k]
            share = one / (one + power)
            sigmoid = one - share if x < zero else share
            wrong = -x if label > zero else x
            linear += wrong if wrong > zero else zero
            factors *= one + power
            flat_4K[0, k] = lr * (label - sigmoid)
        loss += float(linear) + math.log(factors)
    for k in range(size, min(size + BLOCK * stride, flat_4K.shape[1])):
        flat_4K[0, k] = zero
    return loss


@_jit
def _powers(flat_4K: Rows, bits: NDArray[np.int32], start: int, stop: int) -> None:
    """Write e to the power of -abs(x) as two factors, the second a power of two (Moshier, expf)."""
    for k in range(start, stop):
        x = flat_4K[0, k]
        y = x if x < np.float32(0) else -x
        y = y if y > np.float32(-87) else np.float32(-87)
        power = np.int32(y * np.float32(1.44269504) - np.float32(0.5))  # it cuts towards zero
        r = y - np.float32(power) * np.float32(0.693359375)
        r += np.float32(power) * np.float32(2.12194440e-4)
        e = r * np.float32(1.9875691500e-4) + np.float32(1.3981999507e-3)
        e = e * r + np.float32(8.3334519073e-3)
        e = e * r + np.float32(4.1665795894e-2)
        e = e * r + np.float32(1.6666665459e-1)
        e = e * r + np.float32(5.0000001201e-1)
        flat_4K[2, k] = e * (r * r) + r + np.float32(1)
        bits[k] = (power + np.int32(127)) << np.int32(23)


@_jit
def _spread(
    rows_VD: Rows, words: Words, shares: Rows, others_ND: Rows, count: int, num_others: int
) -> None:
    """Add the others to each row by its shares of them; the shares behind the last are zero."""
    for i in range(count):
        word = words[i]
        for j in range(0, num_others, BLOCK):
            p, q, r = shares[i, j], shares[i, j + 1], shares[i, j + 2]
            for k in range(rows_VD.shape[1]):
                total = p * others_ND[j, k] + q * others_ND[j + 1, k] + r * others_ND[j + 2, k]
                rows_VD[word, k] += total
