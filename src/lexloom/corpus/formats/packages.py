"""What a ZIP file is: a Word document, a book, an archive, or something that is not read."""

import zipfile
from collections.abc import Callable, Iterator

from lexloom.corpus.formats.archives import read_zip_members
from lexloom.corpus.formats.docx import read_docx
from lexloom.corpus.formats.epub import CONTAINER, read_epub
from lexloom.corpus.formats.source import Context, Item, Source
from lexloom.corpus.formats.zips import open_zip, part_names
from lexloom.errors import InputError

PackageReader = Callable[[zipfile.ZipFile, Source, Context], Iterator[Item]]

CONTENT_TYPES = "[Content_Types].xml"
OFFICE: dict[str, str] = {
    "xl/": "an Excel workbook",
    "ppt/": "a PowerPoint presentation",
    "visio/": "a Visio drawing",
}
"""Folders of Office documents that are not read."""
OPEN_DOCUMENT = "META-INF/manifest.xml", "content.xml"


def read_zip(source: Source, context: Context) -> Iterator[Item]:
    """Read a ZIP file as what its members show it to be."""
    with open_zip(source, context) as archive:
        reader = _reader(part_names(archive), source.name)
        yield from reader(archive, source, context)


def _reader(names: frozenset[str], name: str) -> PackageReader:
    """Choose how to read a ZIP file.

    Raises:
        InputError: If it is a document of a kind that is not read.
    """
    if CONTENT_TYPES in names:
        folders = {part.partition("/")[0] + "/" for part in names if "/" in part}
        for folder, kind in OFFICE.items():
            if folder in folders:
                raise InputError(f"{name} is {kind}, not text", hint="save it as CSV or text")
        if "word/" in folders:
            return read_docx
    if CONTAINER in names:
        return read_epub
    if names.issuperset(OPEN_DOCUMENT):
        raise InputError(f"{name} is an OpenDocument file, not text", hint="save it as DOCX")
    return read_zip_members
