"""Two numbers a word, to draw it by: the plane in which vectors differ most."""

import numpy as np
from numpy.typing import NDArray


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
