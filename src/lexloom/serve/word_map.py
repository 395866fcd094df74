"""A map of words to look at: a PNG, and a page in one file to zoom and search.

`vectors.projection` gives the words their places.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import atomic_write
from lexloom.serve.attention import choose_fonts
from lexloom.serve.self_contained import whole, write_page

MAX_NAMED = 300
"""Words of a PNG that are named; the others are dots."""


def write_word_map_page(
    path: Path, words: Sequence[str], places_N2: NDArray[np.float64], *, title: str
) -> None:
    """Write a page with the words at their places, atomically.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    size = max(float(np.abs(places_N2).max(initial=0.0)), 1e-12)
    data = {"words": list(words), "places": np.round(places_N2 / size, 5).tolist()}
    write_page(path, "word_map", title=title, data=data)


def draw_word_map(
    path: Path, words: Sequence[str], places_N2: NDArray[np.float64], *, title: str
) -> str:
    """Draw the words at their places as a PNG, atomically; the first of many are named.

    Returns:
        The characters that no font of this machine's could show.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    named = [whole(word) for word in words[:MAX_NAMED]]
    fonts, missing = choose_fonts(title + "".join(named))
    figure = Figure(figsize=(12, 9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(whole(title), fontfamily=fonts, fontsize=10, parse_math=False)
    axes.scatter(places_N2[:, 0], places_N2[:, 1], s=4, color="#b8560b")
    for word, place in zip(named, places_N2.tolist(), strict=False):
        axes.annotate(word, place, fontsize=7, fontfamily=fonts, parse_math=False)
    with warnings.catch_warnings():
        # of missing glyphs the caller is told once, by what this function gives
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        with atomic_write(path) as stream:
            figure.savefig(stream, format="png", dpi=110)
    return missing
