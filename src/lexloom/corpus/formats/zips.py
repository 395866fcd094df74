"""Open a ZIP file and its members within limits; `packages` says what the file is.

Nothing is written by a member's name, and nothing is believed of its size: bytes are counted as
they come out.
"""

import contextlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO

from lexloom.corpus.decode import decode
from lexloom.corpus.formats.source import MIB, Context, Source
from lexloom.errors import InputError

MAX_DIRECTORY_BYTES = 16 * MIB
"""Most bytes of the list of members, which stands in memory at once."""
ENCRYPTED, NAMED_IN_UTF_8 = 0x1, 0x800
STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# beside its own error, `zipfile` raises what its parts do: ValueError for offsets before the start,
# RuntimeError for a password, NotImplementedError for a compression that it does not know
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class _Bounded:
    """A file of which only pieces can be read: the list of members is read as one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        whole = size < 0 or size > MAX_DIRECTORY_BYTES
        data = self._file.read(MAX_DIRECTORY_BYTES + 1 if whole else size)
        if len(data) > MAX_DIRECTORY_BYTES:
            raise InputError("too many members", hint="unpack it yourself if you trust it")
        return data


@contextlib.contextmanager
def open_zip(source: Source, context: Context) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file.

    Raises:
        InputError: If it is damaged, cut off, or lists too many members.
    """
    with source.seekable(context.options.max_bytes) as file:
        try:
            archive = zipfile.ZipFile(_Bounded(file))
        except InputError as error:
            raise InputError(f"{source.name} holds {error.message}", hint=error.hint) from error
        except _DAMAGED as error:
            raise InputError(
                f"{source.name} cannot be read as a ZIP archive: {error}",
                hint="it seems to be cut off or damaged; copy it again",
            ) from error
        with archive:
            yield archive


@contextlib.contextmanager
def open_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, context: Context
) -> Iterator["_Member"]:
    """Open a member to be read once, from its start.

    Raises:
        InputError: If it is a link, encrypted or damaged; reading may raise it too.
    """
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError(f"{name} is a link, which is not followed", hint="read its target instead")
    if info.flag_bits & ENCRYPTED:
        raise InputError(f"{name} is encrypted", hint="unpack it with its password first")
    with _explained(name):
        stream = archive.open(info)
    with stream:
        yield _Member(stream, name, context)


class _Member:
    """The bytes of a member, counted, with errors that name it."""

    def __init__(self, stream: IO[bytes], name: str, context: Context) -> None:
        self._stream = stream
        self._name = name
        self._budget = context.budget

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""
        with _explained(self._name):
            data = self._stream.read(size)
        self._budget.unpack(len(data))
        return data


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (*_DAMAGED, lzma.LZMAError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk, not the archive
            raise
        reason = str(error) or "it is cut off"
        raise InputError(f"{name} cannot be unpacked: {reason}", hint="it seems damaged") from error


def read_part(archive: zipfile.ZipFile, part: str, name: str, context: Context) -> bytes:
    """Read a whole member of a document that is a ZIP file.

    Raises:
        InputError: If it is missing, too long or damaged.
    """
    place = f"{name}/{part}"
    with open_member(archive, find_part(archive, part, name), place, context) as stream:
        return Source(place, stream).read_all(context.options.max_bytes)


def find_part(archive: zipfile.ZipFile, part: str, name: str) -> zipfile.ZipInfo:
    """Give the entry of a member.

    Raises:
        InputError: If there is none.
    """
    try:
        return archive.getinfo(part)
    except KeyError:
        raise InputError(f"{name} lacks its part {part}", hint="it seems damaged") from None


def member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name as it was meant: old Chinese programs wrote theirs in GBK."""
    if info.flag_bits & NAMED_IN_UTF_8:
        return info.filename
    try:
        return decode(info.filename.encode("cp437")).text
    except (UnicodeEncodeError, InputError):
        return info.filename


def part_names(archive: zipfile.ZipFile) -> frozenset[str]:
    """Give the names of all members."""
    return frozenset(archive.namelist())
