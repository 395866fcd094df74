"""HTML pages: the main text without menus and notices, or where there is none all that is seen."""

import logging
import re
from collections.abc import Iterator

from lexloom.corpus.decode import decode
from lexloom.corpus.formats.detect import markup_start
from lexloom.corpus.formats.source import Context, Item, Source, make_document
from lexloom.corpus.formats.visible import visible_text
from lexloom.errors import InputError

STARTS = ("<!doctype html", "<html")
PROLOGUE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
MIN_CHARACTERS = 200
"""A main text shorter than this is no find: what is left of a short page is mostly a part of it."""
MAX_CHARACTERS = 2_000_000
"""Most characters of a page whose main text is looked for; of a longer one all is taken."""
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.IGNORECASE)
DECLARED: dict[str, str] = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "iso-8859-2": "iso-8859-2",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "koi8-r": "koi8-r",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "euc-kr": "cp949",
}
"""Encodings that a page may say it is in, and the codec that browsers then take."""


def looks_like_html(head: bytes) -> bool:
    """Whether a page begins there, whatever the name of the file."""
    text = markup_start(head)
    prologue = PROLOGUE.match(text)
    return text.startswith(STARTS, prologue.end() if prologue else 0)


def read_html(source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a page is."""
    page = decode_page(source.read_all(context.options.max_bytes), source.name)
    main = main_text(page)
    text = main if len(main) >= MIN_CHARACTERS else visible_text(page)
    yield make_document(source.id, text, name=source.name)


def decode_page(data: bytes, name: str) -> str:
    """Decode a page; where the bytes alone do not tell, it is in the encoding that it names.

    Raises:
        InputError: If it is in none that is known.
    """
    try:
        return decode(data, name=name).text
    except InputError:
        declared = CHARSET.search(data[:2048])
        codec = DECLARED.get(declared[1].decode("ascii").lower()) if declared else None
        if codec is None or b"\0" in data:
            raise
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            pass
        raise


def main_text(page: str) -> str:
    """Give what the page is about, without what stands around it; empty if nothing is found."""
    if len(page) > MAX_CHARACTERS:
        return ""
    import trafilatura  # it takes longer to load than all that asks for help

    logger = logging.getLogger("trafilatura")
    if logger.level == logging.NOTSET:  # it warns of each odd page
        logger.setLevel(logging.CRITICAL)
    try:
        return trafilatura.extract(page, include_comments=False) or ""
    except (RecursionError, ValueError, AssertionError):
        return ""
