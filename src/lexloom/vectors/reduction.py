"""The largest singular values of a sparse matrix and their vectors, by a randomised search.

Halko, Martinsson and Tropp (2011, arXiv:0909.4061), algorithms 4.4 and 5.1. The products are those
of `nn.kernels.sparse`. No matrix here is larger than the vectors but the sparse one.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lexloom import seeds
from lexloom.nn.kernels.row_parts import on_threads
from lexloom.nn.kernels.sparse import SparseRows, multiply, transpose

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

OVERSAMPLING = 10
"""More dimensions in the search for the largest, at least."""
WIDTH_STEP = 16
"""The search has a multiple of so many dimensions, for which the kernel is fastest."""
ROWS_AT_ONCE = 1 << 12
"""Rows that are multiplied by each other at once; the sums do not hang on the threads."""
LEAST_PIVOT = 1e-4
"""A Gram matrix with a pivot below this share of its largest is not trusted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What is looked for, and how long."""

    dim: int
    """Singular values."""
    power_iterations: int = 5
    is_centred: bool = False
    """The mean of the matrix's rows is taken from each of them."""
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Reduced:
    """The largest singular values of a matrix, descending, and their left vectors."""

    vectors_VD: NDArray[np.float32]
    values_D: NDArray[np.float32]


def truncated_svd(matrix: "csr_array", search: Search) -> Reduced:
    """Give the largest singular values; the same for any number of threads."""
    width = -(-(search.dim + OVERSAMPLING) // WIDTH_STEP) * WIDTH_STEP
    width = min(width, *matrix.shape)
    generator = np.random.default_rng(seeds.derive(search.seed, "cooccurrence"))
    rows = _Rows(matrix, search)
    start_CK = generator.standard_normal((matrix.shape[1], width), "f4")
    range_RK = orthonormal(rows.times(start_CK), search.threads)
    for _ in range(search.power_iterations):
        # orthogonal each time, or the largest would swallow the rest
        other_CK = orthonormal(rows.transposed_times(range_RK), search.threads)
        range_RK = orthonormal(rows.times(other_CK), search.threads)
    # the left singular vectors of a wide matrix are the eigenvectors of its Gram matrix
    squares_K, left_KK = np.linalg.eigh(gram(rows.transposed_times(range_RK), search.threads))
    kept = slice(None, -search.dim - 1, -1)
    values_D = np.sqrt(np.maximum(squares_K[kept], 0))
    vectors_RD = range_RK @ left_KK[:, kept].astype(np.float32)
    return Reduced(vectors_RD, values_D.astype(np.float32))


def orthonormal(rows_RK: NDArray[np.float32], threads: int) -> NDArray[np.float32]:
    """Give orthonormal columns that span the same, by Cholesky's factor of their Gram matrix.

    Far faster than Householder's way, which is taken where the columns are nearly dependent.
    """
    try:
        factor_KK = np.linalg.cholesky(gram(rows_RK, threads))
    except np.linalg.LinAlgError:
        return np.linalg.qr(rows_RK)[0]
    pivots = np.diagonal(factor_KK)
    if not pivots.min() > LEAST_PIVOT * pivots.max():
        return np.linalg.qr(rows_RK)[0]
    inverse_KK = np.linalg.inv(factor_KK).T.astype(np.float32)
    out_RK = np.empty_like(rows_RK)

    def multiply_block(block: slice) -> None:
        np.matmul(rows_RK[block], inverse_KK, out=out_RK[block])

    on_threads(multiply_block, _blocks(len(rows_RK)), threads)
    return out_RK


def gram(rows_RK: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
    """Give the products of all pairs of columns, ``(K, K)``; in double, for they are squares."""

    def of_block(block: slice) -> NDArray[np.float64]:
        exact_RK = rows_RK[block].astype(np.float64)
        return exact_RK.T @ exact_RK

    total_KK: NDArray[np.float64] = np.sum(
        on_threads(of_block, _blocks(len(rows_RK)), threads), axis=0
    )
    return total_KK


def _blocks(num_rows: int) -> list[slice]:
    edges = [*range(0, num_rows, ROWS_AT_ONCE), num_rows]
    return [slice(start, stop) for start, stop in pairwise(edges)]


class _Rows:
    """A sparse matrix, less the mean of its rows if wanted, which would be dense; see `times`."""

    def __init__(self, matrix: "csr_array", search: Search) -> None:
        self._rows = SparseRows.of(matrix)
        self._columns = transpose(self._rows, search.threads)
        self._threads = search.threads
        self._mean_C: NDArray[np.float32] | None = None
        if search.is_centred:
            self._mean_C = np.asarray(matrix.mean(0), np.float32).ravel()

    def times(self, other_CK: NDArray[np.float32]) -> NDArray[np.float32]:
        product_RK = multiply(self._rows, other_CK, self._threads)
        if self._mean_C is not None:
            product_RK -= self._mean_C @ other_CK
        return product_RK

    def transposed_times(self, other_RK: NDArray[np.float32]) -> NDArray[np.float32]:
        product_CK = multiply(self._columns, other_RK, self._threads)
        if self._mean_C is not None:
            product_CK -= np.outer(self._mean_C, other_RK.sum(0))
        return product_CK
