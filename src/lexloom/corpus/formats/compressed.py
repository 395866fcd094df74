"""What gzip, bzip2 and Zstandard packed: unpacked as it is read, and read as what it then is."""

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import zstandard

from lexloom.corpus.formats.source import Budget, Context, Item, Source
from lexloom.errors import InputError

MAX_WINDOW_BYTES = 1 << 27
"""Most memory that a Zstandard frame may ask for; its own tools stop there too."""
FEED_BYTES = 1 << 9
"""Zstandard is fed this much at once, for each three bytes may unpack to 128 KiB."""
ZSTANDARD_MAGIC = b"\x28\xb5\x2f\xfd"
ENDINGS = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".tzst": ".tar"}
"""What stands for two endings, and the one that is left when the packing is taken off."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_gzip(source: Source, context: Context) -> Iterator[Item]:
    """Read what a gzip file holds."""
    yield from _read(source, context, gzip.GzipFile(fileobj=source.stream, mode="rb"))


def read_bzip2(source: Source, context: Context) -> Iterator[Item]:
    """Read what a bzip2 file holds."""
    yield from _read(source, context, bz2.BZ2File(source.stream, "rb"))


def read_zstandard(source: Source, context: Context) -> Iterator[Item]:
    """Read what a Zstandard file holds."""
    yield from _read(source, context, _Zstandard(source.stream))


def _read(source: Source, context: Context, unpacked: _Readable) -> Iterator[Item]:
    stem, dot, ending = source.filename.rpartition(".")
    filename = stem + ENDINGS.get(dot + ending.lower(), "") if dot else source.filename
    counted = _Unpacked(unpacked, context.budget, source.name)
    yield from context.inside(Source(source.id, counted, filename=filename))


class _Unpacked:
    """Counts what is unpacked and says in a sentence what is wrong with the packing."""

    def __init__(self, stream: _Readable, budget: Budget, name: str) -> None:
        self._stream = stream
        self._budget = budget
        self._name = name

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes.

        Raises:
            InputError: If the packing is cut off or damaged.
            BudgetError: If too much came out of it.
        """
        try:
            data = self._stream.read(size)
        except EOFError as error:
            raise InputError(
                f"{self._name} ends before its packing does",
                hint="it seems to be cut off; copy it again",
            ) from error
        except (OSError, zlib.error, zstandard.ZstdError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the disk, not the packing
                raise
            raise InputError(
                f"{self._name} cannot be unpacked: {error}", hint="it seems to be damaged"
            ) from error
        self._budget.unpack(len(data))
        return data


class _Zstandard:
    """Reads Zstandard frames one behind the other; an end inside a frame is an error."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._engine = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
        self._frame = self._engine.decompressobj()
        self._is_inside = False
        self._packed = b""
        self._ready = io.BytesIO()

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""
        while not (data := self._ready.read(size)):
            self._packed = self._packed or self._stream.read(FEED_BYTES)
            if not self._packed:
                if self._is_inside:
                    raise EOFError
                return b""
            if not self._is_inside:
                self._frame, self._is_inside = self._engine.decompressobj(), True
            self._ready = io.BytesIO(self._frame.decompress(self._packed))
            self._packed = b""
            if self._frame.eof:
                self._packed, self._is_inside = self._frame.unused_data, False
        return data
