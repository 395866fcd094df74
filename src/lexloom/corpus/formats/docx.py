"""Word documents (DOCX): paragraphs and tables in the order of the text, then its notes.

What was deleted under review, headers, footers and comments are left out.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from lexloom.corpus.formats.source import Context, Item, Source, make_document
from lexloom.corpus.formats.xml import local_attribute, local_name, xml_events
from lexloom.corpus.formats.zips import find_part, open_member, part_names
from lexloom.errors import InputError

RELATIONS = "_rels/.rels"
MAIN = "word/document.xml"
NOTES = ("footnotes.xml", "endnotes.xml")
CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
LEFT_OUT = frozenset(
    ["del", "moveFrom", "Fallback", "instrText", "delText", "pPr", "rPr", "tblPr", "sectPr"]
)
"""Elements of which nothing is text: the other version of a drawing, codes of fields, looks."""


def read_docx(archive: zipfile.ZipFile, source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a Word file is."""
    main = _main_part(archive, source.name, context)
    notes = [posixpath.join(posixpath.dirname(main), name) for name in NOTES]
    parts = [main, *(name for name in notes if name in part_names(archive))]
    texts = [_read_part(archive, part, source, context) for part in parts]
    yield make_document(source.id, "\n\n".join(filter(None, texts)), name=source.name)


def _main_part(archive: zipfile.ZipFile, name: str, context: Context) -> str:
    if RELATIONS in part_names(archive):
        for element in _elements(archive, RELATIONS, name, context):
            if local_attribute(element, "Type").endswith("/officeDocument"):
                return local_attribute(element, "Target").lstrip("/")
    return MAIN


def _elements(
    archive: zipfile.ZipFile, part: str, name: str, context: Context
) -> Iterator[Element]:
    place = f"{name}/{part}"
    with open_member(archive, find_part(archive, part, name), place, context) as stream:
        bounded = Source(place, stream)
        for event, element in xml_events(bounded.stream, place):
            if event == "end":
                yield element


@dataclass(slots=True)
class _Text:
    """The text of a part as it grows, piece by piece."""

    max_characters: int
    pieces: list[str] = field(default_factory=list)
    num_characters: int = 0
    table_depth: int = 0
    is_row_start: bool = False

    def add(self, text: str, place: str) -> None:
        """Put a piece behind the others."""
        self.pieces.append(text)
        self.num_characters += len(text)
        if self.num_characters > self.max_characters:
            raise InputError(
                f"{place} is longer than the limit of {self.max_characters:,} characters",
                hint="split it, or raise the limit",
            )


def _read_part(archive: zipfile.ZipFile, part: str, source: Source, context: Context) -> str:
    place = f"{source.name}/{part}"
    text = _Text(context.options.max_bytes)
    skipped: Element | None = None
    with open_member(archive, find_part(archive, part, source.name), place, context) as stream:
        for event, element in xml_events(Source(place, stream).stream, place):
            if skipped is not None:
                skipped = None if event == "end" and element is skipped else skipped
            elif event == "start":
                skipped = element if local_name(element) in LEFT_OUT else None
                if skipped is None:
                    _open(element, text)
            else:
                text.add(_closing(element, text), place)
                element.clear()
    # a cell ends its paragraphs with a space and itself with a tab
    lines = "".join(text.pieces).replace(" \t", "\t").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _open(element: Element, text: _Text) -> None:
    name = local_name(element)
    if name == "tbl":
        text.table_depth += 1
    elif name == "tr":
        text.is_row_start = True


def _closing(element: Element, text: _Text) -> str:
    """Give what an element adds to the text where it ends."""
    name = local_name(element)
    if name == "t":
        return element.text or ""
    if name == "tbl":
        text.table_depth -= 1
        return "\n"
    if name == "p":
        return "\n" if not text.table_depth else " "
    if name == "tc":
        return "\t"
    return "\n" if name == "tr" else CHARACTERS.get(name, "")
