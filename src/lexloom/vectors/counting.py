"""Count pieces of text on several threads at once, each with a counter of its own.

`nn.kernels.words` counts; `vectors.corpus` writes what comes of it. The pieces come out in the
order in which they went in, so nothing hangs on the number of threads but the time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import kernels

MAX_THREADS = 16
PIECES_AHEAD = 2
"""Pieces for each thread that are under way at once."""


class WordSource(Protocol):
    """Whatever has numbered words and knows how often each came."""

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the words by their numbers, and how often each came."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """The words of a piece of text, as numbers of one of the counters."""

    ids: NDArray[np.uint32]
    counter: int
    num_characters: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """The words of all counters together."""

    words: list[bytes]
    counts: NDArray[np.int64]
    places: list[NDArray[np.int64]]
    """For each counter, where its words are among all."""


def default_threads() -> int:
    """Give how many threads count at once: the cores that this process may use."""
    if kernels() is None:
        return 1  # Python's own way holds the interpreter's lock
    affinity = getattr(os, "sched_getaffinity", None)
    return min(MAX_THREADS, len(affinity(0)) if affinity else os.cpu_count() or 1)


def count_pieces(
    texts: Iterable[str],
    encoders: Sequence[Callable[[str], NDArray[np.uint32]]],
) -> Iterator[Piece]:
    """Give the numbers of each text, in order; each encoder is called by one thread at a time."""
    free: SimpleQueue[int] = SimpleQueue()
    for number in range(len(encoders)):
        free.put(number)

    def count(text: str) -> Piece:
        number = free.get()
        try:
            return Piece(encoders[number](text), number, len(text))
        finally:
            free.put(number)

    if len(encoders) == 1:
        yield from map(count, texts)
        return
    pending: deque[Future[Piece]] = deque()
    with ThreadPoolExecutor(len(encoders)) as pool:
        for text in texts:
            pending.append(pool.submit(count, text))
            if len(pending) >= PIECES_AHEAD * len(encoders):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def merged(counters: Sequence[WordSource]) -> Merged:
    """Put the words of counters together, and add their counts."""
    numbers: dict[bytes, int] = {}
    found = [counter.words() for counter in counters]
    places = [
        np.fromiter((numbers.setdefault(word, len(numbers)) for word in words), np.int64)
        for words, _ in found
    ]
    totals = np.zeros(len(numbers), np.int64)
    for place, (_, counts) in zip(places, found, strict=True):
        totals[place] += counts  # a word comes once in each counter
    return Merged(list(numbers), totals, places)
