"""Plain text and Markdown: the decoded file is the document, character for character.

Where `ReadOptions.part_bytes` is set, a long file is several documents, so that it may be longer
than memory.
"""

import codecs
from collections.abc import Iterator

from lexloom.corpus.decode import decode, decode_further
from lexloom.corpus.formats.source import Context, Item, Source, make_document, too_long

WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a text file is, or its parts, each under its number."""
    max_bytes, part_bytes = context.options.max_bytes, context.options.part_bytes
    if part_bytes is None:
        text = decode(source.read_all(max_bytes), name=source.name).text
        yield make_document(source.id, text, name=source.name)
        return
    encoding, is_blank = "", True
    for number, data in enumerate(_parts(source, part_bytes, max_bytes), 1):
        if encoding:
            text = decode_further(data, encoding, name=source.name)
        else:
            decoded = decode(data, name=source.name)
            # what is ASCII so far may go on in any encoding
            text, encoding = decoded.text, "" if data.isascii() else decoded.encoding
        if text and not text.isspace():
            is_blank = False
            yield make_document(source.id if number == 1 else f"{source.id}:{number}", text)
    if is_blank:
        yield make_document(source.id, "", name=source.name)


def _parts(source: Source, part_bytes: int, max_bytes: int) -> Iterator[bytes]:
    """Cut a text behind lines, or behind a space where a line is longer than a part.

    A line feed and a space are bytes of their own in UTF-8 and GB18030; a text in UTF-16 is whole.
    """
    rest = source.stream.read(part_bytes)
    if rest.startswith(WIDE_BOMS) or b"\0" in rest:
        yield source.read_all(max_bytes, rest)
        return
    while source.head():  # there is more
        stop = (rest.rfind(b"\n") + 1) or (rest.rfind(b" ") + 1)
        if stop:
            yield rest[:stop]
        elif len(rest) > max_bytes:
            raise too_long(source.name, max_bytes)
        rest = rest[stop:] + source.stream.read(part_bytes)
    if len(rest) > max_bytes:
        raise too_long(source.name, max_bytes)
    yield rest
