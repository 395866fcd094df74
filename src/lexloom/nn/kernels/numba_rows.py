"""The arithmetic of numba's word2vec: rows, their products, gradients and the loss.

`numba_draws` chooses the rows of a step, `numba_lanes` has the vectors it is computed with, and
`word2vec_numba` puts all together.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.numba_lanes import (
    LANES,
    fill,
    floor,
    fma,
    load,
    pick,
    power_of_two,
    store,
    total,
)

BLOCK = 3
"""Rows of one side that meet two of the other at once: their sums stay in the registers."""
PIECE = 64
"""So many numbers from 1 to 2 have a product in float32, and eight such products one in float64."""
Words = NDArray[np.uint32]
Rows = NDArray[np.float32]

# sums in another order are as good; what is no number must stay none, so not all of fastmath
jit = numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})


@jit
def gather(rows_VD: Rows, words: Words, count: int, to_MD: Rows) -> None:
    """Copy the words' rows."""
    for i in range(count):
        word = np.int64(words[i])
        for k in range(0, rows_VD.shape[1], LANES):
            store(to_MD, i, k, load(rows_VD, word, k))


@jit
def clear(row_1D: Rows) -> None:
    """Make a row zero."""
    for k in range(row_1D.shape[1]):
        row_1D[0, k] = 0


@jit
def join(x_MD: Rows, count: int, share: np.float32) -> None:
    """Sum the rows into the first, times a share."""
    for k in range(0, x_MD.shape[1], LANES):
        summed = load(x_MD, 0, k)
        for i in range(1, count):
            summed = summed + load(x_MD, i, k)
        store(x_MD, 0, k, summed * fill(share))


@jit
def add(rows_VD: Rows, words: Words, count: int, factor: np.float32, change_1D: Rows) -> None:
    """Add a row, times a factor, to each word's row."""
    for i in range(count):
        word = np.int64(words[i])
        for k in range(0, rows_VD.shape[1], LANES):
            change = load(change_1D, 0, k)
            store(rows_VD, word, k, fma(fill(factor), change, load(rows_VD, word, k)))


@jit
def multiply(x_MD: Rows, y_ND: Rows, products_MN: Rows, num_x: int, num_y: int) -> None:
    """Multiply each input with each output; what lies behind them in a block is written too."""
    nothing = fill(np.float32(0))
    for i in range(0, num_x, 2):
        for j in range(0, num_y, BLOCK):
            s0 = s1 = s2 = s3 = s4 = s5 = nothing
            for k in range(0, x_MD.shape[1], LANES):
                a, b = load(x_MD, i, k), load(x_MD, i + 1, k)
                c, d, e = load(y_ND, j, k), load(y_ND, j + 1, k), load(y_ND, j + 2, k)
                s0, s1, s2 = fma(a, c, s0), fma(a, d, s1), fma(a, e, s2)
                s3, s4, s5 = fma(b, c, s3), fma(b, d, s4), fma(b, e, s5)
            products_MN[i, j], products_MN[i, j + 1] = total(s0), total(s1)
            products_MN[i, j + 2] = total(s2)
            products_MN[i + 1, j], products_MN[i + 1, j + 1] = total(s3), total(s4)
            products_MN[i + 1, j + 2] = total(s5)


@jit
def to_gradients(
    products_MN: Rows, targets_2N: Rows, factors_1K: Rows, num_x: int, num_y: int, lr: np.float32
) -> float:
    """Turn products into gradients times the learning rate, with zeros behind; give the loss.

    Args:
        products_MN: Each input's with each output, and numbers of any kind behind both.
        targets_2N: The outputs' labels; and 1 for each output, 0 behind them.
        factors_1K: Room for eight numbers.
        num_x: The inputs.
        num_y: The outputs.
        lr: The learning rate.
    """
    zero, one, rate = fill(np.float32(0)), fill(np.float32(1)), fill(lr)
    loss, linear = 0.0, zero
    padded_x, padded_y = -(-num_x // BLOCK) * BLOCK, -(-num_y // BLOCK) * BLOCK
    for j in range(0, padded_y, LANES):
        label, is_pair = load(targets_2N, 0, j), load(targets_2N, 1, j)
        for start in range(0, num_x, PIECE):
            factors = one
            for i in range(start, min(start + PIECE, num_x)):
                x = load(products_MN, i, j)
                lower = pick(zero, x, zero, x)
                power = exp(lower + lower - x)  # of -abs(x)
                sigmoid = pick(x, zero, power, one) / (one + power)
                store(products_MN, i, j, rate * is_pair * (label - sigmoid))
                # the loss is log(1 + exp(x)) - label * x
                linear = linear + is_pair * (x - lower - label * x)
                factors = factors * fma(is_pair, power, one)
            store(factors_1K, 0, 0, factors)
            product = 1.0
            for k in range(LANES):
                product *= factors_1K[0, k]
            loss += math.log(product)
        for i in range(num_x, padded_x):
            store(products_MN, i, j, zero)
    return loss + float(total(linear))


@jit
def exp(x: Any) -> Any:
    """Give e to the power of eight numbers that are not above zero (Moshier, expf)."""
    least = fill(np.float32(-87))
    x = pick(x, least, least, x)
    power = floor(fma(x, fill(np.float32(1.44269504)), fill(np.float32(0.5))))
    r = fma(power, fill(np.float32(-0.693359375)), x)
    r = fma(power, fill(np.float32(2.12194440e-4)), r)
    e = fma(r, fill(np.float32(1.9875691500e-4)), fill(np.float32(1.3981999507e-3)))
    e = fma(e, r, fill(np.float32(8.3334519073e-3)))
    e = fma(e, r, fill(np.float32(4.1665795894e-2)))
    e = fma(e, r, fill(np.float32(1.6666665459e-1)))
    e = fma(e, r, fill(np.float32(5.0000001201e-1)))
    return fma(e, r * r, r + fill(np.float32(1))) * power_of_two(power)


@jit
def spread(
    rows_VD: Rows, words: Words, shares: Rows, others_ND: Rows, count: int, num_others: int
) -> None:
    """Add the others to each row by its shares of them; the shares behind the last are zero."""
    for i in range(count):
        word = np.int64(words[i])
        for j in range(0, num_others, BLOCK):
            p, q, r = fill(shares[i, j]), fill(shares[i, j + 1]), fill(shares[i, j + 2])
            for k in range(0, rows_VD.shape[1], LANES):
                changed = fma(p, load(others_ND, j, k), load(rows_VD, word, k))
                changed = fma(q, load(others_ND, j + 1, k), changed)
                store(rows_VD, word, k, fma(r, load(others_ND, j + 2, k), changed))
