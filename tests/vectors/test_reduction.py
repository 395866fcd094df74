import numpy as np
import pytest

pytest.importorskip("scipy")

from lexloom.nn.kernels import sparse
from lexloom.nn.kernels.library import kernels
from lexloom.vectors import reduction as module
from lexloom.vectors.reduction import Search, gram, orthonormal, truncated_svd

FOUND = kernels()
compiled_only = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
every_way = pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=compiled_only), False])


@pytest.fixture(autouse=True)
def way(request, monkeypatch):
    if "has_kernels" in request.fixturenames:
        found = FOUND if request.getfixturevalue("has_kernels") else None
        monkeypatch.setattr(sparse, "kernels", lambda: found)


@every_way
@pytest.mark.parametrize("dim", [1, 5, 30])
def test_the_largest_singular_values_are_found(dim, has_kernels):
    from scipy.sparse import random_array

    matrix = random_array((60, 60), density=0.2, rng=0, dtype=np.float32).tocsr()
    left, values, _ = np.linalg.svd(matrix.toarray())
    got = truncated_svd(matrix, Search(dim=dim, power_iterations=12))
    np.testing.assert_allclose(got.values_D, values[:dim], rtol=0.02)
    np.testing.assert_allclose(abs((got.vectors_VD[:, 0] * left[:, 0]).sum()), 1, atol=1e-3)
    np.testing.assert_allclose(got.vectors_VD.T @ got.vectors_VD, np.eye(dim), atol=1e-4)


@every_way
@pytest.mark.parametrize("dim", [1, 5])
def test_principal_components_are_those_of_the_centred_rows(dim, has_kernels):
    decomposition = pytest.importorskip("sklearn.decomposition")
    from scipy.sparse import random_array

    matrix = random_array((60, 60), density=0.2, rng=1, dtype=np.float32).tocsr()
    search = Search(dim=dim, power_iterations=20, is_centred=True)
    got = truncated_svd(matrix, search)
    wanted = decomposition.PCA(dim, svd_solver="full").fit(matrix.toarray())
    np.testing.assert_allclose(got.values_D, wanted.singular_values_, rtol=0.01)
    scores = wanted.transform(matrix.toarray()) / wanted.singular_values_
    np.testing.assert_allclose(abs((got.vectors_VD * scores).sum(0)[0]), 1, atol=1e-2)
    np.testing.assert_allclose(got.vectors_VD.sum(0), 0, atol=1e-3)


@every_way
@pytest.mark.parametrize("is_centred", [False, True])
def test_threads_and_blocks_change_no_bit(has_kernels, is_centred, monkeypatch):
    from scipy.sparse import random_array

    monkeypatch.setattr(module, "ROWS_AT_ONCE", 32)
    matrix = random_array((200, 200), density=0.1, rng=0, dtype=np.float32).tocsr()
    one, many = (
        truncated_svd(matrix, Search(dim=9, is_centred=is_centred, threads=threads))
        for threads in (1, 3)
    )
    assert (one.vectors_VD == many.vectors_VD).all()
    assert (one.values_D == many.values_D).all()


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_a_matrix_of_low_rank_has_no_more_values(rank):
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    dense = (rng.random((50, rank)) @ rng.random((rank, 50))).astype(np.float32)
    got = truncated_svd(csr_array(dense), Search(dim=5))
    wanted = np.linalg.svd(dense, compute_uv=False)[:5]
    np.testing.assert_allclose(got.values_D, wanted, atol=1e-4)
    np.testing.assert_allclose(got.vectors_VD.T @ got.vectors_VD, np.eye(5), atol=1e-4)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("condition", [1.0, 1e3, 1e6, np.inf])
def test_columns_become_orthonormal_and_span_the_same(condition, threads):
    rng = np.random.default_rng(0)
    scales = np.geomspace(1, 1 / condition, 20) if condition < np.inf else np.ones(20)
    rows = (rng.standard_normal((5000, 20)) * scales @ rng.standard_normal((20, 20))).astype("f4")
    if condition == np.inf:
        rows[:, 3] = rows[:, 7]
    got = orthonormal(rows, threads)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got.T @ got, np.eye(20), atol=1e-4)
    np.testing.assert_allclose(got @ (got.T @ rows), rows, atol=1e-3)


def test_nearly_dependent_columns_are_left_to_householder(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((100, 4)).astype("f4")
    called = []
    householder = np.linalg.qr
    monkeypatch.setattr(np.linalg, "qr", lambda rows: called.append(1) or householder(rows))
    orthonormal(rows, 1)
    assert not called
    for other in (rows * 0, rows * [1, 1, 1, 1e-6], rows * np.nan):
        orthonormal(other.astype("f4"), 1)
    assert len(called) == 3


def test_products_of_columns_are_exact_to_double(monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    rows = np.random.default_rng(0).standard_normal((100, 4)).astype("f4")
    exact = rows.astype(np.float64)
    np.testing.assert_allclose(gram(rows, 2), exact.T @ exact, rtol=1e-13, atol=1e-13)
