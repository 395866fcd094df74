"""Documents from files, folders, JSON lines and standard input, one after the other.

What cannot be read becomes a `Failure` in its place and stops nothing. Which encoding a file is in
is for `corpus.decode` to say.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lexloom.corpus.decode import decode
from lexloom.errors import InputError
from lexloom.records import Document, Failure

MAX_BYTES = 1 << 29
"""Default for the most bytes of one document."""
CHUNK_BYTES = 1 << 20
STDIN = "-"

MAGIC: dict[bytes, str] = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive, such as DOCX, XLSX or EPUB",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file",
    b"{\\rtf": "an RTF document",
    b"\x89PNG\r\n\x1a\n": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF87a": "an image",
    b"GIF89a": "an image",
    b"II*\x00": "an image",
    b"MM\x00*": "an image",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x7fELF": "a program",
    b"SQLite format 3\x00": "a SQLite database",
}
"""First bytes of what is refused by name; text formats that begin alike need more than these."""


def read_documents(
    paths: Sequence[Path], *, max_bytes: int = MAX_BYTES
) -> Iterator[Document | Failure]:
    """Give every document of the paths, in order, and a failure for each that cannot be read.

    A folder gives its files, sorted, those of its subfolders too; names that begin with a dot are
    passed over. A ``.jsonl`` file gives a document for each line, an object with ``text`` and, if
    wanted, ``id``. The path ``-`` is the standard input. A document's id is its path as given, or
    the path and line of a JSON line without an id; an id that comes again is a failure.

    Args:
        paths: Files and folders.
        max_bytes: Most bytes of one document (a file, or a line of JSON).
    """
    seen: set[str] = set()
    for path in paths:
        for item in _read_path(path, max_bytes):
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


def _where(document: Document) -> str:
    return "" if document.source == document.id else f" ({document.source})"


def _read_path(path: Path, max_bytes: int) -> Iterator[Document | Failure]:
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield _unreadable(_name(path), error)
        return
    yield from _read_folder(path, max_bytes) if is_folder else _read_file(path, max_bytes)


def _read_folder(folder: Path, max_bytes: int) -> Iterator[Document | Failure]:
    is_empty = True
    for item in _files(folder):
        is_empty = False
        if isinstance(item, Failure):
            yield item
        else:
            yield from _read_file(item, max_bytes)
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
        for path in (Path(root, name) for name in sorted(files) if not name.startswith(".")):
            yield path if path.is_file() else _not_a_file(path)
        for path in (Path(root, name) for name in folders):
            if path.is_symlink():
                yield _not_a_file(path)
    yield from unread


def _not_a_file(path: Path) -> Failure:
    name = _name(path)
    return Failure(name, f"{name} is no file, or a link to none", "give its path to read it")


def _read_file(path: Path, max_bytes: int) -> Iterator[Document | Failure]:
    name = _name(path)
    try:
        if name == STDIN:
            yield _read_text(sys.stdin.buffer, name, max_bytes)
            return
        with path.open("rb") as stream:
            if path.suffix.lower() == ".jsonl":
                yield from _read_lines(stream, name, max_bytes)
            else:
                yield _read_text(stream, name, max_bytes)
    except FileNotFoundError:
        yield Failure(name, f"there is no file {name}", "check the path")
    except OSError as error:
        yield _unreadable(name, error)


def _unreadable(name: str, error: OSError) -> Failure:
    return Failure(name, f"cannot read {name}: {error.strerror or error}", "check its permissions")


def _read_text(stream: BinaryIO, id: str, max_bytes: int) -> Document | Failure:
    name = "the standard input" if id == STDIN else id
    data = _read_bytes(stream, max_bytes + 1)
    if len(data) > max_bytes:
        return _too_long(id, name, max_bytes)
    if kind := _refused_kind(data):
        return Failure(id, f"{name} is {kind}, not text", "save it as plain text first")
    try:
        text = decode(data, name=name).text
    except InputError as error:
        return Failure(id, error.message, error.hint)
    return _document(id, text, source=id, name=name)


def _read_bytes(stream: BinaryIO, max_bytes: int) -> bytes:
    """Read to the end or the limit without reserving the limit."""
    chunks: list[bytes] = []
    while max_bytes > 0 and (chunk := stream.read(min(CHUNK_BYTES, max_bytes))):
        chunks.append(chunk)
        max_bytes -= len(chunk)
    return b"".join(chunks)


def _refused_kind(data: bytes) -> str:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "an image"
    return next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "")


def _too_long(id: str, what: str, max_bytes: int) -> Failure:
    reason = f"{what} is longer than the limit of {max_bytes:,} bytes"
    return Failure(id, reason, "split it, or raise the limit")


def _document(id: str, text: str, *, source: str, name: str) -> Document | Failure:
    if not text or text.isspace():
        return Failure(id, f"{name} holds no text", "it is empty, or only white space")
    return Document(id=id, text=text, source=source)


def _read_lines(stream: BinaryIO, name: str, max_bytes: int) -> Iterator[Document | Failure]:
    number = num_lines = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        place = f"{name}:{number}"
        if len(line) > max_bytes and not line.endswith(b"\n"):
            _skip_line(stream)
            num_lines += 1
            yield _too_long(place, place, max_bytes)
        elif line.strip():
            num_lines += 1
            yield _from_line(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, place)
    if not num_lines:
        yield Failure(name, f"{name} holds no text", "it is empty, or only white space")


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass


def _from_line(line: bytes, place: str) -> Document | Failure:
    hint = 'each line must be a JSON object with "text", in UTF-8'
    try:
        values = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Failure(place, f"{place} is not UTF-8", hint)
    except (json.JSONDecodeError, RecursionError) as error:
        return Failure(place, f"{place} is not JSON ({error})", hint)
    if not isinstance(values, dict) or not isinstance(values.get("text"), str):
        return Failure(place, f'{place} is not an object with a "text"', hint)
    id = values.get("id", place)
    if isinstance(id, bool) or not isinstance(id, str | int) or id == "":
        return Failure(place, f'{place}: the "id" must be a string or a whole number', hint)
    return _document(str(id), values["text"], source=place, name=place)


def _name(path: Path) -> str:
    """Give a path as text that UTF-8 can hold; bytes that are none are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
