"""Words with a tag each: from column files, whatever the tags, and from marked entities as BIO.

`tags` knows what BIO tags mean; `labelled` reads labels of whole texts.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.columns import read_sentences
from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.report import ImportReport, Omissions
from lexloom.annotations.tags import TokenSpan, encode_tags, is_tag
from lexloom.annotations.words import word_spans
from lexloom.errors import AnnotationError

COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class TaggedWords:
    """A sentence's words and their tags."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


def read_tagged(path: Path, format: str, report: ImportReport) -> Iterator[TaggedWords]:
    """Read sentences of tagged words.

    Args:
        path: The file.
        format: ``columns`` for word and tag a line, with any tags; else a format of `formats`,
            whose entities become BIO tags.
        report: Counts the entities that a row of tags cannot hold.

    Raises:
        AnnotationError: If the file cannot be read, is not of the format or holds no sentence.
        UsageError: If the format is unknown.
    """
    if format != COLUMNS:
        for document in import_dataset(path, format, report=report):
            if tagged := tag_document(document, report.left_out):
                yield tagged
        return
    empty = True
    for sentence in read_sentences(path):
        empty = False
        tags = tuple(columns[-1].strip() for columns in sentence.tags)
        if "" in tags:
            line = sentence.line + tags.index("")
            raise AnnotationError(f"{path}, line {line}: the tag is empty")
        yield TaggedWords(tuple(sentence.tokens), tags)
    if empty:
        raise AnnotationError(f"{path} holds no sentence", hint="the file is empty")


def tag_document(document: AnnotatedDocument, lost: Omissions) -> TaggedWords | None:
    """Give a document's words with BIO tags; None if it has no word.

    Of entities that overlap, the one that begins first and is longest is kept; others are counted.
    """
    text = document.text
    entities, end = [], 0
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        if entity.start < end or not entity.text.strip():
            lost.add("the entity overlaps another", f"{document.id}: {entity.text!r}")
            continue
        entities.append(entity)
        end = entity.end
    spans = split_words(text, [border for e in entities for border in (e.start, e.end)])
    if not spans:
        return None
    starts = [start for start, _ in spans]
    marked = []
    for entity in entities:
        first, last = bisect_left(starts, entity.start), bisect_left(starts, entity.end)
        marked.append(TokenSpan(entity.type, first, last))
    words = tuple(text[start:end] for start, end in spans)
    return TaggedWords(words, tuple(encode_tags(marked, len(words))))


def split_words(text: str, borders: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Give the offsets of words, marks by themselves, as BERT's tokenizers cut before pieces."""
    cuts = set(borders)
    for place, char in enumerate(text):
        if not (char.isalnum() or char.isspace() or _joins(char)):
            cuts |= {place, place + 1}
    return word_spans(text, cuts)


def _joins(char: str) -> bool:
    """Say whether a character belongs to the word around it, such as a combining mark."""
    return unicodedata.category(char)[0] in "MC"


def is_spans(tags: Sequence[str]) -> bool:
    """Say whether every tag is ``O`` or of the form ``B-TYPE``, so that spans can be scored."""
    return all(is_tag(tag) for tag in tags)
