"""The arithmetic of numba's word2vec: rows, their products, gradients and the loss.

`numba_draws` chooses the rows of a step, and `word2vec_numba` puts both together.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

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

# sums in another order are as good; what is no number must stay none, so not all of fastmath
jit = numba.njit(nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})


@jit
def gather(rows_VD: Rows, words: Words, count: int, to_MD: Rows) -> None:
    """Copy the words' rows."""
    for i in range(count):
        word = words[i]
        for k in range(rows_VD.shape[1]):
            to_MD[i, k] = rows_VD[word, k]


@jit
def clear(row_1D: Rows) -> None:
    """Make a row zero."""
    for k in range(row_1D.shape[1]):
        row_1D[0, k] = 0


@jit
def join(x_MD: Rows, count: int, share: np.float32) -> None:
    """Sum the rows into the first, times a share."""
    for i in range(1, count):
        for k in range(x_MD.shape[1]):
            x_MD[0, k] += x_MD[i, k]
    for k in range(x_MD.shape[1]):
        x_MD[0, k] *= share


@jit
def add(rows_VD: Rows, words: Words, count: int, factor: np.float32, change_1D: Rows) -> None:
    """Add a row, times a factor, to each word's row."""
    for i in range(count):
        word = words[i]
        for k in range(rows_VD.shape[1]):
            rows_VD[word, k] += factor * change_1D[0, k]


@jit
def multiply(x_MD: Rows, y_ND: Rows, products_MN: Rows, num_x: int, num_y: int) -> None:
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


@jit
def to_gradients(
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


@jit
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


@jit
def spread(
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
