"""Vectors as binary numbers: safetensors, mapped into memory, and word2vec's binary form.

A file of safetensors that stands alone carries its words in its own header; `vectors.formats`
tells the forms apart.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from lexloom.artifacts import atomic_write
from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.word_table import WordTable

NAME, WORDS = "vectors", "words"
HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\s*(\d{1,12})[ \t]+(\d{1,7})[ \t]*\r?\n")
"""The first line of word2vec's files: how many words, how many dimensions."""
NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+|inf|nan)([eE][-+]?\d+)?")
MAX_WORD_BYTES = 1 << 16
DTYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "F64": np.dtype("<f8"),
}
SAMPLE_BYTES = 2000
MAX_FIELDS = 8
"""Numbers of the first line that tell a text from binary numbers."""


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file begins as safetensors do: with the length of a JSON object."""
    length = int.from_bytes(head[:8], "little")
    return len(head) > 8 and head[8:9] == b"{" and length + 8 <= size


def read_safetensors(path: Path) -> WordTable:
    """Read vectors whose words are in the header.

    Raises:
        ArtifactError: If it has no words, or is damaged.
    """
    header, _ = _header(path)
    try:
        words = json.loads(header["__metadata__"][WORDS])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path} holds tensors but no words", hint="give the folder that it lies in"
        ) from error
    if not isinstance(words, list) or not all(map(_is_text, words)):
        raise ArtifactError(f"{path}: its words are no list of texts", hint="write it again")
    return WordTable(words, checked(read_tensor(path, NAME), path))


def read_tensor(path: Path, name: str) -> NDArray[np.float32]:
    """Map a matrix of a safetensors file into memory.

    Raises:
        ArtifactError: If the file is missing or damaged, or has no such matrix.
    """
    header, start = _header(path)
    try:
        entry = header[name]
        dtype, (num_rows, width) = DTYPES[entry["dtype"]], entry["shape"]
        first, stop = (start + int(offset) for offset in entry["data_offsets"])
        num_rows, width = int(num_rows), int(width)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{path} has no matrix {name!r} of float32 numbers") from error
    is_whole = stop - first == num_rows * width * dtype.itemsize and stop <= path.stat().st_size
    if not is_whole or first < start or min(num_rows, width) < 1:
        raise ArtifactError(f"{path} is truncated or altered", hint="copy it again")
    mapped: NDArray[Any] = np.memmap(path, dtype, "r", first, (num_rows, width))
    return mapped if dtype == np.float32 else mapped.astype(np.float32)


def write_safetensors(table: WordTable, path: Path) -> None:
    """Write vectors, their words in the header.

    Raises:
        UsageError: If a word holds a lone surrogate.
    """
    for word in table.words:
        if not _is_text(word):
            raise _with_surrogate(word)
    words = json.dumps(table.words, ensure_ascii=False)
    data = save({NAME: np.ascontiguousarray(table.vectors_VD)}, metadata={WORDS: words})
    with atomic_write(path) as stream:
        stream.write(data)


def is_word2vec_binary(head: bytes) -> bool:
    """Whether what is behind word2vec's first line is no text."""
    found = HEADER.match(head)
    if not found:
        return False
    sample = head[found.end() : found.end() + SAMPLE_BYTES]
    if b"\0" in sample:
        return not _is_text_with_holes(sample)
    # the numbers of a text are readable, whatever the words are; a word may hold spaces itself,
    # so those at the end of the line tell
    fields = sample.split(b"\n")[0].split(b" ")[1:]
    numbers = fields[-min(MAX_FIELDS, max(int(found[2]), 1)) :]
    return not all(re.fullmatch(rb"[-+.\w]*\s*", part, re.ASCII) for part in numbers)


def _is_text_with_holes(sample: bytes) -> bool:
    """Whether there are words and numbers in lines, but for NUL bytes, which no text has."""
    fields = [
        field for line in sample.replace(b"\0", b"").split(b"\n") for field in line.split()[1:]
    ]
    # a binary number can look like a digit, but hardly ever do most of them stand by themselves
    return 2 * sum(NUMBER.fullmatch(field) is not None for field in fields) > len(fields)


