"""Vectors as text: word2vec's form and fastText's, with a first line of sizes, and GloVe's without.

A line has a word and its numbers; the word itself may hold spaces. `vectors.formats` tells the
forms apart.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import atomic_write
from lexloom.errors import ArtifactError
from lexloom.nn.kernels.floats import read_floats
from lexloom.vectors.binary_formats import HEADER, NUMBER, checked, writable
from lexloom.vectors.word_table import WordTable

BLOCK_BYTES = 1 << 23
BOM = b"\xef\xbb\xbf"
SAMPLE_LINES = 50
"""Lines that tell how many dimensions a file without a first line of sizes has."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """What a file says about itself, or is seen to have."""

    dim: int
    num_words: int | None
    start: int
    """Where the first vector begins, in bytes."""


def read_text(path: Path) -> WordTable:
    """Read a text of vectors.

    Raises:
        ArtifactError: If a line has too few numbers, or the sizes are not those that it says.
    """
    sizes = _sizes(path)
    words: list[str] = []
    parts: list[NDArray[np.float32]] = []
    for lines in _blocks(path, sizes.start):
        part = _Block(path, sizes.dim, len(words) + 1 + (sizes.num_words is not None))
        words += part.words(lines)
        parts.append(part.numbers)
    if sizes.num_words is not None and len(words) != sizes.num_words:
        is_cut = len(words) < sizes.num_words
        raise ArtifactError(
            f"{path} says that it has {sizes.num_words:,} vectors, but has {len(words):,}",
            hint="it may be cut off; copy it again" if is_cut else "its first line is wrong",
        )
    if not words:
        raise ArtifactError(f"{path} has no vectors")
    return WordTable(words, checked(np.concatenate(parts), path))


def write_word2vec_text(table: WordTable, path: Path) -> None:
    """Write word2vec's text, which is fastText's ``.vec`` too."""
    _write(table, path, f"{len(table.words)} {table.vectors_VD.shape[1]}\n")


def write_glove(table: WordTable, path: Path) -> None:
    """Write GloVe's text."""
    _write(table, path, "")


def _write(table: WordTable, path: Path, first_line: str) -> None:
    with atomic_write(path) as stream:
        stream.write(first_line.encode())
        for word, row in zip(table.words, table.vectors_VD, strict=True):
            # nine digits give the same float32 again
            numbers = " ".join([f"{number:.9g}" for number in row.tolist()])
            stream.write(f"{writable(word)} {numbers}\n".encode())


class _Block:
    """Lines of a file that are read together."""

    def __init__(self, path: Path, dim: int, first_line: int) -> None:
        self.path = path
        self.dim = dim
        self.first_line = first_line
        self.numbers = np.empty((0, dim), np.float32)

    def words(self, lines: list[bytes]) -> list[str]:
        """Give the words of the lines, and keep their numbers."""
        for number, line in enumerate(lines):
            if b"\0" in line:
                raise _with_nul(f"{self.path}: line {self.first_line + number:,}")
        pairs = [self._parts(number, line) for number, line in enumerate(lines)]
        numbers = read_floats(b" ".join([rest for _, rest in pairs]), self.dim * len(pairs))
        if numbers is None:
            for number, (_, rest) in enumerate(pairs):
                if read_floats(rest, self.dim) is None:
                    raise self._error(number, f"does not have {self.dim} numbers")
            raise AssertionError("what is right line by line is right together")
        self.numbers = numbers.reshape(len(pairs), self.dim)
        try:
            return b"\n".join([word for word, _ in pairs]).decode("utf-8").split("\n")
        except UnicodeDecodeError:
            bad = next(number for number, (word, _) in enumerate(pairs) if not _is_utf_8(word))
            raise self._error(bad, "begins with a word that is not UTF-8") from None

    def _parts(self, number: int, line: bytes) -> tuple[bytes, bytes]:
        """Give the word of a line and the rest, which has the numbers."""
        line = line.rstrip(b" \t\r")
        if line.count(b" ") == self.dim:
            word, _, rest = line.partition(b" ")
        else:  # a word with spaces, or numbers parted by tabs
            fields = line.rsplit(None, self.dim)
            if len(fields) != self.dim + 1:
                raise self._error(number, f"does not have a word and {self.dim} numbers")
            word, rest = fields[0], b" ".join(fields[1:])
        if not word:
            raise self._error(number, "has no word")
        return word, rest

    def _error(self, number: int, reason: str) -> ArtifactError:
        return ArtifactError(
            f"{self.path}: line {self.first_line + number:,} {reason}",
            hint="it may be cut off, or in another format",
        )


def _with_nul(place: str) -> ArtifactError:
    return ArtifactError(
        f"{place} holds a NUL byte, which no text has",
        hint="it is damaged, so copy it again, or it is UTF-16, so write it as UTF-8",
    )


def _is_utf_8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path, start: int) -> Iterator[list[bytes]]:
    """Give the lines of a file, many at a time, but for blank ones at its end; no line feeds."""
    num_blank = 0
    with path.open("rb") as stream:
        stream.seek(start)
        while lines := stream.readlines(BLOCK_BYTES):
            lines[-1] = lines[-1].removesuffix(b"\n")
            block = [b""] * num_blank + b"".join(lines).split(b"\n")
            # blank lines wait until another follows, for then they are an error
            filled = len(block)
            while filled and not block[filled - 1].strip():
                filled -= 1
            num_blank = len(block) - filled
            if filled:
                yield block[:filled]


def _sizes(path: Path) -> _Sizes:
    with path.open("rb") as stream:
        sample = stream.read(BLOCK_BYTES)
    found = HEADER.match(sample)
    if found:
        num_words, dim = map(int, found.groups())
        if not dim or num_words * (2 * dim + 1) > path.stat().st_size:
            raise ArtifactError(
                f"{path} is too short for the {num_words:,} vectors of {dim:,} dimensions"
                " that it says",
                hint="it may be cut off; copy it again",
            )
        return _Sizes(dim, num_words, found.end())
    lines = sample.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    dims = Counter(_num_numbers(line) for line in lines if line.strip())
    # what most lines have; among equals the more, for a row is sooner cut off than too long
    dim = max(dims, key=lambda count: (dims[count], count), default=0)
    if dim < 1 and b"\0" in sample:
        raise _with_nul(str(path))
    if dim < 1:
        raise ArtifactError(
            f"{path} is no file of vectors that is known here",
            hint="safetensors, word2vec text or binary, GloVe text and fastText .vec are",
        )
    return _Sizes(dim, None, len(BOM) if sample.startswith(BOM) else 0)


def _num_numbers(line: bytes) -> int:
    """Count the numbers at the end of a line, whose first field is a word in any case."""
    count = 0
    for field in reversed(line.split()[1:]):
        if not NUMBER.fullmatch(field):
            break
        count += 1
    return count
