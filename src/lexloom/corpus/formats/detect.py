"""Which format a stream is in: by its first bytes, then by the ending of its name.

What is not told by either is text, which `corpus.decode` then accepts or refuses.
"""

import codecs
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lexloom.corpus.formats.source import Reader, Source
from lexloom.errors import InputError

TEXT = "text"
MARKUP_STARTS = b"<\t\n\r \xef\xfe\xff"
"""First bytes of markup: a tag, white space, or a byte order mark."""
REFUSED: dict[bytes, str] = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file",
    b"{\\rtf": "an RTF document",
    b"\x89PNG\r\n\x1a\n": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF87a": "an image",
    b"GIF89a": "an image",
    b"II*\x00": "an image",
    b"MM\x00*": "an image",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x7fELF": "a program",
    b"SQLite format 3\x00": "a SQLite database",
}
"""First bytes of what is refused by name; text formats that begin alike need more than these."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of file is told from the others, and read."""

    read: Reader
    suffixes: tuple[str, ...] = ()
    """Endings of names, in lower case."""
    starts: tuple[bytes, ...] = ()
    """First bytes, each of which tells the format."""
    looks_so: Callable[[bytes], bool] | None = None
    """Tells the format from the start of a file in which `starts` is not enough."""
    markup: str = ""
    """Markup that the text holds: ``markdown``, ``wikitext`` or none."""


def detect(source: Source, formats: Mapping[str, Format]) -> str:
    """Give the name of the format of a stream.

    Raises:
        InputError: If it is of a kind that is not read.
    """
    head = source.head()
    for name, format in formats.items():
        if head.startswith(format.starts) or (format.looks_so and format.looks_so(head)):
            return name
    if kind := refused_kind(head):
        raise InputError(f"{source.name} is {kind}, not text", hint="save it as plain text first")
    ending = posixpath.splitext("x" + source.filename.lower())[1]
    return next((name for name, format in formats.items() if ending in format.suffixes), TEXT)


def refused_kind(head: bytes) -> str:
    """Say what a file of a known kind is that is not read, or nothing."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "an image"
    return next((kind for magic, kind in REFUSED.items() if head.startswith(magic)), "")


def markup_start(head: bytes) -> str:
    """Give the start of a file that begins with a tag in lower case, or nothing."""
    if head[:1] not in MARKUP_STARTS:
        return ""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    else:
        text = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    text = text.lstrip().lower()
    return text if text.startswith("<") else ""
