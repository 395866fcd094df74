"""Two numbers a word, to draw it by: the plane in which vectors differ most, t-SNE or UMAP."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.extras import import_extra

TSNE_PERPLEXITY = 30.0
UMAP_NEIGHBOURS = 15
MIN_WORDS = 5
"""Fewer words have no neighbourhoods to keep, so they lie in the plane."""


def principal_plane(vectors_ND: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give the first two principal components of N vectors (Pearson, 1901), shape ``(N, 2)``.

    The signs are chosen so that the largest weight of each component is above zero, so that the
    same vectors give the same picture.
    """
    centred_ND = np.asarray(vectors_ND, np.float64)
    centred_ND = centred_ND - centred_ND.mean(0)
    _, _, axes_KD = np.linalg.svd(centred_ND, full_matrices=False)
    plane_2D = np.zeros((2, centred_ND.shape[1]))
    plane_2D[: min(2, len(axes_KD))] = axes_KD[:2]
    largest = np.take_along_axis(plane_2D, abs(plane_2D).argmax(1)[:, None], 1)
    places_N2: NDArray[np.float64] = centred_ND @ (plane_2D * np.where(largest < 0, -1, 1)).T
    return places_N2


def tsne(vectors_ND: NDArray[np.float32], seed: int = 0) -> NDArray[np.float64]:
    """Give N vectors places that keep neighbours near (van der Maaten and Hinton, 2008).

    Raises:
        MissingDependencyError: If scikit-learn is not installed.
    """
    manifold = import_extra("sklearn.manifold", package="scikit-learn", extra="maps")
    if len(vectors_ND) < MIN_WORDS:
        return principal_plane(vectors_ND)
    perplexity = min(TSNE_PERPLEXITY, (len(vectors_ND) - 1) / 3)
    search = manifold.TSNE(
        perplexity=perplexity, init=_start(vectors_ND, 1e-4), random_state=seed % (1 << 32)
    )
    return np.asarray(search.fit_transform(np.asarray(vectors_ND, np.float32)), np.float64)


def umap(vectors_ND: NDArray[np.float32], seed: int = 0) -> NDArray[np.float64]:
    """Give N vectors places by UMAP (McInnes et al., 2018, arXiv:1802.03426).

    Raises:
        MissingDependencyError: If umap-learn is not installed.
    """
    module = import_extra("umap", package="umap-learn", extra="umap")
    if len(vectors_ND) < MIN_WORDS:
        return principal_plane(vectors_ND)
    search = module.UMAP(
        n_neighbors=min(UMAP_NEIGHBOURS, len(vectors_ND) - 1),
        init=_start(vectors_ND, 5.0),
        random_state=seed % (1 << 32),
        n_jobs=1,  # more threads would not give the same map again
    )
    return np.asarray(search.fit_transform(np.asarray(vectors_ND, np.float32)), np.float64)


def _start(vectors_ND: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Give the plane with a spread to start a search from, so that maps keep its large shape."""
    plane_N2 = principal_plane(vectors_ND)
    deviation = plane_N2[:, 0].std() or 1.0
    start: NDArray[np.float32] = (plane_N2 / deviation * spread).astype(np.float32)
    return start


LAYOUTS: Mapping[str, Callable[[NDArray[np.float32], int], NDArray[np.float64]]] = {
    "pca": lambda vectors_ND, _: principal_plane(vectors_ND),
    "tsne": tsne,
    "umap": umap,
}
"""Ways to lay words out, by their names: each takes N vectors and a seed."""
