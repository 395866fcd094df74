"""Books (EPUB): the chapters in the order of the spine, one behind the other, as one text.

A chapter that cannot be read is named in a failure; the others are kept.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from lexloom.corpus.formats.html import decode_page
from lexloom.corpus.formats.source import (
    BudgetError,
    Context,
    Item,
    Source,
    make_document,
    too_long,
)
from lexloom.corpus.formats.visible import visible_text
from lexloom.corpus.formats.xml import local_attribute, local_name, xml_events
from lexloom.corpus.formats.zips import part_names, read_part
from lexloom.errors import InputError
from lexloom.records import Failure

CONTAINER = "META-INF/container.xml"
PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


def read_epub(archive: zipfile.ZipFile, source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a book is, and a failure for each chapter that is lost."""
    texts: list[str] = []
    failures: list[Failure] = []
    num_characters = 0
    for part in _spine(archive, source, context):
        try:
            data = read_part(archive, part, source.name, context)
            texts.append(visible_text(decode_page(data, f"{source.name}/{part}")))
        except BudgetError:
            raise
        except InputError as error:
            failures.append(Failure(f"{source.id}/{part}", error.message, error.hint))
            continue
        num_characters += len(texts[-1])
        if num_characters > context.options.max_bytes:
            raise too_long(source.name, context.options.max_bytes)
    if texts or not failures:
        text = "\n\n".join(filter(None, texts))
        yield make_document(source.id, text, name=source.name)
    yield from failures


def _spine(archive: zipfile.ZipFile, source: Source, context: Context) -> list[str]:
    """Give the parts that hold the chapters, in the order of reading."""
    package = _package(archive, source, context)
    folder = posixpath.dirname(package)
    pages: dict[str, str] = {}
    order: list[str] = []
    for name, values in _elements(archive, package, source, context):
        if name == "item" and values["media-type"] in PAGES:
            path = posixpath.join(folder, unquote(values["href"].partition("#")[0]))
            pages[values["id"]] = posixpath.normpath(path)
        elif name == "itemref":
            order.append(values["idref"])
    found = [pages[id] for id in dict.fromkeys(order) if id in pages]
    if not found:
        raise InputError(f"{source.name} names no chapters", hint="it seems to be damaged")
    return found


def _package(archive: zipfile.ZipFile, source: Source, context: Context) -> str:
    for name, values in _elements(archive, CONTAINER, source, context):
        if name == "rootfile" and values["full-path"] in part_names(archive):
            return values["full-path"]
    raise InputError(f"{source.name} does not say where its text is", hint="it seems damaged")


def _elements(
    archive: zipfile.ZipFile, part: str, source: Source, context: Context
) -> list[tuple[str, dict[str, str]]]:
    place = f"{source.name}/{part}"
    wanted = ("id", "href", "media-type", "idref", "full-path")
    data = read_part(archive, part, source.name, context)
    return [
        (local_name(element), {key: local_attribute(element, key) for key in wanted})
        for event, element in xml_events(Source(place, io.BytesIO(data)).stream, place)
        if event == "start"
    ]
