"""PDFs, page by page, read by a process of their own that is killed when it takes too long.

A page that cannot be read, that takes too long or that brings the reader down is named in a
failure, and reading goes on behind it. `pdf_child` is that process.
"""

import json
import math
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from lexloom.corpus.formats.source import (
    Context,
    Item,
    ReadOptions,
    Source,
    make_document,
    too_long,
)
from lexloom.errors import InputError
from lexloom.records import Document, Failure

CHILD = (sys.executable, "-P", "-m", "lexloom.corpus.formats.pdf_child")
MAX_STARTS = 10
"""How often the reader is started for one PDF; each page that brings it down costs one."""
MAX_LINE_BYTES = 1 << 28
CHUNK_BYTES = 1 << 16
MAX_NAMED = 20
"""How many runs of lost pages a failure names."""


def read_pdf(source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a PDF is, and a failure that names the pages that were lost."""
    options = context.options
    with source.seekable(options.max_bytes) as file:
        pages = read_pages(file, source.name, options)
    yield from _items(source, pages)


@dataclass(slots=True)
class Pages:
    """The texts of a PDF's pages, and why some have none."""

    number: int = 0
    """How many pages there are."""
    texts: dict[int, str] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)
    """Why a page could not be read, by its number from 1."""
    num_characters: int = 0

    @property
    def next(self) -> int:
        """The page after the last that was read or lost."""
        return len(self.texts) + len(self.lost) + 1


def read_pages(
    file: BinaryIO, name: str, options: ReadOptions, command: Sequence[str] = CHILD
) -> Pages:
    """Read a PDF's pages in order, starting the reader anew behind a page that brings it down.

    Args:
        file: The PDF, as a file of the system.
        name: What errors call it.
        options: Gives the limits.
        command: The reader, to which the first page and its limits are added.

    Raises:
        InputError: If nothing of it can be read.
    """
    pages = Pages()
    deadline = time.monotonic() + options.document_timeout_s
    for _ in range(MAX_STARTS):
        reason = _read_on(file, name, options, command, pages, deadline)
        if not reason:
            return pages
        if not pages.number:
            raise InputError(
                f"{name} cannot be read: {reason}", hint="save it as a new PDF, or as text"
            )
        pages.lost[pages.next] = reason
        if pages.next > pages.number or time.monotonic() >= deadline:
            break
    late = time.monotonic() >= deadline
    rest = "the whole took too long" if late else "too many pages before it brought the reader down"
    pages.lost.update(dict.fromkeys(range(pages.next, pages.number + 1), rest))
    return pages


def _read_on(
    file: BinaryIO,
    name: str,
    options: ReadOptions,
    command: Sequence[str],
    pages: Pages,
    deadline: float,
) -> str:
    """Read pages until the last, or until the reader fails, and say why it did."""
    file.seek(0)
    room_s = max(1, math.ceil(deadline - time.monotonic()))
    limits = [str(pages.next), str(options.pdf_memory_mib), str(room_s)]
    with subprocess.Popen(
        [*command, *limits],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    ) as child:
        try:
            for line in _lines(child, options.page_timeout_s, deadline):
                _take(json.loads(line), name, options, pages)
                if pages.number and pages.next > pages.number:
                    return ""
        except TimeoutError as error:
            return str(error)
        finally:
            child.kill()
    if pages.number == 0 and child.returncode == 0:
        return "it has no pages"
    return f"it brought the reader down (exit code {child.returncode})"


def _lines(
    child: "subprocess.Popen[bytes]", page_timeout_s: float, deadline: float
) -> Iterator[bytes]:
    """Give the lines of the reader as they come.

    Raises:
        TimeoutError: If the next line does not come in time, or is too long to be a page.
    """
    assert child.stdout is not None
    parts: list[bytes] = []  # of a line that has not ended; a page may come in many
    size = 0
    started = time.monotonic()
    while True:
        wait_s = min(started + page_timeout_s, deadline) - time.monotonic()
        if wait_s <= 0 or not select.select([child.stdout], [], [], wait_s)[0]:
            raise TimeoutError(f"it takes more than {page_timeout_s:g} s")
        chunk = os.read(child.stdout.fileno(), CHUNK_BYTES)
        if not chunk:
            return
        *lines, rest = chunk.split(b"\n")
        if lines:
            yield b"".join([*parts, lines[0]])
            yield from lines[1:]
            parts, size, started = [], 0, time.monotonic()
        parts.append(rest)
        size += len(rest)
        if size > MAX_LINE_BYTES:
            raise TimeoutError("it holds too much text")


def _take(line: dict[str, Any], name: str, options: ReadOptions, pages: Pages) -> None:
    """Keep what the reader says of the file or of a page.

    Raises:
        InputError: If it cannot read the file, or there is more text than there may be.
    """
    if "refused" in line:
        encrypted = line["refused"] == "encrypted"
        hint = "save it without its password" if encrypted else "it may be cut off; copy it again"
        raise InputError(f"{name} is {'an encrypted' if encrypted else 'a damaged'} PDF", hint=hint)
    if "pages" in line:
        pages.number = line["pages"]
    elif "error" in line:
        pages.lost[line["page"]] = line["error"]
    else:
        pages.texts[line["page"]] = line["text"]
        pages.num_characters += len(line["text"])
        if pages.num_characters > options.max_bytes:
            raise too_long(name, options.max_bytes)


def _items(source: Source, pages: Pages) -> Iterator[Item]:
    starts: list[int] = []
    texts: list[str] = []
    offset = 0
    for number in range(1, pages.number + 1):
        text = pages.texts.get(number, "")
        text += "\n" if text and number < pages.number else ""
        starts.append(offset)
        texts.append(text)
        offset += len(text)
    item = make_document(source.id, "".join(texts), name=source.name, pages=tuple(starts))
    if isinstance(item, Document):
        yield item
    elif not pages.lost:
        hint = "its pages may be pictures of text; make it searchable with an OCR program"
        yield Failure(item.id, item.reason, hint)
    if pages.lost:
        reason = f"{source.name}: {len(pages.lost)} of {pages.number} pages were left out: "
        hint = "the other pages were read" if pages.texts else "save it as a new PDF"
        yield Failure(source.id, reason + _lost(pages.lost), hint)


def _lost(lost: dict[int, str]) -> str:
    """Name the lost pages, runs of one reason as one."""
    runs: list[tuple[int, int, str]] = []
    for number, reason in sorted(lost.items()):
        if runs and runs[-1][1] == number - 1 and runs[-1][2] == reason:
            runs[-1] = (runs[-1][0], number, reason)
        else:
            runs.append((number, number, reason))
    named = [
        f"page {first} ({reason})" if first == last else f"pages {first}-{last} ({reason})"
        for first, last, reason in runs[:MAX_NAMED]
    ]
    return ", ".join(named) + (", and more" if len(runs) > MAX_NAMED else "")
