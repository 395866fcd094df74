"""Token files in Megatron's layout: PREFIX.bin holds the ids, PREFIX.idx where each sequence lies.

The index is, in little-endian: 9 bytes of magic; the version as uint64; one byte for the number
format; the counts of sequences and of document borders as uint64; the length of each sequence as
int32; where each begins in the ``.bin``, in bytes, as int64; and the borders of documents, as
numbers of sequences, as int64, from 0 to the count of sequences. Here a sequence is a sentence.

PREFIX.json, ours alone, names the tokenizer and the hashes of both files. `build` writes all three.
"""

import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import file_sha256
from lexloom.config import from_mapping
from lexloom.errors import ArtifactError, ConfigError, UsageError
from lexloom.tokens.tokenizer import Tokenizer

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<u1"),
    2: np.dtype("<i1"),
    3: np.dtype("<i2"),
    4: np.dtype("<i4"),
    5: np.dtype("<i8"),
    8: np.dtype("<u2"),
}
"""Megatron's code of a number format -> the format, for those that ids can have."""
UINT16_LIMIT = 65_500
"""Megatron's: vocabularies below it are written in uint16, others in int32."""
REBUILD = "build the token files again"

Lengths = NDArray[np.int32]
Positions = NDArray[np.int64]


def dtype_code(vocab_size: int) -> int:
    """Give the code of the number format that Megatron takes for a vocabulary."""
    return 8 if vocab_size < UINT16_LIMIT else 4


def data_path(prefix: Path) -> Path:
    """Give the path of the ids."""
    return _beside(prefix, ".bin")


def index_path(prefix: Path) -> Path:
    """Give the path of the index."""
    return _beside(prefix, ".idx")


def record_path(prefix: Path) -> Path:
    """Give the path of the record that names the tokenizer."""
    return _beside(prefix, ".json")


def _beside(prefix: Path, ending: str) -> Path:
    if not prefix.name or prefix.name == "..":
        raise UsageError(f"{prefix} names no file", hint="such as data/laws, for data/laws.bin")
    return prefix.with_name(prefix.name + ending)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRecord:
    """What PREFIX.json says of the two files beside it."""

    format: str = "lexloom token file"
    tokenizer_sha256: str
    vocab_size: int
    num_documents: int
    num_sequences: int
    num_tokens: int
    num_characters: int
    has_eos: bool
    """Whether each document ends with the end-of-sequence token."""
    bin_sha256: str
    idx_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return asdict(self)


def write_index(stream: BinaryIO, code: int, lengths: Lengths, documents: Positions) -> None:
    """Write an index.

    Args:
        stream: Where to.
        code: Megatron's code of the number format.
        lengths: Number of tokens of each sequence.
        documents: Borders of the documents, from 0 to the number of sequences.
    """
    stream.write(HEADER.pack(MAGIC, VERSION, code, len(lengths), len(documents)))
    stream.write(lengths.astype("<i4").tobytes())
    pointers = _starts(lengths) * DTYPES[code].itemsize
    stream.write(pointers[:-1].astype("<i8").tobytes())
    stream.write(documents.astype("<i8").tobytes())


def _starts(lengths: Lengths) -> Positions:
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, dtype=np.int64, out=starts[1:])
    return starts


class TokenFile:
    """Sequences of token ids on the disk; only the index is in memory."""

    def __init__(
        self,
        prefix: Path,
        dtype: np.dtype[Any],
        lengths: Lengths,
        documents: Positions,
        record: TokenRecord | None,
    ) -> None:
        self.prefix = prefix
        self.lengths = lengths
        """Number of tokens of each sequence, shape ``(num_sequences,)``."""
        self.starts = _starts(lengths)
        """Position of each sequence's first token, and the end, shape ``(num_sequences + 1,)``."""
        self.documents = documents
        """Number of each document's first sequence, and the end, shape ``(num_documents + 1,)``."""
        self.record = record
        """What PREFIX.json says; None for files that another program wrote."""
        self.tokens = _mapped(data_path(prefix), dtype, int(self.starts[-1]))
        """All ids, memory-mapped and read-only, shape ``(num_tokens,)``."""

    @classmethod
    def open(
        cls, prefix: Path | str, *, tokenizer: Tokenizer | None = None, verify: bool = False
    ) -> "TokenFile":
        """Open PREFIX.bin and PREFIX.idx, which must fit each other and a PREFIX.json.

        Args:
            prefix: The path without its ending.
            tokenizer: What the ids must have been made with; None asks nothing.
            verify: Read all ids once, to compare their hash.

        Raises:
            ArtifactError: If a file is missing, truncated, altered or of another tokenizer.
        """
        prefix = Path(prefix)
        for path in (data_path(prefix), index_path(prefix)):
            if not path.is_file():
                raise ArtifactError(
                    f"there is no file {path}", hint="give the path without .bin or .idx"
                )
        dtype, lengths, documents = _read_index(index_path(prefix))
        record = read_record(prefix)
        file = cls(prefix, dtype, lengths, documents, record)
        if record is not None:
            _check_record(file, record, verify=verify)
        if tokenizer is not None:
            check_tokenizer(file, tokenizer)
        return file

    @property
    def num_sequences(self) -> int:
        """How many sequences there are."""
        return len(self.lengths)

    @property
    def num_documents(self) -> int:
        """How many documents there are."""
        return len(self.documents) - 1

    @property
    def num_tokens(self) -> int:
        """How many tokens there are."""
        return int(self.starts[-1])

    @property
    def document_starts(self) -> Positions:
        """Position of each document's first token, and the end, shape ``(num_documents + 1,)``."""
        starts: Positions = self.starts[self.documents]
        return starts

    def __len__(self) -> int:
        """Give the number of sequences."""
        return self.num_sequences

    def __getitem__(self, number: int) -> NDArray[Any]:
        """Give the ids of one sequence."""
        if not -len(self) <= number < len(self):
            raise IndexError(f"there is no sequence {number}: there are {len(self)}")
        number %= len(self)
        return self.tokens[self.starts[number] : self.starts[number + 1]]

    def document(self, number: int) -> NDArray[Any]:
        """Give the ids of one document."""
        if not 0 <= number < self.num_documents:
            raise IndexError(f"there is no document {number}: there are {self.num_documents}")
        first, end = self.documents[number], self.documents[number + 1]
        return self.tokens[self.starts[first] : self.starts[end]]


