"""Each part of a step against NumPy."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is an extra")

from lexloom.nn.kernels.numba_lanes import LANES, load, store
from lexloom.nn.kernels.numba_rows import (
    BLOCK,
    add,
    clear,
    exp,
    gather,
    jit,
    join,
    multiply,
    spread,
    to_gradients,
)

pytestmark = pytest.mark.slow  # it compiles
WORDS = np.array([2, 0, 2], np.uint32)
WIDTH = 2 * LANES


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(4, WIDTH)).astype(np.float32)


def test_rows_are_copied_cleared_joined_and_added(rows):
    copied = np.zeros((4, WIDTH), np.float32)
    gather(rows, WORDS, 3, copied)
    assert (copied[:3] == rows[WORDS]).all()
    join(copied, 3, np.float32(0.5))
    np.testing.assert_allclose(copied[:1], rows[WORDS].sum(0, keepdims=True) / 2, rtol=1e-6)
    wanted = rows.copy()
    np.add.at(wanted, WORDS, np.float32(3) * copied[0])
    add(rows, WORDS, 3, np.float32(3), copied)
    np.testing.assert_allclose(rows, wanted, rtol=1e-6)
    clear(copied)
    assert not copied[0].any()


@pytest.mark.parametrize(("num_x", "num_y"), [(1, 1), (2, 3), (3, 4), (5, 7)])
def test_products_are_those_of_matrices(num_x, num_y):
    rng = np.random.default_rng(0)
    x_MD = rng.normal(size=(num_x + BLOCK, WIDTH)).astype(np.float32)
    y_ND = rng.normal(size=(num_y + BLOCK, WIDTH)).astype(np.float32)
    products_MN = np.zeros((num_x + BLOCK, num_y + BLOCK), np.float32)
    multiply(x_MD, y_ND, products_MN, num_x, num_y)
    wanted = x_MD[:num_x] @ y_ND[:num_y].T
    np.testing.assert_allclose(products_MN[:num_x, :num_y], wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("num_others", [1, 3, 4])
def test_others_are_spread_by_their_shares(rows, num_others):
    rng = np.random.default_rng(1)
    others_ND = rng.normal(size=(num_others + BLOCK, WIDTH)).astype(np.float32)
    shares = np.zeros((3, num_others + BLOCK), np.float32)
    shares[:, :num_others] = rng.normal(size=(3, num_others))
    wanted = rows.copy()
    np.add.at(wanted, WORDS, shares @ others_ND)
    spread(rows, WORDS, shares, others_ND, 3, num_others)
    np.testing.assert_allclose(rows, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("num_x", "num_y"), [(2, 3), (1, 1), (70, 6), (5, LANES), (3, 16)])
def test_gradients_and_loss_are_those_of_the_logistic_function(num_x, num_y):
    rng, lr = np.random.default_rng(0), np.float32(0.5)
    stride = -(-(num_y + BLOCK) // LANES) * LANES
    products = rng.normal(0, 9, (num_x + BLOCK, stride)).astype(np.float32)
    products[0, :3] = [-90, 90, 0]
    targets = np.zeros((2, stride), np.float32)
    targets[0, 0] = targets[0, num_y // 2] = targets[1, :num_y] = 1
    x, label = products[:num_x, :num_y].astype(np.float64), targets[0, :num_y]
    room = np.zeros((1, LANES), np.float32)
    loss = to_gradients(products, targets, room, num_x, num_y, lr)
    wanted = lr * (label - 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(products[:num_x, :num_y], wanted, rtol=1e-5, atol=1e-7)
    padded_x, padded_y = (-(-count // BLOCK) * BLOCK for count in (num_x, num_y))
    assert not products[:padded_x, num_y:padded_y].any()
    assert not products[num_x:padded_x, :padded_y].any()
    assert loss == pytest.approx(np.logaddexp(0, np.where(label > 0, -x, x)).sum(), rel=1e-5)


def test_what_is_no_number_stays_none():
    products, targets = np.full((1 + BLOCK, LANES), np.nan, np.float32), np.ones((2, LANES))
    room = np.zeros((1, LANES), np.float32)
    loss = to_gradients(products, targets.astype(np.float32), room, 1, 3, np.float32(1))
    assert np.isnan(loss)
    assert np.isnan(products[0, :3]).all()


def test_powers_of_e_are_those_of_numpy():
    @jit
    def powers(rows):
        for k in range(0, rows.shape[1], LANES):
            store(rows, 0, k, exp(load(rows, 0, k)))

    x = -np.geomspace(1e-6, 86, 64, dtype=np.float32)[None]
    rows = x.copy()
    powers(rows)
    np.testing.assert_allclose(rows, np.exp(x), rtol=3e-7)
