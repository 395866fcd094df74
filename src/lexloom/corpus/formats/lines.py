"""JSON lines: a document for each line, an object with a text, and if wanted an id and pages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from lexloom.corpus.formats.source import CHUNK_BYTES, Context, Item, Source, make_document
from lexloom.records import Document, Failure

TEXT_FIELD = "text"


def read_json_lines(source: Source, context: Context) -> Iterator[Item]:
    """Give a document for each line that is not blank, under its ``id`` or its place."""
    max_bytes, field = context.options.max_bytes, context.options.text_field or TEXT_FIELD
    number = num_lines = 0
    while line := source.stream.readline(max_bytes + 1):
        number += 1
        place = f"{source.id}:{number}"
        if len(line) > max_bytes and not line.endswith(b"\n"):
            _skip_line(source.stream)
            num_lines += 1
            reason = f"{place} is longer than the limit of {max_bytes:,} bytes"
            yield Failure(place, reason, "split it, or raise the limit")
        elif line.strip():
            num_lines += 1
            whole = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            yield _from_line(whole, place, field)
    if not num_lines:
        yield make_document(source.id, "", name=source.name)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass


def _from_line(line: bytes, place: str, field: str) -> Item:
    hint = f'each line must be a JSON object with "{field}", in UTF-8'
    try:
        values = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return Failure(place, f"{place} is not UTF-8", hint)
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        return Failure(place, f"{place} is not JSON ({error})", hint)
    if not isinstance(values, dict) or not isinstance(values.get(field), str):
        return Failure(place, f'{place} is not an object with a "{field}"', hint)
    id = values.get("id", place)
    if isinstance(id, bool) or not isinstance(id, str | int) or id == "":
        return Failure(place, f'{place}: the "id" must be a string or a whole number', hint)
    pages = values.get("pages", [])
    if not _are_pages(pages, len(values[field])):
        return Failure(place, f'{place}: the "pages" must be offsets in order, from 0', hint)
    made = make_document(place, values[field], pages=tuple(pages))
    return replace(made, id=str(id)) if isinstance(made, Document) else made


def _are_pages(pages: Any, size: int) -> bool:
    """Whether a value lists where pages start in a text, as ``--text-out`` writes it."""
    if not isinstance(pages, list) or not all(type(page) is int for page in pages):
        return False
    return not pages or (pages[0] == 0 and pages[-1] <= size and pages == sorted(pages))
