"""The lines of an ARPA file: sections, columns and numbers, each checked; `arpa` builds of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ArtifactError

COUNT = re.compile(rb"ngram\s+(\d{1,3})\s*=\s*(\d{1,15})")
HINT = "copy or write the file again; 'lexloom ngram convert' writes ARPA files"


LINES_AT_ONCE = 1 << 16
SPACES = np.isin(np.arange(256), np.frombuffer(b" \t\n\v\f\r", np.uint8))


@dataclass(frozen=True, slots=True)
class Section:
    """The n-grams of one order, in the order of the file: M of N words each."""

    first_line: int
    """Line of its first n-gram, counted from 1."""
    words: NDArray[np.int64]
    """Numbers of the words, shape ``(M, N)``."""
    log_probs: NDArray[np.float64]
    log_backoffs: NDArray[np.float64]
    """0 where the file gives none."""


_Rows = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


class ArpaLines:
    """Reads a file from its first line to its last, section by section."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"cannot read {path}: {error.strerror or error}") from error
        if b"\0" in data:
            raise ArtifactError(f"{path} is binary, no ARPA file: it holds NUL bytes", hint=HINT)
        self._lines = data.split(b"\n")
        self._at = 0
        self.comments: list[bytes] = []

    def error(self, line: int, problem: str) -> ArtifactError:
        """Give the error that names a line, counted from 1."""
        return ArtifactError(f"{self.path}, line {line}: {problem}", hint=HINT)

    def counts(self) -> list[int]:
        """Read the head: how many n-grams of each order follow."""
        while self._at < len(self._lines) and self._lines[self._at][:1] in (b"#", b"", b"\r"):
            self.comments.append(self._lines[self._at].strip())
            self._at += 1
        if self._next() != b"\\data\\":
            raise ArtifactError(f"{self.path} is no ARPA file: it lacks \\data\\", hint=HINT)
        counts: list[int] = []
        while line := self._peek():
            match = COUNT.fullmatch(line)
            if not match or int(match[1]) != len(counts) + 1:
                break
            counts.append(int(match[2]))
            self._at += 1
        if not counts:
            raise self.error(self._at + 1, "ngram 1=COUNT must follow")
        return counts

    def section(
        self, order: int, count: int, ids: Mapping[bytes, int], *, is_highest: bool
    ) -> Section:
        """Read the n-grams of an order; `ids` numbers their words."""
        self._skip_blank()
        title = f"\\{order}-grams:".encode()
        if self._next() != title:
            raise self._unexpected(f"{title.decode()} must stand here")
        first, end = self._at, self._at + count
        parts = []
        while self._at < end:
            parts.append(self._rows(order, min(end, self._at + LINES_AT_ONCE), ids, is_highest))
        if not parts:
            nothing = np.zeros(0)
            return Section(first + 1, np.zeros((0, order), np.int64), nothing, nothing)
        words, log_probs, log_backoffs = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Section(first + 1, words.reshape(-1, order), log_probs, log_backoffs)

    def gram(self, line: int) -> str:
        """Give what a line holds behind its first number, to be shown."""
        _, *words = self._lines[line - 1].split(b"\t")
        return repr(words[0].strip().decode("utf-8", "replace")) if words else "it"

    def _rows(self, order: int, end: int, ids: Mapping[bytes, int], is_highest: bool) -> _Rows:
        """Read lines: word numbers, log probabilities and weights."""
        first = self._at
        block = b"\n".join(self._lines[first:end])
        widths = _widths(block, len(self._lines[first:end]))
        is_right = (widths == order + 1) | ((widths == order + 2) & (not is_highest))
        if len(widths) < end - first or not is_right.all():
            self._at = first + (len(widths) if is_right.all() else int(np.argmin(is_right))) + 1
            weight = "" if is_highest else " and perhaps a weight"
            raise self._unexpected(f"a number, {order} words{weight} must stand here")
        self._at = end
        fields = block.split()
        starts = (np.cumsum(widths) - widths).tolist()
        has_weight = (widths == order + 2).tolist()
        log_probs = self._numbers([fields[start] for start in starts], first)
        self._check_log_probs(log_probs, first)
        weights = [
            fields[start + order + 1] if has else b"0"
            for start, has in zip(starts, has_weight, strict=True)
        ]
        words = [word for start in starts for word in fields[start + 1 : start + order + 1]]
        return self._ids(words, order, ids, first), log_probs, self._numbers(weights, first)

    def _ids(
        self, words: list[bytes], order: int, ids: Mapping[bytes, int], first: int
    ) -> NDArray[np.int64]:
        try:
            return np.fromiter(map(ids.__getitem__, words), np.int64, len(words))
        except KeyError as error:
            unknown: bytes = error.args[0]
            shown = unknown.decode("utf-8", "replace")
            line = first + words.index(unknown) // order + 1
            raise self.error(line, f"{shown!r} is not among the words") from error

    def _check_log_probs(self, log_probs: NDArray[np.float64], first: int) -> None:
        is_wrong = log_probs > 0
        if is_wrong.any():
            place = int(np.argmax(is_wrong))
            value = log_probs[place]
            raise self.error(first + place + 1, f"a log probability is above 0: {value:g}")

    def end(self) -> None:
        """Read the end mark."""
        self._skip_blank()
        if self._next() != b"\\end\\":
            raise self._unexpected("\\end\\ must stand here")

    def _numbers(self, texts: Sequence[bytes], first: int) -> NDArray[np.float64]:
        try:
            values = np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            values = np.array([_number(text) for text in texts])
        is_wrong = np.isnan(values) | np.isposinf(values)
        if is_wrong.any():
            place = int(np.argmax(is_wrong))
            text = texts[place].decode("utf-8", "replace")
            raise self.error(first + place + 1, f"{text!r} is no number")
        return values

    def _unexpected(self, wanted: str) -> ArtifactError:
        """Give the error of the line that was read last."""
        if self._at > len(self._lines) or not any(
            line.strip() for line in self._lines[self._at - 1 :]
        ):
            return ArtifactError(
                f"{self.path} is cut off: it ends where {wanted}",
                hint=HINT,
            )
        found = self._lines[self._at - 1].strip()[:80].decode("utf-8", "replace")
        return self.error(self._at, f"{wanted}, got {found!r}")

    def _skip_blank(self) -> None:
        while self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1

    def _peek(self) -> bytes:
        return self._lines[self._at].strip() if self._at < len(self._lines) else b""

    def _next(self) -> bytes:
        line = self._peek()
        self._at += 1
        return line


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _widths(block: bytes, num_lines: int) -> NDArray[np.int64]:
    """Count the fields of each line of a block."""
    if not block:
        return np.zeros(num_lines, np.int64)
    characters = np.frombuffer(block, np.uint8)
    is_space = SPACES[characters]
    is_first = ~is_space
    is_first[1:] &= is_space[:-1]
    line = np.cumsum(characters == ord("\n"))
    return np.bincount(line[is_first], minlength=num_lines)
