"""Plain text and Markdown: the decoded file is the document, character for character."""

from collections.abc import Iterator

from lexloom.corpus.decode import decode
from lexloom.corpus.formats.source import Context, Item, Source, make_document


def read_text(source: Source, context: Context) -> Iterator[Item]:
    """Give the one document that a text file is."""
    data = source.read_all(context.options.max_bytes)
    text = decode(data, name=source.name).text
    yield make_document(source.id, text, name=source.name)
