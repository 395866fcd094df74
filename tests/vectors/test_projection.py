import sys
from types import SimpleNamespace

import numpy as np
import pytest

from lexloom.errors import MissingDependencyError
from lexloom.vectors.projection import LAYOUTS, principal_plane, tsne, umap


@pytest.fixture
def groups():
    """Three groups of twelve vectors far apart in eight dimensions."""
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(3, 8)) * 5, 12, axis=0)
    return (centres + rng.normal(size=(36, 8))).astype(np.float32)


def share_of_own_group(places):
    """How many of the five nearest of each place are of its group."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    nearest = distances.argsort(1)[:, 1:6]
    return np.mean(nearest // 12 == np.arange(36)[:, None] // 12)


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


@pytest.mark.slow
def test_tsne_keeps_groups_together_and_is_the_same_for_the_same_seed(groups):
    pytest.importorskip("sklearn.manifold")
    places = tsne(groups, 3)
    assert places.shape == (36, 2)
    assert share_of_own_group(places) == 1
    assert (places == tsne(groups, 3)).all()


@pytest.mark.slow
def test_umap_keeps_groups_together(groups):
    pytest.importorskip("umap")
    places = umap(groups, 3)
    assert share_of_own_group(places) == 1
    assert (places == umap(groups, 3)).all()


@pytest.mark.parametrize("shape", [(1, 3), (4, 2), (6, 1), (7, 3)])
def test_few_words_are_laid_out_by_tsne_too(shape):
    pytest.importorskip("sklearn.manifold")
    places = tsne(np.ones(shape, np.float32))  # all the same
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()


def test_what_umap_is_asked(monkeypatch, groups):
    """The search itself is its authors'; here is what it is given."""
    asked = {}

    class Search:
        def __init__(self, **settings):
            asked.update(settings)

        def fit_transform(self, vectors):
            return vectors[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Search))
    assert LAYOUTS["umap"](groups, 4).shape == (36, 2)
    assert (asked["random_state"], asked["n_neighbors"], asked["n_jobs"]) == (4, 15, 1)
    assert asked["init"].shape == (36, 2)
    umap(groups[:7], 4)
    assert asked["n_neighbors"] == 6


@pytest.mark.parametrize(
    ("layout", "module", "extra"), [("tsne", "sklearn.manifold", "maps"), ("umap", "umap", "umap")]
)
def test_a_missing_package_is_said_with_its_extra(monkeypatch, groups, layout, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"pip install 'lexloom\[{extra}\]'"):
        LAYOUTS[layout](groups, 0)
