"""Word vectors in word2vec's text format, read as far as a vocabulary needs them.

The first line holds the number of words and of channels, each line after it a word and its numbers.
`grow` lets embeddings begin as such vectors.
"""

from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ArtifactError

MAX_LINE_BYTES = 1 << 20
MAX_CHANNELS = 1 << 14


def read_vectors(path: Path, wanted: Collection[str]) -> dict[str, NDArray[np.float32]]:
    """Give the vectors, each of shape ``(W,)``, of those wanted words that a file holds.

    The other lines are passed over, so memory is bounded by what is wanted. Of a word that comes
    again the first vector counts.

    Raises:
        ArtifactError: If the file is missing, cut off, or in another format.
    """
    try:
        with path.open("rb") as stream:
            return _read(stream, path, wanted)
    except OSError as error:
        raise ArtifactError(
            f"cannot read {path}: {error.strerror}", hint="check the path"
        ) from error


def _read(stream: BinaryIO, path: Path, wanted: Collection[str]) -> dict[str, NDArray[np.float32]]:
    num_words, num_channels = _header(stream.readline(MAX_LINE_BYTES), path)
    vectors: dict[str, NDArray[np.float32]] = {}
    for number in range(2, num_words + 2):
        line = stream.readline(MAX_LINE_BYTES)
        if not line:
            raise ArtifactError(
                f"{path} ends after {number - 2:,} of {num_words:,} words",
                hint="it is cut off; copy it again",
            )
        # a word may hold white space of other kinds, and lines may end with a space
        word, *values = line.rstrip(b" \r\n").rsplit(b" ", num_channels)
        if len(values) != num_channels:
            raise _bad(path, number, f"holds {len(values)} numbers, not {num_channels}")
        try:
            text = word.decode("utf-8")
        except UnicodeDecodeError:
            raise _bad(path, number, "is not UTF-8") from None
        if text in wanted and text not in vectors:
            vectors[text] = _vector(values, path, number)
    return vectors


def _header(line: bytes, path: Path) -> tuple[int, int]:
    counts = line.split()
    if len(counts) == 2 and all(count.isdigit() and len(count) < 12 for count in counts):
        num_words, num_channels = map(int, counts)
        if num_words and 1 <= num_channels <= MAX_CHANNELS:
            return num_words, num_channels
    raise _bad(path, 1, "does not hold the numbers of words and channels")


def _vector(values: list[bytes], path: Path, number: int) -> NDArray[np.float32]:
    try:
        vector = np.array([float(value) for value in values], np.float32)
    except ValueError:
        raise _bad(path, number, "holds something that is no number") from None
    if not np.isfinite(vector).all():
        raise _bad(path, number, "holds a number that is not finite")
    return vector


def _bad(path: Path, number: int, what: str) -> ArtifactError:
    return ArtifactError(
        f"line {number} of {path} {what}", hint="give word vectors in word2vec's text format"
    )
