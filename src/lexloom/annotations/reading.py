"""Lines and JSON objects of a data file, one after the other; a fault names the file and the line.

The importers build on this; what the lines mean is theirs to say.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from lexloom.errors import AnnotationError

T = TypeVar("T")

CHUNK_CHARACTERS = 1 << 20


def read_lines(path: Path, *, keep_ends: bool = False) -> Iterator[tuple[int, str]]:
    """Give each line with its number from 1; only a line feed, with a return or without, ends one.

    Raises:
        AnnotationError: If the file cannot be read or is not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                # a lone surrogate passes, for the native form may hold one
                encoding = "utf-8-sig" if number == 1 else "utf-8"
                line = raw.decode(encoding, "surrogatepass")
                yield number, line if keep_ends else line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise not_utf8(error, f"{path}, line {number}") from error
    except OSError as error:
        raise AnnotationError(
            f"cannot read {path}: {error.strerror}", hint="check the path"
        ) from error


def not_utf8(error: UnicodeDecodeError, where: str) -> AnnotationError:
    """Give the error that says where a text is not UTF-8."""
    return AnnotationError(
        f"{where}: not UTF-8 ({error.reason})",
        hint="convert it, for instance with iconv -f GB18030 -t UTF-8",
    )


def not_json(
    error: ValueError | RecursionError, where: str, place: str | None = None
) -> AnnotationError:
    """Give the error that says why the JSON reader gave up, and at which place if one is known."""
    if isinstance(error, RecursionError):
        return AnnotationError(f"{where}: nested too deeply")
    if not isinstance(error, json.JSONDecodeError):
        return AnnotationError(f"{where}: a number has too many digits")
    reason = error.msg if place is None else f"{error.msg} at {place}"
    return AnnotationError(
        f"{where}: not a whole JSON object ({reason})",
        hint="the file may be truncated, or of another format",
    )


def read_json_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the JSON object of each line that is not blank, with words that say where it stood.

    A Python dict in place of JSON is read too, for some published sets hold one per line; and so
    is one array of objects, for a set may be passed around as either.

    Raises:
        AnnotationError: If a line is no object, as in a truncated file.
    """
    at_start = True
    for number, line in read_lines(path):
        if line.strip():
            if at_start and line.lstrip().startswith("[") and path.is_file():
                yield from read_json_array(path)
                return
            at_start = False
            where = f"{path}, line {number}"
            yield where, as_object(_parse(line, where), where)


def _parse(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        if line.startswith("{'"):
            try:
                return ast.literal_eval(line)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                pass
        raise not_json(error, where, f"column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise not_json(error, where) from error


def read_json_array(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each object of a file that is one JSON array, holding only one part of it in memory.

    JSON lines in place of an array are read too.

    Raises:
        AnnotationError: If the file is no array of objects, as when it is truncated.
    """
    decoder, buffer, number = json.JSONDecoder(), "", 0
    chunks = _chunks(path)
    for chunk in chunks:
        buffer = (buffer + chunk).lstrip()
        if buffer:
            break
    if not buffer:
        return
    if buffer[0] == "{" and path.is_file():
        yield from read_json_lines(path)
        return
    if buffer[0] != "[":
        raise AnnotationError(f"{path}: not a JSON array", hint="it must begin with '['")
    buffer = buffer[1:]
    while True:
        where = f"{path}, document {number + 1}"
        buffer = buffer.lstrip(", \t\r\n")
        if buffer.startswith("]"):
            return
        try:
            value, end = _first_value(decoder, buffer, where)
        except json.JSONDecodeError as error:
            chunk = next(chunks, "")
            if not chunk:
                raise not_json(error, where) from error
            buffer += chunk
            continue
        yield where, as_object(value, where)
        buffer, number = buffer[end:], number + 1


def _first_value(decoder: json.JSONDecoder, text: str, where: str) -> tuple[Any, int]:
    """Give the value that `text` begins with, and where it ends; raises where it is not whole."""
    try:
        return decoder.raw_decode(text)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise not_json(error, where) from error


def _chunks(path: Path) -> Iterator[str]:
    pending, size = [], 0
    for _, line in read_lines(path, keep_ends=True):
        pending.append(line)
        size += len(line)
        if size >= CHUNK_CHARACTERS:
            yield "".join(pending)
            pending, size = [], 0
    yield "".join(pending)


def as_object(value: Any, where: str) -> Mapping[str, Any]:
    """Give a JSON value that must be an object.

    Raises:
        AnnotationError: If it is something else.
    """
    if not isinstance(value, Mapping):
        raise AnnotationError(
            f"{where}: must be a JSON object, got {type(value).__name__}",
            hint="check that the file is of the format that was named",
        )
    return value


def need(values: Any, key: str, kind: type[T], where: str) -> T:
    """Give ``values[key]``, which must be of the type `kind`.

    Raises:
        AnnotationError: If it is missing or of another type.
    """
    value = values.get(key) if isinstance(values, Mapping) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = "nothing" if value is None else repr(value)[:60]
        raise AnnotationError(
            f"{where}: {key!r} must be {_KINDS[kind]}, got {got}",
            hint="check that --format names the format of this file",
        )
    return value


def listed(values: Any, key: str, where: str) -> list[Any]:
    """Give ``values[key]``, a list that may be missing or null and is empty then.

    Raises:
        AnnotationError: If it is something else.
    """
    if isinstance(values, Mapping) and values.get(key) is None:
        return []
    return need(values, key, list, where)


_KINDS: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    list: "a list",
    dict: "an object",
}
