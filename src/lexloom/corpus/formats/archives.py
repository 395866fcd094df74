"""The members of ZIP and tar archives, each read as what it is, named behind its archive.

A member is never written to disk by its name, but a name that leads out of the archive is refused
all the same, for it would be the id of a document.
"""

import re
import tarfile
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from lexloom.corpus.formats.source import (
    CHUNK_BYTES,
    MIB,
    BudgetError,
    Context,
    Item,
    Source,
    printable_path,
)
from lexloom.corpus.formats.zips import member_name, open_member
from lexloom.errors import InputError
from lexloom.records import Failure

MAX_HEADER_BYTES = MIB
"""Most bytes of what a tar archive says of one member."""
BLOCK_BYTES = 512
UNPRINTABLE = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")


def looks_like_tar(head: bytes) -> bool:
    """Whether the first header of a tar archive stands there."""
    return head[257:262] == b"ustar"


def read_zip_members(archive: zipfile.ZipFile, source: Source, context: Context) -> Iterator[Item]:
    """Read the members of a ZIP archive in its order, hidden ones and folders left out."""
    is_empty = True
    for info in archive.infolist():
        context.budget.member()
        name = _clean(member_name(info))
        id = f"{source.id}/{name}"
        failure = _refused(id, name)
        if info.is_dir() or (_is_hidden(name) and not failure):
            continue
        is_empty = False
        if failure:
            yield failure
            continue
        try:
            with open_member(archive, info, id, context) as stream:
                yield from context.inside(Source(id, stream))
        except InputError as error:
            yield _failure(id, error)
    if is_empty:
        yield _no_files(source)


def read_tar(source: Source, context: Context) -> Iterator[Item]:
    """Read the members of a tar archive in its order, hidden ones and folders left out."""
    stream = _Forward(source.stream)
    is_empty = True
    try:
        with tarfile.TarFile(fileobj=stream, mode="r") as archive:  # type: ignore[arg-type]
            while member := archive.next():
                archive.members.clear()  # type: ignore[attr-defined]
                context.budget.member()
                name = _clean(printable_path(member.name))
                id = f"{source.id}/{name}"
                failure = _refused(id, name)
                if member.isdir() or (_is_hidden(name) and not failure):
                    continue
                is_empty = False
                if failure:
                    yield failure
                else:
                    yield from _read_tar_member(archive, member, id, context)
    except (tarfile.TarError, EOFError, ValueError) as error:
        reason = f"{source.name} cannot be read as a tar archive: {error}"
        yield Failure(source.id, reason, "it seems to be cut off or damaged; copy it again")
        return
    if stream.last_block.strip(b"\0"):
        reason = f"{source.name} is damaged: what follows its last member is no header"
        yield Failure(source.id, reason, "what was read before is kept; copy it again")
    elif is_empty:
        yield _no_files(source)


def _read_tar_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, id: str, context: Context
) -> Iterator[Item]:
    if member.issym() or member.islnk():
        yield Failure(id, f"{id} is a link, which is not followed", "read its target instead")
    elif not member.isreg() or member.issparse():
        yield Failure(id, f"{id} is no plain file", "take it out of the archive")
    elif stream := archive.extractfile(member):
        try:
            yield from context.inside(Source(id, stream))
        except InputError as error:
            yield _failure(id, error)


def _failure(id: str, error: InputError) -> Failure:
    if isinstance(error, BudgetError):
        raise error
    return Failure(id, error.message, error.hint)


def _refused(id: str, name: str) -> Failure | None:
    if not OUTSIDE.search(name):
        return None
    return Failure(id, f"{id} names a place outside of its archive", "rename it in the archive")


def _clean(name: str) -> str:
    """Give a name that fits on one line and that UTF-8 can hold."""
    return UNPRINTABLE.sub("\ufffd", name).removeprefix("./")


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") and part.strip(".") for part in name.split("/"))


def _no_files(source: Source) -> Failure:
    return Failure(source.id, f"{source.name} holds no files", "hidden files are not read")


class _Forward:
    """Lets a tar archive be read from a stream that cannot go back, one small piece at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._offset = 0
        self._last = b""
        self._again = b""
        self.last_block = b""
        """The block that was read last, to tell the end of the archive from damage."""

    def tell(self) -> int:
        """Give the offset of the next byte."""
        return self._offset

    def seek(self, offset: int) -> None:
        """Go forward, or one byte back."""
        if offset == self._offset - 1 and self._last:
            self._offset, self._again = offset, self._last
            return
        while self._offset < offset and self.read(min(CHUNK_BYTES, offset - self._offset)):
            pass

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes."""
        if size > max(MAX_HEADER_BYTES, CHUNK_BYTES):
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        data = self._again + self._stream.read(size - len(self._again))
        self._again = b""
        self._offset += len(data)
        self._last = data[-1:]
        if size == BLOCK_BYTES:
            self.last_block = data
        return data