def read_word2vec_binary(path: Path) -> WordTable:
    """Read word2vec's binary form: each word, a space, and its numbers.

    Raises:
        ArtifactError: If the file is shorter or longer than its header says, or damaged.
    """
    data = np.memmap(path, np.uint8, "r")
    found = HEADER.match(data[:100].tobytes())
    assert found is not None  # the caller has looked
    num_words, dim = map(int, found.groups())
    row_bytes = 4 * dim
    if not num_words or not dim or num_words * (row_bytes + 2) > len(data):
        raise _not_as_said(path, num_words, dim)
    vectors_VD = np.empty((num_words, dim), np.float32)
    words, at = [], found.end()
    for number in range(num_words):
        word, at = _word_at(data, at, path, number)
        if at + row_bytes > len(data):
            raise _not_as_said(path, num_words, dim)
        vectors_VD[number] = data[at : at + row_bytes].view("<f4")
        words.append(word)
        at += row_bytes
    if data[at:].tobytes().strip():
        raise ArtifactError(f"{path} has more than the {num_words:,} vectors that it says")
    return WordTable(words, checked(vectors_VD, path))


def write_word2vec_binary(table: WordTable, path: Path) -> None:
    """Write word2vec's binary form.

    Raises:
        UsageError: If a word holds a space, which ends words there.
    """
    rows = np.ascontiguousarray(table.vectors_VD, "<f4")
    with atomic_write(path) as stream:
        stream.write(f"{len(rows)} {rows.shape[1]}\n".encode())
        for word, row in zip(table.words, rows, strict=True):
            stream.write(writable(word).encode("utf-8") + b" " + row.tobytes() + b"\n")


def writable(word: str) -> str:
    """Give a word that the forms of word2vec can hold: nothing in it ends a word or a text.

    Raises:
        UsageError: If they cannot hold it.
    """
    if not word or any(char.isspace() or char == "\0" for char in word):
        raise UsageError(
            f"the word {word!r} holds a space, a NUL or nothing, which this form cannot hold",
            hint="write safetensors",
        )
    if not _is_text(word):
        raise _with_surrogate(word)
    return word


def _is_text(word: Any) -> bool:
    """Whether a word is a string that has UTF-8, which lone surrogates have not."""
    if not isinstance(word, str):
        return False
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _with_surrogate(word: str) -> UsageError:
    return UsageError(
        f"the word {word!r} holds a lone surrogate, which no form can hold", hint="leave it out"
    )


def checked(vectors_VD: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Give vectors that hold numbers alone.

    Raises:
        ArtifactError: If one holds inf or nan.
    """
    bad = np.flatnonzero(~np.isfinite(vectors_VD).all(1))
    if len(bad):
        raise ArtifactError(f"{path}: vector {bad[0] + 1:,} holds what is no number")
    return vectors_VD


def _word_at(data: NDArray[np.uint8], at: int, path: Path, number: int) -> tuple[str, int]:
    """Give the word that begins at a place, and where its numbers begin."""
    head = data[at : at + 256].tobytes()
    space = head.find(b" ")
    if space < 0:
        head = data[at : at + MAX_WORD_BYTES].tobytes()
        space = head.find(b" ")
    try:
        # the line feed is that of the row before
        word = head[:space].lstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        word = ""
    if space < 0 or not word:
        raise ArtifactError(f"{path}: word {number + 1:,} cannot be read", hint="copy it again")
    return word, at + space + 1


def _not_as_said(path: Path, num_words: int, dim: int) -> ArtifactError:
    return ArtifactError(
        f"{path} is too short for the {num_words:,} vectors of {dim:,} dimensions that it says",
        hint="it may be cut off; copy it again",
    )


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """Give the header of a safetensors file, and where the numbers begin."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length)) if length + 8 <= size else None
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise ArtifactError(f"{path} is truncated or altered", hint="copy it again")
    return header, 8 + length
