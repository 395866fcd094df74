"""SciERC's documents (Luan et al., 2018, arXiv:1808.09602), also with DyGIE++'s events.

Each line is a document of tokenised sentences; spans count the tokens of the document and include
the last one. Its sentences one by one, as in ``joint_er``, are in SpERT's form.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import listed, need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.annotations.words import guess_joiner
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Span

SENTENCE_END = "\n"


def read_scierc(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the documents, a line for each sentence; what is the same (clusters) is left out."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        sentences = _sentences(values, where)
        joiner = guess_joiner(sentences) if options.joiner is None else options.joiner
        text, tokens = _joined(sentences, joiner)
        own = str(values["doc_key"]) if "doc_key" in values else None
        draft = Draft(options.document_id(path, number, own), text, report, where=where)
        draft.set_tokens(tokens)
        for cluster in listed(values, "clusters", where):
            draft.left_out("which mentions are the same is not read", f"{cluster!r:.40}")
        ids = _add_entities(draft, values)
        _add_relations(draft, values, ids)
        _add_events(draft, values, ids)
        yield draft.finish(
            Scope(
                relation_types=None if "relations" in values else (),
                event_types=None if "events" in values else (),
            )
        )


def _sentences(values: Mapping[str, Any], where: str) -> list[list[str]]:
    sentences = need(values, "sentences", list, where)
    for sentence in sentences:
        if not isinstance(sentence, list) or not all(isinstance(t, str) for t in sentence):
            raise AnnotationError(f"{where}: a sentence is not a list of strings")
    return sentences


def _joined(
    sentences: Sequence[Sequence[str]], joiner: str
) -> tuple[str, Sequence[tuple[int, int]]]:
    """Give the text and where each token stands in it."""
    text = SENTENCE_END.join(joiner.join(sentence) for sentence in sentences)
    spans: list[tuple[int, int]] = []
    position = 0
    for sentence in sentences:
        for token in sentence:
            spans.append((position, position + len(token)))
            position += len(token) + len(joiner)
        position += len(SENTENCE_END) - (len(joiner) if sentence else 0)
    return text, spans


def _of_sentences(values: Mapping[str, Any], key: str, where: str) -> Iterator[Any]:
    """Give what the lists of all sentences hold."""
    for rows in listed(values, key, where):
        yield from rows if isinstance(rows, list) else [rows]


def _rows(values: Mapping[str, Any], key: str, length: int, where: str) -> Iterator[list[Any]]:
    """Give the rows of all sentences, each a list of so many values."""
    for row in _of_sentences(values, key, where):
        if not isinstance(row, list) or len(row) != length:
            raise AnnotationError(
                f"{where}: a row of {key!r} has {length} values, got {row!r:.60}",
                hint="'ner' is [start, end, type]; 'relations' two spans and a type",
            )
        yield row


def _end(last: Any) -> Any:
    return last + 1 if isinstance(last, int) and not isinstance(last, bool) else last


def _type(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise AnnotationError(f"{where}: a type must be a string, got {value!r:.60}")
    return value


def _add_entities(draft: Draft, values: Mapping[str, Any]) -> dict[tuple[str, str], str | None]:
    """Give the ids of the entities by their spans; of two at one span, that of the first."""
    ids: dict[tuple[str, str], str | None] = {}
    need(values, "ner", list, draft.where)
    for start, last, type in _rows(values, "ner", 3, draft.where):
        id = draft.token_entity(_type(type, draft.where), start, _end(last))
        ids.setdefault((str(start), str(last)), id)
    return ids


def _add_relations(
    draft: Draft, values: Mapping[str, Any], ids: Mapping[tuple[str, str], str | None]
) -> None:
    for row in _rows(values, "relations", 5, draft.where):
        start, last, other_start, other_last = map(str, row[:4])
        head, tail = ids.get((start, last)), ids.get((other_start, other_last))
        draft.relation(_type(row[4], draft.where), head, tail)


def _add_events(
    draft: Draft, values: Mapping[str, Any], ids: Mapping[tuple[str, str], str | None]
) -> None:
    for event in _of_sentences(values, "events", draft.where):
        if not isinstance(event, list) or not event or not all(map(_is_place, event)):
            raise AnnotationError(
                f"{draft.where}: an event is a list of a trigger and arguments, got {event!r:.60}",
                hint="such as [[7, 'Attack'], [2, 3, 'Agent']]",
            )
        (start, *_, type), *rows = event
        last = event[0][-2]
        trigger = draft.token_span("trigger", start, _end(last))
        arguments = [_argument(draft, row, ids) for row in rows]
        draft.event(_type(type, draft.where), trigger, arguments)


def _is_place(row: Any) -> bool:
    return isinstance(row, list) and len(row) in {2, 3}


def _argument(
    draft: Draft, row: list[Any], ids: Mapping[tuple[str, str], str | None]
) -> Argument | None:
    start, last, role = row[0], row[-2], _type(row[-1], draft.where)
    span: Span | None = draft.token_span(role, start, _end(last))
    entity = ids.get((str(start), str(last)))
    return None if span is None else Argument(role, span.text, span.start, span.end, entity=entity)
