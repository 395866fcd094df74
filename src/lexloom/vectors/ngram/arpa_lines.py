"""The lines of an ARPA file: sections, columns and numbers, each checked; `arpa` builds of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ArtifactError

COUNT = re.compile(rb"ngram\s+(\d{1,3})\s*=\s*(\d{1,15})")
HINT = "copy or write the file again; 'lexloom ngram convert' writes ARPA files"


@dataclass(frozen=True, slots=True)
class Section:
    """The n-grams of one order."""

    order: int
    first_line: int
    """Line of its first n-gram, counted from 1."""
    words: Sequence[Sequence[bytes]]
    log_probs: NDArray[np.float64]
    log_backoffs: NDArray[np.float64]
    """0 where the file gives none."""

    def line_of(self, place: int) -> int:
        """Give the line of an n-gram."""
        return self.first_line + place


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

    def section(self, order: int, count: int, *, is_highest: bool) -> Section:
        """Read the n-grams of an order."""
        self._skip_blank()
        title = f"\\{order}-grams:".encode()
        if self._next() != title:
            raise self._unexpected(f"{title.decode()} must stand here")
        first = self._at
        rows = [line.split() for line in self._lines[first : first + count]]
        self._at += len(rows)
        section_line = first + 1
        widths = np.fromiter(map(len, rows), np.int64, len(rows))
        allowed = (order + 1,) if is_highest else (order + 1, order + 2)
        is_wrong = ~np.isin(widths, allowed)
        if is_wrong.any() or len(rows) < count:
            self._at = first + (int(np.argmax(is_wrong)) if is_wrong.any() else len(rows)) + 1
            raise self._unexpected(
                f"a number, {order} words{'' if is_highest else ' and a weight'} must stand here,"
                f" for {count} {order}-grams are promised"
            )
        log_probs = self._numbers([row[0] for row in rows], section_line)
        too_large = log_probs > 0
        if too_large.any():
            place = int(np.argmax(too_large))
            raise self.error(
                section_line + place, f"a log probability above 0: {log_probs[place]:g}"
            )
        weights = [row[-1] if len(row) == order + 2 else b"0" for row in rows]
        words = [row[1 : order + 1] for row in rows]
        return Section(order, section_line, words, log_probs, self._numbers(weights, section_line))

    def end(self) -> None:
        """Read the end mark."""
        self._skip_blank()
        if self._next() != b"\\end\\":
            raise self._unexpected("\\end\\ must stand here")

    def _numbers(self, texts: Sequence[bytes], line: int) -> NDArray[np.float64]:
        try:
            values = np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            values = np.array([_number(text) for text in texts])
        is_wrong = np.isnan(values) | np.isposinf(values)
        if is_wrong.any():
            place = int(np.argmax(is_wrong))
            text = texts[place].decode("utf-8", "replace")
            raise self.error(line + place, f"{text!r} is no number")
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
