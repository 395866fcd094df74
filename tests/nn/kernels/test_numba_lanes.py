"""Every operation on eight numbers against NumPy."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is an extra")

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
from lexloom.nn.kernels.numba_rows import jit

pytestmark = pytest.mark.slow  # it compiles
NAN = float("nan")


@jit
def compute(rows, out):
    a, b, c = load(rows, 1, 2), load(rows, 2, 2), load(rows, 3, 2)
    store(out, 0, 1, a + b)
    store(out, 1, 1, a - b)
    store(out, 2, 1, a * b)
    store(out, 3, 1, a / b)
    store(out, 4, 1, fma(a, b, c))
    store(out, 5, 1, floor(a))
    store(out, 6, 1, pick(a, b, c, fill(np.float32(7))))
    store(out, 7, 1, power_of_two(floor(a)))
    return total(a)


def test_each_lane_is_what_numpy_gives_and_what_is_around_stays():
    rows = np.random.default_rng(0).normal(0, 9, (5, LANES + 3)).astype(np.float32)
    out = np.full((9, LANES + 2), 5, np.float32)
    a, b, c = rows[1:4, 2 : LANES + 2]
    assert compute(rows, out) == pytest.approx(a.sum(), rel=1e-5)
    product = (a.astype(np.float64) * b + c).astype(np.float32)  # rounded once
    wanted = [
        a + b, a - b, a * b, a / b, product, np.floor(a), np.where(a < b, c, 7), 2.0 ** np.floor(a),
    ]  # fmt: skip
    np.testing.assert_array_equal(out[:8, 1:-1], np.array(wanted, np.float32))
    assert (out[8] == 5).all()
    assert (out[:, [0, -1]] == 5).all()


def test_what_is_no_number_is_not_below_any():
    rows = np.full((5, LANES + 3), NAN, np.float32)
    out = np.zeros((9, LANES + 2), np.float32)
    assert np.isnan(compute(rows, out))
    assert np.isnan(out[:6, 1:-1]).all()
    assert (out[6, 1:-1] == 7).all()
