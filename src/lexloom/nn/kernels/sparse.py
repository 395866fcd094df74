"""Multiply a sparse matrix by a dense one, and transpose it: compiled on threads, or by scipy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.nn.kernels.row_parts import cut, first_places, on_threads

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """R rows of a sparse matrix, as scipy's csr_array has them but with these types alone."""

    starts: NDArray[np.int64]
    """Where each row's entries start, and where the last one's end; ``(R + 1,)``."""
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    num_columns: int

    @classmethod
    def of(cls, matrix: "csr_array") -> "SparseRows":
        """Give the rows of a matrix; nothing is copied that has the right type."""
        return cls(
            np.ascontiguousarray(matrix.indptr, np.int64),
            np.ascontiguousarray(matrix.indices, np.int32),
            np.ascontiguousarray(matrix.data, np.float32),
            matrix.shape[1],
        )

    def matrix(self) -> "csr_array":
        """Give the rows as scipy has them."""
        from scipy.sparse import csr_array

        # with int64 alone for the starts, scipy would widen the columns too
        starts = self.starts if self.starts[-1] >= 1 << 31 else self.starts.astype(np.int32)
        shape = len(self.starts) - 1, self.num_columns
        return csr_array((self.values, self.columns, starts), shape=shape)


def multiply(rows: SparseRows, other_CK: NDArray[np.float32], threads: int) -> NDArray[np.float32]:
    """Give the product of rows and a dense matrix, ``(R, K)``."""
    found = kernels()
    if found is None:
        return multiply_plain(rows, other_CK)
    return multiply_compiled(rows, other_CK, threads, found)


def multiply_compiled(
    rows: SparseRows, other_CK: NDArray[np.float32], threads: int, found: Kernels
) -> NDArray[np.float32]:
    """Give the product by the compiled kernel; see `multiply`."""
    other_CK = np.ascontiguousarray(other_CK, np.float32)
    assert len(other_CK) == rows.num_columns
    out_RK = np.empty((len(rows.starts) - 1, other_CK.shape[1]), np.float32)
    given = (rows.starts.ctypes.data, rows.columns.ctypes.data, rows.values.ctypes.data)

    def multiply_part(part: tuple[int, int]) -> None:
        found.functions.lexloom_sparse(
            *given, *part, other_CK.ctypes.data, out_RK.ctypes.data, other_CK.shape[1],
            found.instruction_set,
        )  # fmt: skip

    on_threads(multiply_part, cut(rows.starts, threads), threads)
    return out_RK


def multiply_plain(rows: SparseRows, other_CK: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the product by scipy; see `multiply`."""
    product_RK: NDArray[np.float32] = rows.matrix() @ other_CK
    return product_RK


def transpose(rows: SparseRows, threads: int) -> SparseRows:
    """Give the columns of a matrix as rows, with ascending columns of their own."""
    found = kernels()
    if found is None:
        return SparseRows.of(rows.matrix().T.tocsr())
    return transpose_compiled(rows, threads, found)


def transpose_compiled(rows: SparseRows, threads: int, found: Kernels) -> SparseRows:
    """Transpose by the compiled kernel; see `transpose`."""
    parts = cut(rows.starts, threads)
    given = (rows.starts.ctypes.data, rows.columns.ctypes.data, rows.values.ctypes.data)

    def count_columns(part: tuple[int, int]) -> NDArray[np.int64]:
        counts = np.zeros(rows.num_columns, np.int64)
        ends = (int(rows.starts[edge]) for edge in part)
        status = found.functions.lexloom_word_counts(
            rows.columns.ctypes.data, *ends, rows.num_columns, counts.ctypes.data
        )
        if status:
            raise IndexError("an entry has a column that the matrix does not have")
        return counts

    starts, next_PC = first_places(np.stack(on_threads(count_columns, parts, threads)))
    made = SparseRows(
        starts, np.empty_like(rows.columns), np.empty_like(rows.values), len(rows.starts) - 1
    )

    def write(number: int) -> None:
        arrays = (next_PC[number], made.columns, made.values)
        found.functions.lexloom_transpose(
            *given, *parts[number], *(array.ctypes.data for array in arrays)
        )

    on_threads(write, range(len(parts)), threads)
    return made
