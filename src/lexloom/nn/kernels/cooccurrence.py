"""Count which words stand near each other: compiled, or by scipy.

`vectors.cooccurrence` cuts a corpus into pieces and adds up what comes of them.
"""

import ctypes
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.nn.kernels.row_parts import cut, first_places, on_threads
from lexloom.nn.kernels.sparse import SparseRows
from lexloom.nn.kernels.word2vec_job import SENTENCE_END

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

COMPILED_IDS, PLAIN_IDS = 1 << 25, 1 << 21
"""Numbers of a corpus that each way counts at once, which bounds its memory."""
PAIRS_AT_ONCE = 1 << 22
"""Pairs that one call of the compiled kernel counts, unless one word has more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is counted."""

    ids: NDArray[np.uint32]
    """Whole sentences, each ended by `SENTENCE_END`."""
    num_words: int
    """Words of the vocabulary."""
    weights_W: NDArray[np.float64]
    """What a word counts that is 1 to W places away, above 0."""


class _Job(ctypes.Structure):
    """The same as ``CooccurrenceJob`` of ``cooccurrence.h``."""

    _fields_ = (
        ("ids", ctypes.c_void_p), ("num_ids", ctypes.c_int64), ("num_words", ctypes.c_int64),
        ("places", ctypes.c_void_p), ("place_starts", ctypes.c_void_p),
        ("weights", ctypes.c_void_p), ("window", ctypes.c_int64),
        ("first", ctypes.c_int64), ("last", ctypes.c_int64),
    )  # fmt: skip


def num_ids_at_once() -> int:
    """Give how many numbers of a corpus a piece should have."""
    return PLAIN_IDS if kernels() is None else COMPILED_IDS


def count(piece: Piece, threads: int) -> "csr_array":
    """Count each word near each word; a symmetric matrix ``(V, V)``, float32.

    Raises:
        IndexError: If a number is none of the vocabulary.
    """
    found = kernels()
    return count_plain(piece) if found is None else count_compiled(piece, threads, found)


def count_compiled(piece: Piece, threads: int, found: Kernels) -> "csr_array":
    """Count by the compiled kernel, row by row; see `count`."""
    assert piece.ids.dtype == np.uint32
    assert piece.ids.flags.c_contiguous
    assert len(piece.ids) < 1 << 32
    assert piece.weights_W.dtype == np.float64
    place_starts, places = _places(piece, threads, found)
    job = _Rows(piece, place_starts, places, found)
    cuts = cut(place_starts * 2 * len(piece.weights_W), threads, PAIRS_AT_ONCE)
    parts = on_threads(job.count, cuts, threads)
    return SparseRows(
        np.cumsum(np.concatenate([[0], *(part.num_entries for part in parts)])),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        piece.num_words,
    ).matrix()


def count_plain(piece: Piece) -> "csr_array":
    """Count by scipy, distance by distance; see `count`."""
    from scipy.sparse import coo_array

    ids, size = piece.ids, piece.num_words
    if (ids[ids != SENTENCE_END] >= size).any():
        raise IndexError("a word has a number that the vocabulary does not have")
    # words of one sentence have the same number of ends before them
    sentence = np.cumsum(ids == SENTENCE_END)
    rows, columns, weights = [], [], []
    for distance, weight in enumerate(piece.weights_W[: max(1, len(ids) - 1)].tolist(), 1):
        first, second = ids[:-distance], ids[distance:]
        # an end counts itself, so a pair across it differs, and the end itself is no word
        near = (sentence[:-distance] == sentence[distance:]) & (first != SENTENCE_END)
        rows.append(first[near].astype(np.int32))
        columns.append(second[near].astype(np.int32))
        weights.append(np.full(len(rows[-1]), weight, np.float32))
    places = np.concatenate(rows), np.concatenate(columns)
    half = coo_array((np.concatenate(weights), places), shape=(size, size)).tocsr()
    return half + half.T


def _places(
    piece: Piece, threads: int, found: Kernels
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Give where each word stands, ascending, word by word; and where each word's places start."""
    ids = piece.ids
    stretches = [*pairwise(np.linspace(0, len(ids), threads + 1).astype(np.int64).tolist())]

    def count_words(stretch: tuple[int, int]) -> NDArray[np.int64]:
        counts = np.zeros(piece.num_words, np.int64)
        status = found.functions.lexloom_word_counts(
            ids.ctypes.data, *stretch, piece.num_words, counts.ctypes.data
        )
        if status:
            raise IndexError("a word has a number that the vocabulary does not have")
        return counts

    starts, next_TV = first_places(np.stack(on_threads(count_words, stretches, threads)))
    places = np.empty(starts[-1], np.uint32)

    def list_places(number: int) -> None:
        found.functions.lexloom_word_places(
            ids.ctypes.data, *stretches[number], next_TV[number].ctypes.data, places.ctypes.data
        )

    on_threads(list_places, range(len(stretches)), threads)
    return starts, places


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of a sparse matrix."""

    num_entries: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Counts rows of a matrix; several threads may at once."""

    piece: Piece
    place_starts: NDArray[np.int64]
    places: NDArray[np.uint32]
    found: Kernels

    def count(self, rows: tuple[int, int]) -> _Part:
        first, last = rows
        piece, window = self.piece, len(self.piece.weights_W)
        # a word has no more neighbours than there are words
        most = np.minimum(
            np.diff(self.place_starts[first : last + 1]) * 2 * window, piece.num_words
        )
        room = int(most.sum()) + 1  # the kernel writes one behind the last
        starts = np.empty(last - first + 1, np.int64)
        # memory that is not written to is not taken
        columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
        arrays: dict[str, Any] = {
            "ids": piece.ids.ctypes.data, "num_ids": len(piece.ids), "num_words": piece.num_words,
            "places": self.places.ctypes.data, "place_starts": self.place_starts.ctypes.data,
            "weights": piece.weights_W.ctypes.data, "window": window, "first": first, "last": last,
        }  # fmt: skip
        given = (array.ctypes.data for array in (starts, columns, values))
        if self.found.functions.lexloom_cooccurrence(ctypes.byref(_Job(**arrays)), *given):
            raise MemoryError("no memory is left to count words")
        return _Part(np.diff(starts), columns[: starts[-1]], values[: starts[-1]])
