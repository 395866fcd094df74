"""Plans of training samples over a token file: which tokens stand together, no token twice.

A plan writes nothing: a sample is a few segments, each a run of tokens of one document, so that
attention can be kept inside of it. Three ways are here; `order` says in which order samples come.

- `pack_sentences`: whole sentences, as KnowLM packs them, but none is used twice and what is left
  open at the end of a sample is filled with sentences from elsewhere.
- `pack_documents`: documents cut to the length, and what remains of them fitted together.
- `cut_stream`: every sample but the last of the full length, wherever it begins.

For causal models a sample of `length` tokens has as many labels less one; ask for one token more.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError
from lexloom.tokens.indexed import TokenFile

BUFFER_TOKENS = 1 << 24
"""Sentences fill up only samples of the same stretch of this many tokens of the file."""
SPARE_SHARE = 1.5
"""Tokens given up to fill the others, as a multiple of what is open."""

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One training sample of S segments, to be laid behind each other."""

    starts: Positions
    """Position of each segment's first token in the file, shape ``(S,)``."""
    lengths: Positions
    """Number of tokens of each segment, shape ``(S,)``; tokens of two segments are unrelated."""


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Samples as arrays: three numbers a segment and one a sample, whatever the tokens."""

    length: int
    """Most tokens of a sample."""
    starts: Positions
    """Position of each segment's first token, shape ``(num_segments,)``."""
    lengths: Positions
    """Number of tokens of each segment, shape ``(num_segments,)``."""
    borders: Positions
    """Number of each sample's first segment, and the end, shape ``(num_samples + 1,)``."""

    def __len__(self) -> int:
        """Give the number of samples."""
        return len(self.borders) - 1

    def __getitem__(self, number: int) -> Sample:
        """Give one sample."""
        if not 0 <= number < len(self):
            raise IndexError(f"there is no sample {number}: there are {len(self)}")
        part = slice(self.borders[number], self.borders[number + 1])
        return Sample(self.starts[part], self.lengths[part])

    @property
    def num_tokens(self) -> int:
        """How many tokens all samples hold."""
        return int(self.lengths.sum())

    @property
    def fill(self) -> float:
        """Share of the places in all samples that hold a token; 1.0 for an empty plan."""
        return self.num_tokens / (self.length * len(self)) if len(self) else 1.0


Packing = Callable[[TokenFile, int], SamplePlan]


def pack_sentences(file: TokenFile, length: int) -> SamplePlan:
    """Pack whole sentences; only one longer than a sample is cut.

    Neighbours stay together: samples are filled with one sentence behind the other until the next
    does not fit. A few samples are then given up, and their sentences close what the others have
    open, the longest that fits first.
    """
    _check_length(length)
    starts, lengths = _cut(file.starts[:-1], file.lengths.astype(np.int64), length)
    ends = np.cumsum(lengths)
    chosen: list[NDArray[np.int64]] = []
    first = 0
    while first < len(lengths):
        before = int(ends[first] - lengths[first])
        last = max(first + 1, int(np.searchsorted(ends, before + BUFFER_TOKENS, side="right")))
        chosen += _pack_stretch(lengths[first:last], length, first)
        first = last
    return _plan(length, starts, lengths, chosen, file.document_starts)


def pack_documents(file: TokenFile, length: int) -> SamplePlan:
    """Pack documents, each cut into as few pieces as can be, best fit first (Ding et al., 2024).

    arXiv 2404.10830. The pieces of full length are samples by themselves; the others, the longest
    first, go where the least room remains.
    """
    _check_length(length)
    borders = file.document_starts
    starts, lengths = _cut(borders[:-1], np.diff(borders), length)
    full = np.flatnonzero(lengths == length)
    chosen = [full[number : number + 1] for number in range(len(full))]
    rest = np.flatnonzero(lengths < length)
    chosen += [row + 0 for row in _best_fit(lengths, rest, length)]
    return _plan(length, starts, lengths, chosen, borders)


def cut_stream(file: TokenFile, length: int) -> SamplePlan:
    """Cut all tokens, one document behind the other, every `length` tokens."""
    _check_length(length)
    cuts = np.arange(0, file.num_tokens, length, dtype=np.int64)
    starts = np.union1d(cuts, file.document_starts[:-1])
    starts = starts[starts < file.num_tokens]
    lengths = np.diff(starts, append=file.num_tokens)
    borders = np.append(np.searchsorted(starts, cuts), len(starts))
    return SamplePlan(length, starts, lengths, borders)


PACKINGS: Mapping[str, Packing] = {
    "sentences": pack_sentences,
    "documents": pack_documents,
    "stream": cut_stream,
}
"""Name of a way to pack -> the function."""


def _check_length(length: int) -> None:
    if length < 1:
        raise ConfigError(f"the length of a sample must be 1 or more, got {length}")