def _mapped(path: Path, dtype: np.dtype[Any], num_tokens: int) -> NDArray[Any]:
    size_bytes, expected = path.stat().st_size, num_tokens * dtype.itemsize
    if size_bytes != expected:
        raise ArtifactError(
            f"{path} has {size_bytes:,} bytes, but its index speaks of {expected:,}", hint=REBUILD
        )
    if not num_tokens:  # nothing cannot be mapped
        return np.zeros(0, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r")


def _read_index(path: Path) -> tuple[np.dtype[Any], Lengths, Positions]:
    with path.open("rb") as stream:
        header = stream.read(HEADER.size)
        if len(header) < HEADER.size or not header.startswith(MAGIC):
            raise ArtifactError(
                f"{path} is no index of token files: it does not begin with MMIDIDX", hint=REBUILD
            )
        _, version, code, num_sequences, num_documents = HEADER.unpack(header)
        if version != VERSION or code not in DTYPES:
            raise ArtifactError(
                f"{path} is of version {version} and number format {code}, which are not known",
                hint=f"known are version {VERSION} and the formats {', '.join(map(str, DTYPES))}",
            )
        expected = HEADER.size + 12 * num_sequences + 8 * num_documents
        size_bytes = path.stat().st_size
        # a list of modes, one byte a sequence, may stand behind it in files of many media
        if size_bytes != expected:
            raise ArtifactError(
                f"{path} has {size_bytes:,} bytes, but its header speaks of {expected:,}",
                hint=REBUILD,
            )
        lengths = np.frombuffer(stream.read(4 * num_sequences), dtype="<i4")
        pointers = np.frombuffer(stream.read(8 * num_sequences), dtype="<i8")
        documents = np.frombuffer(stream.read(8 * num_documents), dtype="<i8")
    _check_index(path, DTYPES[code], lengths, pointers, documents)
    return DTYPES[code], lengths, documents


def _check_index(
    path: Path, dtype: np.dtype[Any], lengths: Lengths, pointers: Positions, documents: Positions
) -> None:
    what = ""
    if len(lengths) and int(lengths.min()) < 0:
        what = "a sequence is shorter than nothing"
    elif not np.array_equal(pointers, _starts(lengths)[:-1] * dtype.itemsize):
        what = "its sequences do not lie one behind the other"
    elif not len(documents) or documents[0] != 0 or documents[-1] != len(lengths):
        what = "its documents do not hold all sequences"
    elif (np.diff(documents) < 0).any():
        what = "its documents overlap"
    if what:
        raise ArtifactError(f"{path} is damaged: {what}", hint=REBUILD)


def read_record(prefix: Path) -> TokenRecord | None:
    """Read PREFIX.json; None where there is none.

    Raises:
        ArtifactError: If it is damaged.
    """
    path = record_path(prefix)
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_bytes())
        if isinstance(values, dict):
            return from_mapping(TokenRecord, values, where=str(path))
    except (ValueError, RecursionError, ConfigError) as error:
        raise ArtifactError(f"{path} is damaged: {error}", hint=REBUILD) from error
    raise ArtifactError(f"{path} is damaged: it holds no object", hint=REBUILD)


def _check_record(file: TokenFile, record: TokenRecord, *, verify: bool) -> None:
    counts = (file.num_documents, file.num_sequences, file.num_tokens)
    if counts != (record.num_documents, record.num_sequences, record.num_tokens):
        raise ArtifactError(
            f"{index_path(file.prefix)} does not count what {record_path(file.prefix)} says",
            hint=REBUILD,
        )
    hashes = {index_path(file.prefix): record.idx_sha256}
    if verify:
        hashes[data_path(file.prefix)] = record.bin_sha256
    for path, expected in hashes.items():
        if file_sha256(path) != expected:
            raise ArtifactError(
                f"{path} is not the file that was written: its SHA-256 differs", hint=REBUILD
            )


def check_tokenizer(file: TokenFile, tokenizer: Tokenizer) -> None:
    """Check that a tokenizer is the one that the ids were made with.

    Raises:
        ArtifactError: If it is another one, or the files do not say.
    """
    if file.record is None:
        raise ArtifactError(
            f"{record_path(file.prefix)} is missing, so nothing says which tokenizer made "
            f"{data_path(file.prefix)}",
            hint="build the token files with lexloom, or open them without a tokenizer",
        )
    if file.record.tokenizer_sha256 != tokenizer.sha256:
        raise ArtifactError(
            f"the tokenizer does not fit {data_path(file.prefix)}, which another one made "
            f"({file.record.vocab_size:,} ids, SHA-256 {file.record.tokenizer_sha256[:12]}; given: "
            f"{tokenizer.vocab_size:,} ids, {tokenizer.sha256[:12]})",
            hint="give the tokenizer that made them, or build them again",
        )
