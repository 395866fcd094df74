"""Cut the rows of a matrix into parts that several threads work on, each where no other does."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
U = TypeVar("U")

PARTS_PER_THREAD = 4
"""Parts of the work that a thread gets, so that none waits long for the others."""


def on_threads(function: Callable[[T], U], items: Iterable[T], threads: int) -> list[U]:
    """Call a function for each item, so many at once; give what it gave, in order."""
    if threads == 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return [*pool.map(function, items)]


def cut(ends: NDArray[np.int64], threads: int, most: int | None = None) -> list[tuple[int, int]]:
    """Cut rows into parts of about the same work.

    Args:
        ends: The work of the rows before each row, and of all; ``(R + 1,)``.
        threads: How many parts are done at once.
        most: The work of a part, about, unless one row has more; None sets no limit.

    Returns:
        The first row of each part, and the one behind its last.
    """
    num_rows, total = len(ends) - 1, int(ends[-1])
    num_parts = threads * PARTS_PER_THREAD if threads > 1 else 1
    num_parts = max(num_parts, -(-total // most) if most else 1)
    borders = np.searchsorted(ends, np.arange(1, num_parts) * total // num_parts, "right") - 1
    return [*pairwise(np.unique([0, *borders.tolist(), num_rows]).tolist())] or [(0, 0)]


def first_places(
    counts_PC: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give where things go that P parts sort into C places at once, as one would by itself.

    Args:
        counts_PC: How many things of each part go to each place.

    Returns:
        Where the things of each place start, and where the last ones end, ``(C + 1,)``; and where
        those of each part do, behind those of the parts before it, ``(P, C)``.
    """
    starts = np.concatenate([[0], np.cumsum(counts_PC.sum(0))])
    return starts, np.cumsum(counts_PC, 0) - counts_PC + starts[:-1]
