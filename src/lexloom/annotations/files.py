"""The files of a data set that comes as a file, a folder or an archive, one after the other.

What a file means is for the importers to say; lines and values are read by `annotations.reading`.
"""

import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.annotations.reading import as_object, not_json, not_utf8
from lexloom.errors import AnnotationError

MAX_FILE_BYTES = 1 << 28
"""Largest file of an archive that is unpacked: what is packed small may be huge."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a data set."""

    path: str
    """Its place in the folder or the archive; the name alone for a single file."""
    where: str
    """Words for messages."""
    content: bytes

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.path.rpartition("/")[2]

    @property
    def text(self) -> str:
        """The content, every character kept.

        Raises:
            AnnotationError: If it is not UTF-8; the message names the line.
        """
        try:
            return self.content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            raise not_utf8(error, f"{self.where}, line {line}") from error

    def json_object(self) -> Mapping[str, Any]:
        """Read the content as one JSON object.

        Raises:
            AnnotationError: If it is none.
        """
        try:
            values = json.loads(self.text.removeprefix("\ufeff"))
        except json.JSONDecodeError as error:
            raise not_json(error, self.where, f"line {error.lineno}") from error
        except (ValueError, RecursionError) as error:
            raise not_json(error, self.where) from error
        return as_object(values, self.where)


def read_files(path: Path, *suffixes: str) -> Iterator[DataFile]:
    """Give the files of a folder or an archive with one of `suffixes`, or the file itself.

    Files of a folder come in the order of their names, those of an archive in its own order.

    Raises:
        AnnotationError: If nothing fits, or something cannot be read.
    """
    found = False
    try:
        for file in _files(path, suffixes):
            found = True
            yield file
    except OSError as error:
        raise AnnotationError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path"
        ) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise AnnotationError(
            f"{path}: not a whole archive ({error})", hint="it may be truncated"
        ) from error
    if not found:
        raise AnnotationError(
            f"{path} holds no {' or '.join(suffixes)} file", hint="check the path"
        )


def _files(path: Path, suffixes: tuple[str, ...]) -> Iterator[DataFile]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if _fits(file.name, suffixes) and file.is_file():
                place = file.relative_to(path).as_posix()
                yield DataFile(place, str(file), file.read_bytes())
    elif zipfile.is_zipfile(path):
        yield from _zipped(path, suffixes)
    elif _is_tar(path):
        yield from _tarred(path, suffixes)
    else:
        yield DataFile(path.name, str(path), path.read_bytes())


def _fits(name: str, suffixes: tuple[str, ...]) -> bool:
    # macOS puts a shadow file, ._NAME, beside each file of an archive
    name = name.rpartition("/")[2]
    return name.endswith(suffixes) and not name.startswith("._")


def _is_tar(path: Path) -> bool:
    with path.open("rb") as stream:
        if not stream.read(1):
            return False  # an empty file would pass for an empty archive
    return tarfile.is_tarfile(path)


def _zipped(path: Path, suffixes: tuple[str, ...]) -> Iterator[DataFile]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if _fits(member.filename, suffixes):
                where = f"{path}, {member.filename}"
                _check_size(member.file_size, where)
                with archive.open(member) as stream:
                    content = stream.read(MAX_FILE_BYTES + 1)
                yield DataFile(member.filename, where, _bounded(content, where))


def _tarred(path: Path, suffixes: tuple[str, ...]) -> Iterator[DataFile]:
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and _fits(member.name, suffixes):
                where = f"{path}, {member.name}"
                _check_size(member.size, where)
                content = stream.read(MAX_FILE_BYTES + 1)
                yield DataFile(member.name, where, _bounded(content, where))


def _bounded(content: bytes, where: str) -> bytes:
    _check_size(len(content), where)
    return content


def _check_size(size: int, where: str) -> None:
    if size > MAX_FILE_BYTES:
        raise AnnotationError(
            f"{where}: larger than {MAX_FILE_BYTES:,} bytes", hint="unpack the archive first"
        )
