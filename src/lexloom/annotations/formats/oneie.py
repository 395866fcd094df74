"""Sentences in the layout of OneIE (Lin et al., 2020, ACL), in which ACE and ERE are passed around.

Each line is ``{sentence, tokens, entity_mentions, relation_mentions, event_mentions}`` with spans
over tokens, end excluded. Documents in the layout of DyGIE++ are read by `annotations.scierc`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.annotations.words import guess_joiner
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Span

HEAD, TAIL = "Arg-1", "Arg-2"


class _Mention(NamedTuple):
    """An entity's id in the document, and where it stands."""

    id: str
    span: Span


def read_oneie(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences; subtypes of entities and relations are left out and counted.

    The text is the sentence itself where its tokens stand in it one after the other, and else the
    tokens joined.
    """
    for number, (where, values) in enumerate(read_json_lines(path)):
        draft = _draft(path, number, values, where, options, report)
        ids = {
            need(row, "id", str, where): _add_entity(draft, row)
            for row in need(values, "entity_mentions", list, where)
        }
        for row in need(values, "relation_mentions", list, where):
            _add_relation(draft, row, ids)
        for row in need(values, "event_mentions", list, where):
            _add_event(draft, row, ids)
        yield draft.finish(Scope())


def _draft(
    path: Path,
    number: int,
    values: Mapping[str, Any],
    where: str,
    options: ImportOptions,
    report: ImportReport,
) -> Draft:
    own = values.get("sent_id") or values.get("wnd_id")
    id = options.document_id(path, number, None if own is None else str(own))
    tokens: list[str] = need(values, "tokens", list, where)
    if not all(isinstance(token, str) for token in tokens):
        raise AnnotationError(f"{where}: a token is not a string")
    sentence = values.get("sentence")
    spans = _token_spans(sentence, tokens) if isinstance(sentence, str) else None
    if spans is None or not isinstance(sentence, str):
        joiner = guess_joiner([tokens]) if options.joiner is None else options.joiner
        return Draft.of_tokens(id, tokens, report, where=where, joiner=joiner)
    draft = Draft(id, sentence, report, where=where)
    draft.set_tokens(spans)
    return draft


def _token_spans(sentence: str, tokens: Sequence[str]) -> list[tuple[int, int]] | None:
    """Say where the tokens stand, with nothing but white space between; None if they do not."""
    spans: list[tuple[int, int]] = []
    position = 0
    for token in tokens:
        start = sentence.find(token, position)
        if not token or start < 0 or sentence[position:start].strip():
            return None
        position = start + len(token)
        spans.append((start, position))
    return spans


def _add_entity(draft: Draft, row: Any) -> _Mention | None:
    type = need(row, "entity_type", str, draft.where)
    if row.get("entity_subtype"):
        draft.left_out("subtypes are not read", str(row["entity_subtype"]))
    span = draft.token_span(type, row.get("start"), row.get("end"))
    id = None if span is None else draft.entity(type, span.start, span.end)
    return None if span is None or id is None else _Mention(id, span)


def _add_relation(draft: Draft, row: Mapping[str, Any], ids: Mapping[str, _Mention | None]) -> None:
    type = need(row, "relation_type", str, draft.where)
    if row.get("relation_subtype"):
        draft.left_out("subtypes are not read", str(row["relation_subtype"]))
    ends = {
        need(end, "role", str, draft.where): ids.get(need(end, "entity_id", str, draft.where))
        for end in need(row, "arguments", list, draft.where)
    }
    head, tail = ends.get(HEAD), ends.get(TAIL)
    draft.relation(type, head.id if head else None, tail.id if tail else None)


def _add_event(draft: Draft, row: Mapping[str, Any], ids: Mapping[str, _Mention | None]) -> None:
    type = need(row, "event_type", str, draft.where)
    trigger: Mapping[str, Any] = need(row, "trigger", dict, draft.where)
    start, end = (need(trigger, key, int, draft.where) for key in ("start", "end"))
    span = draft.token_span(type, start, end)
    arguments: list[Argument] = []
    for argument in need(row, "arguments", list, draft.where):
        role = need(argument, "role", str, draft.where)
        mention = ids.get(need(argument, "entity_id", str, draft.where))
        if mention is None:
            draft.unaligned("the argument is no mention that fits the text", role)
        else:
            at = mention.span
            arguments.append(Argument(role, at.text, at.start, at.end, entity=mention.id))
    draft.event(type, span, arguments)
