"""Each part of a step against NumPy; most run as Python, for numba takes seconds to compile."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is an extra")

from lexloom.nn.kernels.numba_rows import (
    BLOCK,
    WIDTH,
    add,
    clear,
    gather,
    join,
    multiply,
    spread,
    to_gradients,
)

WORDS = np.array([2, 0, 2], np.uint32)


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)


def test_rows_are_copied_cleared_joined_and_added(rows):
    copied = np.zeros((4, 5), np.float32)
    gather.py_func(rows, WORDS, 3, copied)
    assert (copied[:3] == rows[WORDS]).all()
    join.py_func(copied, 3, np.float32(0.5))
    np.testing.assert_allclose(copied[:1], rows[WORDS].sum(0, keepdims=True) / 2, rtol=1e-6)
    wanted = rows.copy()
    np.add.at(wanted, WORDS, np.float32(3) * copied[0])
    add.py_func(rows, WORDS, 3, np.float32(3), copied)
    np.testing.assert_allclose(rows, wanted, rtol=1e-6)
    clear.py_func(copied)
    assert not copied[0].any()


@pytest.mark.parametrize(("num_x", "num_y"), [(1, 1), (2, 3), (3, 4), (5, 7)])
def test_products_are_those_of_matrices(num_x, num_y):
    rng = np.random.default_rng(0)
    x_MD = rng.normal(size=(num_x + BLOCK, 6)).astype(np.float32)
    y_ND = rng.normal(size=(num_y + BLOCK, 6)).astype(np.float32)
    products_MN = np.zeros((num_x + BLOCK, num_y + BLOCK), np.float32)
    multiply.py_func(x_MD, y_ND, products_MN, num_x, num_y)
    wanted = x_MD[:num_x] @ y_ND[:num_y].T
    np.testing.assert_allclose(products_MN[:num_x, :num_y], wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("num_others", [1, 3, 4])
def test_others_are_spread_by_their_shares(rows, num_others):
    rng = np.random.default_rng(1)
    others_ND = rng.normal(size=(num_others + BLOCK, 5)).astype(np.float32)
    shares = np.zeros((3, num_others + BLOCK), np.float32)
    shares[:, :num_others] = rng.normal(size=(3, num_others))
    wanted = rows.copy()
    np.add.at(wanted, WORDS, shares @ others_ND)
    spread.py_func(rows, WORDS, shares, others_ND, 3, num_others)
    np.testing.assert_allclose(rows, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.slow  # it compiles
def test_gradients_and_loss_are_those_of_the_logistic_function():
    num_x, num_y, stride, lr = 2, 3, 3 + BLOCK, np.float32(0.5)
    flat_4K = np.zeros((4, WIDTH), np.float32)
    products, labels = (
        flat_4K[row, : (num_x + BLOCK) * stride].reshape(-1, stride) for row in (0, 1)
    )
    products[:num_x, :num_y] = [[-90, -1.5, 0], [0.25, 2, 90]]
    labels[:, 0] = 1
    x, label = products[:num_x, :num_y].astype(np.float64), labels[:num_x, :num_y].copy()
    loss = to_gradients(flat_4K, flat_4K[3].view(np.int32), stride, num_x, num_y, lr)
    wanted = lr * (label - 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(products[:num_x, :num_y], wanted, rtol=1e-5, atol=1e-7)
    assert not products[:num_x, num_y:].any()
    assert loss == pytest.approx(np.logaddexp(0, np.where(label > 0, -x, x)).sum(), rel=1e-5)
