"""Windows over a long text: sentence borders, a limit of units, and one owner for each character.

A window is what a model reads at once. Its core is the part whose facts are kept from it: the
cores tile the text, so a fact is kept once, from the window whose core holds its start.
`extract.pieces` gives the sentences that are packed here; `extract.merge` joins what was found.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lexloom.errors import ConfigError
from lexloom.extract.pieces import CountUnits, Limits, Piece, cut_pieces

PARTS_PER_WINDOW = 4
"""Parts of a cut sentence that fill a window, so that neighbours can overlap."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of text to read at once, and the stretch of it (its core) that it answers for.

    The core may reach beyond the window by white space only.
    """

    start: int
    end: int
    core_start: int
    core_end: int

    def owns(self, offset: int) -> bool:
        """Whether a fact that starts at this offset is kept from this window."""
        return self.core_start <= offset < self.core_end


def make_windows(
    text: str,
    *,
    max_units: int,
    overlap_sentences: int,
    count_units: CountUnits,
    max_sentences: int | None = None,
) -> Iterator[Window]:
    """Cover a text with windows on sentence borders; a blank text has none.

    Args:
        text: The text; windows are given as they are found, in linear time.
        max_units: Most units (such as tokens) of a window; a single character is never cut.
        overlap_sentences: Most sentences of context on each side of a core; as many as fit, the
            left ones in at most half of what the core's first sentence leaves. The parts of a
            sentence too long for a window overlap in any case.
        count_units: Counts a string's units; a joined string must have no more than its parts
            together.
        max_sentences: Most sentences of a core; None for as many as fit.

    Raises:
        ConfigError: If a number is out of range.
    """
    _check(max_units, overlap_sentences, max_sentences)
    limits = Limits(max_units, max(1, max_units // PARTS_PER_WINDOW))
    packer = _Packer(cut_pieces(text, count_units, limits), max_units, overlap_sentences)
    core_start = 0
    while packer.look(packer.core):
        run_end = packer.run_end(max_sentences)
        core_end = packer.core_end(run_end, max_sentences)
        first, last = packer.context(core_end, run_end)
        following = packer.start_of(core_end)
        border = len(text) if following is None else following
        yield Window(first.start, last.end, core_start, border)
        core_start = border
        packer.advance(core_end)


def _check(max_units: int, overlap_sentences: int, max_sentences: int | None) -> None:
    if max_units < 1:
        raise ConfigError(f"max_units must be at least 1, got {max_units}")
    if overlap_sentences < 0:
        raise ConfigError(f"overlap_sentences must be at least 0, got {overlap_sentences}")
    if max_sentences is not None and max_sentences < 1:
        raise ConfigError(
            f"max_sentences must be at least 1, got {max_sentences}", hint="None for no limit"
        )


class _Packer:
    """The pieces around the core's start: some behind it for context, some looked at ahead."""

    def __init__(self, pieces: Iterator[Piece], max_units: int, overlap: int) -> None:
        self._pieces = pieces
        self._max_units = max_units
        self._overlap = overlap
        self._held: list[Piece] = []
        self.core = 0
        """Index of the core's first piece among those held."""
        self._left = 0
        self._num_left_units = 0

    def look(self, index: int) -> bool:
        """Whether there is a piece at `index`; reads on until there is, or the text ends."""
        while index >= len(self._held):
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._held.append(piece)
        return True

    def start_of(self, index: int) -> int | None:
        """Give where the piece at `index` starts, None behind the last."""
        return self._held[index].start if self.look(index) else None

    def advance(self, core_end: int) -> None:
        """Begin the next core at `core_end` and let go of what is no longer context."""
        drop = max(0, core_end - max(self._overlap, 1))
        del self._held[:drop]
        self.core = core_end - drop

    def run_end(self, max_sentences: int | None) -> int:
        """Choose the left context, then give the index behind the last piece that still fits."""
        first = self._held[self.core]
        self._take_left((self._max_units - first.num_units) // 2)
        room = self._max_units - self._num_left_units - first.num_units
        index = self.core + 1
        num_beyond = 0
        while self.look(index):
            piece = self._held[index]
            room -= piece.num_gap_units + piece.num_units
            num_beyond += self._is_beyond(piece, max_sentences)
            if room < 0 or num_beyond > max(self._overlap, 1):
                break
            index += 1
        return index

    def _take_left(self, budget: int) -> None:
        self._left, self._num_left_units = self.core, 0
        for _ in range(self._num_overlap(self.core)):
            if self._left == 0:
                return
            # the gap lies behind the piece that is taken, before the one taken last
            cost = self._held[self._left - 1].num_units + self._held[self._left].num_gap_units
            if self._num_left_units + cost > budget:
                return
            self._left -= 1
            self._num_left_units += cost

    def _num_overlap(self, border: int) -> int:
        """Give how many pieces overlap at a border: at least one inside of a sentence."""
        inside = 0 < border < len(self._held) and (
            self._held[border - 1].sentence == self._held[border].sentence
        )
        return max(self._overlap, 1) if inside else self._overlap

    def _is_beyond(self, piece: Piece, max_sentences: int | None) -> bool:
        if max_sentences is None:
            return False
        return piece.sentence >= self._held[self.core].sentence + max_sentences

    def core_end(self, run_end: int, max_sentences: int | None) -> int:
        """Give the index behind the core's last piece, leaving the right context to the next."""
        end = run_end
        if self.look(run_end):
            end = max(self.core + 1, run_end - self._num_overlap(run_end))
        while end > self.core + 1 and self._is_beyond(self._held[end - 1], max_sentences):
            end -= 1
        return end

    def context(self, core_end: int, run_end: int) -> tuple[Piece, Piece]:
        """Give the first and last piece of the window."""
        last = min(run_end, core_end + self._num_overlap(core_end)) - 1
        return self._held[self._left], self._held[last]
