import numpy as np
import pytest

from lexloom.vectors.projection import principal_plane


def test_the_plane_is_that_of_the_largest_variance():
    rng = np.random.default_rng(0)
    spread = rng.normal(size=(50, 6)) * [1, 9, 1, 4, 1, 1]
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    places = principal_plane(spread @ rotation)
    variances = np.linalg.eigvalsh(np.cov(spread.T))[::-1]
    np.testing.assert_allclose(places.var(0, ddof=1), variances[:2], rtol=1e-6)
    np.testing.assert_allclose(places.mean(0), 0, atol=1e-9)
    assert abs(places[:, 0] @ places[:, 1]) < 1e-6


def test_mirrored_axes_give_the_same_picture():
    vectors = np.random.default_rng(1).normal(size=(9, 5)).astype(np.float32)
    np.testing.assert_allclose(
        abs(principal_plane(vectors)), abs(principal_plane(-vectors)), atol=1e-6
    )
    assert (principal_plane(vectors) == principal_plane(vectors)).all()


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (3, 1)])
def test_few_words_or_dimensions_still_have_a_place(shape):
    places = principal_plane(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()