def _cut(starts: Positions, lengths: Positions, length: int) -> tuple[Positions, Positions]:
    """Cut runs of tokens into pieces of at most `length`, the last of each run the rest of it."""
    counts = -(-lengths // length)  # a run without tokens gives no piece
    run = np.repeat(np.arange(len(lengths)), counts)
    inside = np.arange(len(run)) - np.repeat(np.cumsum(counts) - counts, counts)
    pieces = np.minimum(lengths[run] - inside * length, length)
    return starts[run] + inside * length, pieces


def _pack_stretch(lengths: Positions, length: int, first: int) -> Iterator[NDArray[np.int64]]:
    """Give the pieces of each sample of one stretch, numbered from `first`."""
    bins = _next_fit(lengths, length)
    spared = _spared(lengths, bins, length)
    pool = _Pool(length)
    for number in np.flatnonzero(spared).tolist():
        for piece in range(bins[number], bins[number + 1]):
            pool.add(piece, int(lengths[piece]))
    ends = np.concatenate([[0], np.cumsum(lengths)])
    for number in np.flatnonzero(~spared).tolist():
        begin, end = bins[number], bins[number + 1]
        fill = pool.take(length - int(ends[end] - ends[begin]))
        yield first + np.array([*range(begin, end), *fill], dtype=np.int64)
    rest = np.array(sorted(pool.pieces()), dtype=np.int64)
    for row in _best_fit(lengths, rest, length):
        yield first + row


def _next_fit(lengths: Positions, length: int) -> list[int]:
    """Give where each sample begins if a sample ends where the next piece does not fit."""
    ends = np.cumsum(lengths)
    borders = [0]
    while borders[-1] < len(lengths):
        begin = borders[-1]
        limit = int(ends[begin] - lengths[begin]) + length
        borders.append(int(np.searchsorted(ends, limit, side="right")))
    return borders


def _spared(lengths: Positions, bins: list[int], length: int) -> NDArray[np.bool_]:
    """Choose samples, evenly, whose pieces shall fill the others."""
    num_bins = len(bins) - 1
    share = 1 - int(lengths.sum()) / (length * num_bins)
    num_spared = min(int(np.ceil(SPARE_SHARE * share * num_bins)), num_bins // 2)
    spared = np.zeros(num_bins, dtype=np.bool_)
    if num_spared:
        spared[(np.arange(num_spared) * num_bins) // num_spared] = True
    return spared


class _Pool:
    """Pieces by length; the set of lengths at hand is kept as the bits of one number."""

    def __init__(self, length: int) -> None:
        self._by_length: list[list[int]] = [[] for _ in range(length + 1)]
        self._at_hand = 0

    def add(self, piece: int, size: int) -> None:
        """Put a piece in."""
        self._by_length[size].append(piece)
        self._at_hand |= 1 << size

    def take(self, room: int) -> Iterator[int]:
        """Take out pieces for a room, each time the longest that fits."""
        while size := (self._at_hand & ((2 << room) - 1)).bit_length() - 1:
            if size < 0:
                return
            yield self._pop(size)
            room -= size

    def take_at_least(self, size: int) -> int | None:
        """Take out the shortest that is as long as `size`."""
        above = self._at_hand >> size
        if not above:
            return None
        return self._pop(size + (above & -above).bit_length() - 1)

    def _pop(self, size: int) -> int:
        pieces = self._by_length[size]
        piece = pieces.pop()
        if not pieces:
            self._at_hand &= ~(1 << size)
        return piece

    def pieces(self) -> Iterator[int]:
        """Give all that is left."""
        return (piece for pieces in self._by_length for piece in pieces)


def _best_fit(lengths: Positions, pieces: Positions, length: int) -> list[NDArray[np.int64]]:
    """Fit pieces together, the longest first, each where the least room remains."""
    rows: list[list[int]] = []
    rooms: list[int] = []
    pool = _Pool(length)  # of rows, by the room that they have
    order = np.argsort(-lengths[pieces], kind="stable")
    for piece in pieces[order].tolist():
        size = int(lengths[piece])
        row = pool.take_at_least(size)
        if row is None:
            row = len(rows)
            rows.append([])
            rooms.append(length)
        rows[row].append(piece)
        rooms[row] -= size
        if rooms[row]:
            pool.add(row, rooms[row])
    return [np.array(sorted(row), dtype=np.int64) for row in rows]


def _plan(
    length: int,
    starts: Positions,
    lengths: Positions,
    chosen: list[NDArray[np.int64]],
    document_starts: Positions,
) -> SamplePlan:
    """Make a plan of the pieces of each sample; neighbours in one document become one segment."""
    order = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)
    sample = np.repeat(np.arange(len(chosen)), [len(row) for row in chosen])
    starts, lengths = starts[order], lengths[order]
    document = np.searchsorted(document_starts, starts, side="right")
    joins = np.zeros(len(order), dtype=np.bool_)
    joins[1:] = (
        (starts[1:] == starts[:-1] + lengths[:-1])
        & (document[1:] == document[:-1])
        & (sample[1:] == sample[:-1])
    )
    heads = np.flatnonzero(~joins)
    sums = np.add.reduceat(lengths, heads) if len(heads) else lengths
    borders = np.searchsorted(sample[heads], np.arange(len(chosen) + 1))
    return SamplePlan(length, starts[heads], sums, borders)
