"""Files of vectors: safetensors, word2vec text and binary, GloVe text and fastText's ``.vec``.

`vectors.text_formats` and `vectors.binary_formats` read and write them; the content of a file says
which it is.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from lexloom.artifacts import MANIFEST
from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.binary_formats import (
    checked,
    is_safetensors,
    is_word2vec_binary,
    read_safetensors,
    read_tensor,
    read_word2vec_binary,
    write_safetensors,
    write_word2vec_binary,
)
from lexloom.vectors.text_formats import read_text, write_glove, write_word2vec_text
from lexloom.vectors.vocabulary import Vocabulary
from lexloom.vectors.word_table import WordTable

MODEL, TENSORS, NAME = "model", "vectors.safetensors", "vectors"

FORMS: Mapping[str, Callable[[WordTable, Path], None]] = {
    "safetensors": write_safetensors,
    "word2vec": write_word2vec_text,
    "word2vec-binary": write_word2vec_binary,
    "glove": write_glove,
    "fasttext": write_word2vec_text,  # a .vec file is word2vec's text
}
"""The forms that are written, by their names."""

UNPACK = "unpack it first, and give the file that was packed"
FOREIGN: Mapping[bytes, tuple[str, str]] = {
    b"\x1f\x8b": ("is packed by gzip", UNPACK),
    b"PK\x03\x04": ("is a zip archive", UNPACK),
    b"BZh91AY&SY": ("is packed by bzip2", UNPACK),
    b"\xfd7zXZ\0": ("is packed by xz", UNPACK),
    b"\x28\xb5\x2f\xfd": ("is packed by zstd", UNPACK),
    b"\xba\x16\x4f\x2f": ("is a binary model of fastText", "its .vec file is read"),
    b"\x93NUMPY": ("is an array of NumPy, which has no words", "write word2vec text"),
} | {
    b"\x80%c" % protocol: (
        "is a pickle, which is not read, as it could run anything",
        "in gensim, write it by save_word2vec_format",
    )
    for protocol in range(2, 6)
}
"""What files that users have beside vectors begin with, what they are, and what helps."""


def read_vectors(path: Path) -> WordTable:
    """Read vectors; see `keyed.WordVectors.load`."""
    if path.is_dir():
        return _read_folder(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(1 << 16)
    except OSError as error:
        raise ArtifactError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path"
        ) from error
    if not head:
        raise ArtifactError(f"{path} is empty")
    for magic, (what, hint) in FOREIGN.items():
        if head.startswith(magic):
            raise ArtifactError(f"{path} {what}", hint=hint)
    if is_safetensors(head, path.stat().st_size):
        return read_safetensors(path)
    return read_word2vec_binary(path) if is_word2vec_binary(head) else read_text(path)


def write_vectors(table: WordTable, path: Path, form: str) -> None:
    """Write vectors; see `keyed.WordVectors.save`.

    Raises:
        UsageError: If there is no such form, or it cannot hold one of the words.
    """
    if form not in FORMS:
        raise UsageError(f"there is no form {form!r}", hint=f"the forms are {', '.join(FORMS)}")
    FORMS[form](table, path)


def _read_folder(path: Path) -> WordTable:
    folder = path / MODEL if (path / MODEL).is_dir() else path
    if not (folder / MANIFEST).exists():
        raise ArtifactError(
            f"{folder} holds no vectors, or they were not written to their end",
            hint="give a folder of `lexloom vectors train`; the same command goes on",
        )
    if not (folder / TENSORS).exists() and list(folder.glob("*.npz")):
        raise ArtifactError(f"{folder} holds sparse rows, which are no word vectors")
    vocabulary = Vocabulary.load(folder)
    vectors_VD = checked(read_tensor(folder / TENSORS, NAME), folder)
    return WordTable(vocabulary.words, vectors_VD, vocabulary.counts)
