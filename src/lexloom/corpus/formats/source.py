"""What every reader gets: a named stream of bytes, the limits, and a way to read what is inside.

A reader takes a `Source` and a `Context` and gives documents and failures, one at a time. Bytes
that were packed are counted by a `Budget`, so that a small file cannot unpack to a huge one.
"""

import contextlib
import io
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias

from lexloom.errors import ConfigError, InputError
from lexloom.records import Document, Failure

STDIN = "-"
HEAD_BYTES = 1 << 13
"""How much of a stream can be looked at before it is read."""
CHUNK_BYTES = 1 << 20
MEMORY_BYTES = 1 << 24
"""What is unpacked for a reader that needs to seek stays in memory up to this size."""
FREE_BYTES = 1 << 26
"""What a file may unpack to whatever its own size."""
MIB = 1 << 20

Item: TypeAlias = Document | Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """How documents are read, and what bounds them.

    Raises:
        ConfigError: If a limit is less than one.
    """

    text_field: str | None = None
    """Field of JSON lines, or column of a table, that holds the text; None for "text", and in a
    table without one for the column of the longest texts."""
    max_bytes: int = 1 << 29
    """Most bytes of one document: a file, a member of an archive, a line of JSON, a row."""
    part_bytes: int | None = None
    """Plain text that is longer comes in parts of about so many bytes, cut at line ends, each a
    document of its own, so that it may be longer than memory; None gives it whole."""
    max_unpacked_bytes: int = 1 << 40
    """Most bytes that one file given may unpack to in all."""
    max_ratio: int = 250
    """Most bytes that a packed byte may unpack to, beyond the first 64 MiB."""
    max_members: int = 1_000_000
    """Most members of the archives in one file given."""
    max_depth: int = 5
    """Most archives and packings inside each other."""
    page_timeout_s: float = 20.0
    """Most seconds that one page of a PDF may take."""
    document_timeout_s: float = 600.0
    """Most seconds that one PDF may take."""
    pdf_memory_mib: int = 2048
    """Most address space, in MiB, of the process that reads a PDF."""

    def __post_init__(self) -> None:
        """Check the ranges once, where the values enter."""
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and value <= 0:
                raise ConfigError(f"{name} must be more than 0, got {value}")


class BudgetError(InputError):
    """A file unpacks to more than it may; nothing more of it is read."""


@dataclass(slots=True)
class Budget:
    """Counts what one file given unpacks to, at every depth."""

    name: str
    options: ReadOptions
    size: int | None = None
    """Bytes of the file; None when only reading tells."""
    num_read: int = 0
    """Bytes read of it so far."""
    num_unpacked: int = 0
    num_members: int = 0

    def read(self, count: int) -> None:
        """Count bytes read of the file itself."""
        self.num_read += count

    def unpack(self, count: int) -> None:
        """Count bytes that came out of a packing.

        Raises:
            BudgetError: If they are too many.
        """
        self.num_unpacked += count
        packed = self.num_read if self.size is None else self.size
        allowed = max(FREE_BYTES, packed * self.options.max_ratio)
        if self.num_unpacked > min(allowed, self.options.max_unpacked_bytes):
            raise BudgetError(
                f"{self.name} unpacks to more than {self.num_unpacked - count:,} bytes,"
                f" too many for its size of {packed:,}",
                hint="it may be an archive bomb; unpack it yourself if you trust it",
            )

    def member(self) -> None:
        """Count a member of an archive.

        Raises:
            BudgetError: If they are too many.
        """
        self.num_members += 1
        if self.num_members > self.options.max_members:
            raise BudgetError(
                f"{self.name} holds more than {self.options.max_members:,} members",
                hint="unpack it yourself if you trust it",
            )


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Whole(io.RawIOBase):
    """Reads a stream so that every read but the last is full, and tells how much was read."""

    def __init__(self, stream: _Stream, on_read: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._on_read = on_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size, filled = len(buffer), 0
        while filled < size and (chunk := self._stream.read(size - filled)):
            buffer[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._on_read(filled)
        return filled


class Source:
    """A named stream of bytes whose start can be looked at before it is read.

    Args:
        id: The id of the document that it may be.
        stream: Where the bytes come from.
        filename: The name whose ending tells the format; the id if None.
        file: The same bytes as an open file that can seek, if there is one.
        on_read: Told how many bytes were read.
    """

    def __init__(
        self,
        id: str,
        stream: _Stream,
        *,
        filename: str | None = None,
        file: BinaryIO | None = None,
        on_read: Callable[[int], None] = lambda count: None,
    ) -> None:
        self.id = id
        self.filename = posixpath.basename(id if filename is None else filename)
        self.stream = io.BufferedReader(_Whole(stream, on_read), HEAD_BYTES)
        self._file = file

    @property
    def name(self) -> str:
        """What errors call it."""
        return "the standard input" if self.id == STDIN else self.id

    def head(self) -> bytes:
        """Give the first bytes without reading them."""
        return self.stream.peek(HEAD_BYTES)[:HEAD_BYTES]

    def read_all(self, max_bytes: int, begun: bytes = b"") -> bytes:
        """Read to the end.

        Args:
            max_bytes: Most bytes of the whole.
            begun: What was read before, which is given with the rest.

        Raises:
            InputError: If there are more than `max_bytes` bytes.
        """
        chunks = [begun]
        room = max_bytes + 1 - len(begun)
        while room > 0 and (chunk := self.stream.read(min(CHUNK_BYTES, room))):
            chunks.append(chunk)
            room -= len(chunk)
        if room <= 0:
            raise too_long(self.name, max_bytes)
        return b"".join(chunks)

    @contextlib.contextmanager
    def seekable(self, max_bytes: int) -> Iterator[BinaryIO]:
        """Give the bytes as a file that can seek: the file itself, or a nameless copy of it.

        Raises:
            InputError: If a copy would take more than `max_bytes` bytes.
        """
        if self._file is not None:
            self._file.seek(0)
            yield self._file
            return
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as copy:
            while chunk := self.stream.read(CHUNK_BYTES):
                copy.write(chunk)
                if copy.tell() > max_bytes:
                    raise too_long(self.name, max_bytes)
            copy.seek(0)
            yield copy  # type: ignore[misc]


Reader: TypeAlias = Callable[[Source, "Context"], Iterator[Item]]


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader may use besides the bytes."""

    options: ReadOptions
    budget: Budget
    read: Reader
    """Reads a source of any format; archives hand their members to it."""
    depth: int = 0

    def inside(self, source: Source) -> Iterator[Item]:
        """Read what was unpacked from an archive or a packing."""
        if self.depth >= self.options.max_depth:
            reason = f"{source.name} lies inside more than {self.options.max_depth} archives"
            yield Failure(source.id, reason, "unpack the outer ones first")
            return
        inner = Context(self.options, self.budget, self.read, self.depth + 1)
        yield from self.read(source, inner)


def too_long(what: str, max_bytes: int) -> InputError:
    """Give the error for something longer than a document may be."""
    return InputError(
        f"{what} is longer than the limit of {max_bytes:,} bytes",
        hint="split it, or raise the limit",
    )


def make_document(
    id: str, text: str, *, name: str | None = None, pages: tuple[int, ...] = ()
) -> Item:
    """Give a document whose source is its place, or a failure when there is no text in it."""
    if not text or text.isspace():
        hint = "it is empty, or only white space"
        return Failure(id, f"{name or id} holds no text", hint)
    return Document(id=id, text=text, source=id, pages=pages)


def printable_path(path: str | os.PathLike[str]) -> str:
    """Give a path as text that UTF-8 can hold; bytes that are none are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
