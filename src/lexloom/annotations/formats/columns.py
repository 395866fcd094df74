"""Column files: one token a line with its tag, sentences parted by blank lines; in and out.

Read with spaces between tokens, or nothing for Chinese (`ImportOptions.joiner`). A line that begins
with ``#`` is a token like any other. Nested columns are read by `formats.litbank`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.annotations.tags import TokenSpan, check_tag, encode_tags
from lexloom.annotations.words import guess_joiner, word_spans
from lexloom.errors import AnnotationError
from lexloom.records import Entity

ENTITIES_ONLY = Scope(relation_types=(), event_types=())
"""What a set for named entities looked for."""
NUM_PEEKED_SENTENCES = 200
"""Sentences that decide, for the whole file, what goes between tokens."""
DOCUMENT_MARK = "-DOCSTART-"


@dataclass(slots=True)
class Sentence:
    """The rows between two blank lines."""

    line: int
    """Number of its first line in the file."""
    tokens: list[str] = field(default_factory=list)
    tags: list[list[str]] = field(default_factory=list)
    """The columns behind the token, row by row."""


def read_columns(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read a file whose first column is the token and whose last one is its tag."""
    return _documents(path, options, report, read_sentences(path))


def read_segmented_columns(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read columns whose token is a character and its place in the word, a digit (Weibo NER)."""
    return _documents(path, options, report, map(_without_digits(path), read_sentences(path)))


def read_sentences(path: Path) -> Iterator[Sentence]:
    """Give the sentences of a column file, parted by tabs or else spaces.

    Raises:
        AnnotationError: If the rows of the file have different numbers of columns, or fewer
            than two.
    """
    sentence, num_columns = Sentence(line=1), 0
    for number, line in read_lines(path):
        if not line.strip() or line.startswith(DOCUMENT_MARK):
            if sentence.tokens:
                yield sentence
            sentence = Sentence(line=number + 1)
            continue
        columns = _columns(line)
        num_columns = num_columns or len(columns)
        _check_columns(columns, num_columns, f"{path}, line {number}")
        sentence.tokens.append(columns[0])
        sentence.tags.append(columns[1:])
    if sentence.tokens:
        yield sentence


def _columns(line: str) -> list[str]:
    if "\t" not in line:
        return line.split(" ")
    columns = line.split("\t")
    return columns if columns[-1] or len(columns) == 2 else columns[:-1]  # a tab may end each row


def _check_columns(columns: list[str], num_columns: int, where: str) -> None:
    if len(columns) != num_columns or num_columns < 2:
        wanted = f"{num_columns} as in the rows before" if num_columns > 1 else "at least 2"
        raise AnnotationError(
            f"{where}: {len(columns)} columns where there must be {wanted}",
            hint="each row is a token, a tab or a space, and a tag",
        )
    if not columns[0]:
        raise AnnotationError(f"{where}: a tag without a token")


def _without_digits(path: Path) -> Callable[[Sentence], Sentence]:
    def strip(sentence: Sentence) -> Sentence:
        for number, token in enumerate(sentence.tokens, start=sentence.line):
            if len(token) < 2 or not token[-1].isdigit():
                raise AnnotationError(
                    f"{path}, line {number}: {token!r} has no segmentation digit",
                    hint="read the file with --format columns",
                )
        sentence.tokens = [token[:-1] for token in sentence.tokens]
        return sentence

    return strip


def _documents(
    path: Path, options: ImportOptions, report: ImportReport, sentences: Iterable[Sentence]
) -> Iterator[AnnotatedDocument]:
    for number, (sentence, joiner) in enumerate(with_joiner(sentences, options)):
        tags = [columns[-1] for columns in sentence.tags]
        for line, tag in enumerate(tags, start=sentence.line):
            check_tag(tag, f"{path}, line {line}")
        where = f"{path}, line {sentence.line}"
        id = options.document_id(path, number)
        draft = Draft.of_tokens(id, sentence.tokens, report, where=where, joiner=joiner)
        draft.tagged_entities(tags)
        yield draft.finish(ENTITIES_ONLY)


def with_joiner(
    sentences: Iterable[Sentence], options: ImportOptions
) -> Iterator[tuple[Sentence, str]]:
    """Pair each sentence with what goes between its tokens, the same for the whole file."""
    sentences = iter(sentences)
    first = list(islice(sentences, NUM_PEEKED_SENTENCES))
    joiner = options.joiner
    if joiner is None:
        joiner = guess_joiner(sentence.tokens for sentence in first)
    for sentence in chain(first, sentences):
        yield sentence, joiner


def write_columns(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[str]:
    """Give the rows ``word TAB BIO-tag`` of each document, and a blank line behind it.

    The columns are flat: of entities that overlap, the one that begins first and is longest is
    written. The report counts the others, and relations and events.
    """
    for document in documents:
        entities = _flat(document, report)
        words = word_spans(document.text, {b for e in entities for b in (e.start, e.end)})
        if not words:
            report.left_out.add("the document has no words", document.id)
            continue
        starts = {start: place for place, (start, _) in enumerate(words)}
        ends = {end: place + 1 for place, (_, end) in enumerate(words)}
        spans = [TokenSpan(e.type, starts[e.start], ends[e.end]) for e in entities]
        for (start, end), tag in zip(words, encode_tags(spans, len(words)), strict=True):
            yield f"{document.text[start:end]}\t{tag}\n"
        yield "\n"
        report.documents += 1
        report.entities += len(entities)


def _flat(document: AnnotatedDocument, report: ExportReport) -> list[Entity]:
    """Give the entities that a column of tags can hold, in order, and report the rest."""
    for relation in document.relations:
        report.left_out.add("the format has no relations", f"{document.id}: {relation.type}")
    for event in document.events:
        report.left_out.add("the format has no events", f"{document.id}: {event.type}")
    kept: list[Entity] = []
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        reason = _obstacle(entity, kept[-1] if kept else None)
        if reason:
            report.left_out.add(reason, f"{document.id}: {entity.type} {entity.text!r}")
        else:
            kept.append(entity)
    return kept


def _obstacle(entity: Entity, before: Entity | None) -> str:
    """Say why an entity cannot be written behind `before`; empty if it can."""
    if entity.text[0].isspace() or entity.text[-1].isspace():
        return "the entity begins or ends with white space"
    if not entity.type or any(char in "\t\r\n" for char in entity.type):
        return "the entity's type cannot stand in a tag"
    if before is None or entity.start >= before.end:
        return ""
    nested = entity.end <= before.end
    return "the entity lies inside of another" if nested else "the entity overlaps another"
