"""The formats that documents are read from, and the one place that reads a source of any."""

from collections.abc import Iterator
from dataclasses import replace

from lexloom.corpus.formats import detect
from lexloom.corpus.formats.archives import looks_like_tar, read_tar
from lexloom.corpus.formats.compressed import (
    ZSTANDARD_MAGIC,
    read_bzip2,
    read_gzip,
    read_zstandard,
)
from lexloom.corpus.formats.detect import Format
from lexloom.corpus.formats.html import looks_like_html, read_html
from lexloom.corpus.formats.lines import read_json_lines
from lexloom.corpus.formats.packages import read_zip
from lexloom.corpus.formats.pdf import read_pdf
from lexloom.corpus.formats.rows import read_rows
from lexloom.corpus.formats.source import BudgetError, Context, Item, Source
from lexloom.corpus.formats.text import read_text
from lexloom.corpus.formats.wikipedia import looks_like_dump, read_dump
from lexloom.corpus.formats.zips import STARTS
from lexloom.errors import InputError
from lexloom.records import Document, Failure

BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")
BZIP2_STARTS = tuple(b"BZh%d" % size + block for size in range(1, 10) for block in BZIP2_BLOCKS)

# those told by their first bytes stand before those told by the ending of a name
FORMATS: dict[str, Format] = {
    "pdf": Format(read_pdf, starts=(b"%PDF-",)),
    "zip": Format(read_zip, starts=STARTS),
    "gzip": Format(read_gzip, starts=(b"\x1f\x8b\x08",)),
    "bzip2": Format(read_bzip2, starts=BZIP2_STARTS),
    "zstandard": Format(read_zstandard, starts=(ZSTANDARD_MAGIC,)),
    "tar": Format(read_tar, (".tar",), looks_so=looks_like_tar),
    "mediawiki": Format(read_dump, looks_so=looks_like_dump, markup="wikitext"),
    "html": Format(read_html, (".html", ".htm", ".xhtml"), looks_so=looks_like_html),
    "jsonl": Format(read_json_lines, (".jsonl", ".ndjson")),
    "table": Format(read_rows, (".csv", ".tsv")),
    "markdown": Format(read_text, (".md", ".markdown"), markup="markdown"),
    detect.TEXT: Format(read_text, (".txt",)),
}


def read_source(source: Source, context: Context) -> Iterator[Item]:
    """Give the documents of a source of any format, and a failure for what cannot be read.

    Raises:
        BudgetError: If what is packed in it is too much; nothing more can be read of its file.
        OSError: If the disk refuses.
    """
    try:
        format = FORMATS[detect.detect(source, FORMATS)]
        for item in format.read(source, context):
            # whoever wants text without its markup asks `corpus.markup`, by this name
            if isinstance(item, Document) and format.markup:
                yield replace(item, markup=format.markup)
            else:
                yield item
    except BudgetError:
        raise
    except InputError as error:
        yield Failure(source.id, error.message, error.hint)
