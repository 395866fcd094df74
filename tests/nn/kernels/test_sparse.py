import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("scipy")

from lexloom.nn.kernels import sparse
from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.nn.kernels.sparse import (
    SparseRows,
    multiply,
    multiply_compiled,
    multiply_plain,
    transpose,
    transpose_compiled,
)

FOUND = kernels()
compiled_only = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")


def random_rows(shape, density, seed):
    from scipy.sparse import random_array

    made = random_array(shape, density=density, rng=seed, dtype=np.float32, format="csr")
    return SparseRows.of(made)


def instruction_sets():
    return range(FOUND.instruction_set + 1) if FOUND else []


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("width", [1, 3, 16, 33, 111, 112, 240])
@pytest.mark.parametrize("instructions", instruction_sets())
def test_the_kernel_multiplies_as_scipy_does(instructions, width, threads):
    rows = random_rows((57, 40), 0.2, width)
    other = np.random.default_rng(0).standard_normal((40, width), "f4")
    found = Kernels(FOUND.functions, instructions)
    got = multiply_compiled(rows, other, threads, found)
    np.testing.assert_allclose(got, multiply_plain(rows, other), rtol=1e-5, atol=1e-6)


@compiled_only
@settings(max_examples=50)
@given(
    num_rows=st.integers(0, 30),
    num_columns=st.integers(1, 30),
    density=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    width=st.integers(0, 40),
    threads=st.integers(1, 4),
)
def test_any_shape_is_multiplied_the_same_on_any_threads(
    num_rows, num_columns, density, width, threads
):
    rows = random_rows((num_rows, num_columns), density, num_rows)
    other = np.random.default_rng(0).standard_normal((num_columns, width), "f4")
    got = multiply_compiled(rows, other, threads, FOUND)
    wanted = rows.matrix().toarray().astype(np.float64) @ other
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    assert (got == multiply_compiled(rows, other, 1, FOUND)).all()


@pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=compiled_only), False])
def test_what_is_not_contiguous_is_multiplied_too(has_kernels, monkeypatch):
    monkeypatch.setattr(sparse, "kernels", lambda: FOUND if has_kernels else None)
    rows = random_rows((20, 30), 0.3, 0)
    other = np.asfortranarray(np.random.default_rng(0).standard_normal((30, 7), "f4"))
    for given_other in (other, other[:, ::2]):
        wanted = rows.matrix().toarray() @ given_other
        np.testing.assert_allclose(multiply(rows, given_other, 2), wanted, rtol=1e-5, atol=1e-6)


def test_rows_are_those_of_the_matrix_and_back():
    from scipy.sparse import csr_array

    matrix = csr_array(np.float64([[0, 1.5], [0, 0], [2, 3]]))
    rows = SparseRows.of(matrix)
    assert rows.starts.dtype == np.int64
    assert rows.values.dtype == np.float32
    assert (rows.matrix().toarray() == matrix.toarray()).all()
    assert rows.matrix().indices.dtype == np.int32


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (40, 70), (70, 40)])
@pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=compiled_only), False])
def test_columns_become_rows(has_kernels, shape, threads, monkeypatch):
    monkeypatch.setattr(sparse, "kernels", lambda: FOUND if has_kernels else None)
    rows = random_rows(shape, 0.2, 0)
    got, wanted = transpose(rows, threads), SparseRows.of(rows.matrix().T.tocsr())
    assert got.num_columns == shape[0]
    for name in ("starts", "columns", "values"):
        assert getattr(got, name).dtype == getattr(wanted, name).dtype
        assert (getattr(got, name) == getattr(wanted, name)).all()


@compiled_only
def test_an_entry_beyond_the_columns_is_said():
    rows = SparseRows(np.array([0, 1]), np.array([5], np.int32), np.ones(1, np.float32), 5)
    with pytest.raises(IndexError, match="a column that the matrix does not have"):
        transpose_compiled(rows, 1, FOUND)
