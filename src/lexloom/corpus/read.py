"""Documents from files, folders and standard input, one after the other, whatever their format.

What cannot be read becomes a `Failure` in its place and stops nothing. `formats.table` says what is
read and by which module; which encoding a text is in is for `corpus.decode` to say.
"""

import os
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lexloom.corpus.formats.source import (
    STDIN,
    Budget,
    BudgetError,
    Context,
    ReadOptions,
    Source,
    printable_path,
)
from lexloom.corpus.formats.table import read_source
from lexloom.corpus.shards import is_begun, without_records
from lexloom.errors import UsageError
from lexloom.records import Document, Failure

DEFAULT_OPTIONS = ReadOptions()
IN_PARTS = ReadOptions(part_bytes=1 << 25)
"""A plain text of any length is read, and this much of it is in memory at once."""


def read_documents(
    paths: Sequence[Path],
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    leave_out: Collection[Path] = (),
) -> Iterator[Document | Failure]:
    """Give every document of the paths, in order, and a failure for each that cannot be read.

    A folder gives its files, sorted, those of its subfolders too; names that begin with a dot are
    passed over, and so is what `pipeline` writes beside a corpus. The path ``-`` is the standard
    input. A document's id is its path as given; a member of an archive has its name behind that,
    and a row, a line or an article its place. An id that comes again is a failure; to know, all ids
    are held in memory, some 150 bytes each.

    Args:
        paths: Files and folders.
        options: Which field holds the text, and the limits.
        leave_out: Files that are passed over in folders, such as those that the caller writes.
    """
    seen: set[str] = set()
    written = {os.path.realpath(path) for path in leave_out}
    for path in paths:
        for item in _read_path(path, options, written):
            if isinstance(item, Document):
                if item.id in seen:
                    yield Failure(
                        item.id,
                        f"a document with the id {item.id!r} was read before{_where(item)}",
                        "give each document its own id, and each file once",
                    )
                    continue
                seen.add(item.id)
            yield item


def read_in_parts(paths: Sequence[Path]) -> Iterator[Document | Failure]:
    """Give the documents of the paths to learn from: plain text of any length comes in parts."""
    return read_documents(paths, IN_PARTS)


def check_outside(out: Path, paths: Sequence[Path]) -> None:
    """Refuse to write what would be read as text the next time.

    Raises:
        UsageError: If `out` lies in one of the folders that are read.
    """
    for path in paths:
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise UsageError(
                f"{out} lies in {path}, whose files are all read", hint="give an --out elsewhere"
            )


def _where(document: Document) -> str:
    return "" if document.source == document.id else f" ({document.source})"


def _read_path(
    path: Path, options: ReadOptions, left_out: set[str]
) -> Iterator[Document | Failure]:
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield _unreadable(_name(path), error)
        return
    if is_folder:
        yield from _read_folder(path, options, left_out)
    else:
        yield from _read_file(path, options)


def _read_folder(
    folder: Path, options: ReadOptions, left_out: set[str]
) -> Iterator[Document | Failure]:
    is_empty = True
    for item in _files(folder):
        if left_out and isinstance(item, Path) and os.path.realpath(item) in left_out:
            continue
        is_empty = False
        if isinstance(item, Failure):
            yield item
        else:
            yield from _read_file(item, options)
    if is_empty:
        name = _name(folder)
        yield Failure(name, f"the folder {name} holds no files", "hidden files are not read")


def _files(folder: Path) -> Iterator[Path | Failure]:
    """Give the files below a folder, sorted, those of a folder before those of its subfolders."""
    unread: list[Failure] = []

    def note(error: OSError) -> None:
        unread.append(_unreadable(_name(Path(error.filename)), error))

    for root, folders, files in os.walk(folder, onerror=note):
        yield from unread
        unread.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if is_begun(Path(root)):
            yield _not_whole(Path(root))
            continue
        names = without_records(Path(root), files)
        for path in (Path(root, name) for name in sorted(names) if not name.startswith(".")):
            yield path if path.is_file() else _not_a_file(path)
        for path in (Path(root, name) for name in folders):
            if path.is_symlink():
                yield _not_a_file(path)
    yield from unread


def _not_whole(folder: Path) -> Failure:
    name = _name(folder)
    reason = f"the corpus in {name} is not whole: its build was cut off, or is under way"
    return Failure(name, reason, "run the same `lexloom corpus build` again, it goes on")


def _not_a_file(path: Path) -> Failure:
    name = _name(path)
    return Failure(name, f"{name} is no file, or a link to none", "give its path to read it")


def _read_file(path: Path, options: ReadOptions) -> Iterator[Document | Failure]:
    name = _name(path)
    try:
        if name == STDIN:
            yield from _read_stream(sys.stdin.buffer, name, options)
            return
        with path.open("rb") as stream:
            yield from _read_stream(stream, name, options)
    except FileNotFoundError:
        yield Failure(name, f"there is no file {name}", "check the path")
    except OSError as error:
        yield _unreadable(name, error)


def _read_stream(stream: BinaryIO, name: str, options: ReadOptions) -> Iterator[Document | Failure]:
    size = _file_size(stream)
    budget = Budget(name, options, size)
    file = None if size is None else stream
    source = Source(name, stream, file=file, on_read=budget.read)
    try:
        yield from read_source(source, Context(options, budget, read_source))
    except BudgetError as error:
        yield Failure(name, error.message, error.hint)


def _file_size(stream: BinaryIO) -> int | None:
    """Give the size of a file that can be read in any order; None for a pipe and the like."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) and stream.tell() == 0 else None


def _unreadable(name: str, error: OSError) -> Failure:
    return Failure(name, f"cannot read {name}: {error.strerror or error}", "check its permissions")


def _name(path: Path) -> str:
    return printable_path(path)
