"""One marked pair a line, as SemEval-2010 Task 8 and Wiki80 are passed around.

Each line is ``{token, h: {pos}, t: {pos}, relation}`` with token offsets, end excluded. A label
such as ``Cause-Effect(e2,e1)`` says its direction and so tells of both; ``Other`` says that neither
holds. A label without a direction, as in Wiki80, tells only of head to tail. SemEval's own files
are read by `formats.semeval_text`.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import need, read_json_lines
from lexloom.annotations.report import ImportReport
from lexloom.annotations.words import guess_joiner
from lexloom.errors import AnnotationError

DIRECTED = re.compile(r"(?P<name>.+)\((?P<first>e[12]),(?P<second>e[12])\)")
NO_RELATION = "Other"


def read_semeval(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences, each with its two mentions and what is known of them."""
    for number, (where, values) in enumerate(read_json_lines(path)):
        tokens = need(values, "token", list, where)
        if not all(isinstance(token, str) for token in tokens):
            raise AnnotationError(f"{where}: a token is not a string")
        draft = Draft.of_tokens(
            options.document_id(path, number),
            tokens,
            report,
            where=where,
            joiner=guess_joiner([tokens]) if options.joiner is None else options.joiner,
        )
        head, tail = (_mention(draft, values, end, options.entity_type) for end in ("h", "t"))
        pairs = add_labelled_pair(draft, need(values, "relation", str, where), head, tail)
        yield draft.finish(Scope(all_mentions=False, known_pairs=pairs, event_types=()))


def _mention(draft: Draft, values: Mapping[str, Any], end: str, type: str) -> str | None:
    place = need(need(values, end, dict, draft.where), "pos", list, draft.where)
    if len(place) != 2:
        raise AnnotationError(f"{draft.where}: 'pos' has a start and an end, got {place!r}")
    return draft.token_entity(type, *place)


def add_labelled_pair(
    draft: Draft, label: str, head: str | None, tail: str | None
) -> tuple[tuple[str, str], ...]:
    """Mark the relation and give the pairs that the label tells of."""
    directed = DIRECTED.fullmatch(label)
    if directed and directed["first"] == "e2":
        draft.relation(directed["name"], tail, head)
    elif label != NO_RELATION:
        draft.relation(directed["name"] if directed else label, head, tail)
    if head is None or tail is None:
        return ()
    known = [(head, tail), (tail, head)] if directed or label == NO_RELATION else [(head, tail)]
    return tuple(dict.fromkeys(known))
