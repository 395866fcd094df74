"""SemEval-2010 Task 8 as published (Hendrickx et al., 2010, SemEval): three lines a sentence.

A number, a tab and the sentence in quotes, in which ``<e1>`` and ``<e2>`` mark two mentions; below
it the label, and a comment. Sentences of tokens, as they are passed around, and what the labels
mean are in `formats.semeval`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.formats.semeval import add_labelled_pair
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError

SENTENCE = re.compile(r"([0-9]{1,18})\t(.*)")
MARK = re.compile(r"<(/?)e([12])>")
COMMENT = "Comment:"
HINT = (
    'a sentence is 1, a tab, "The <e1>fire</e1> caused <e2>damage</e2>." and its label a line below'
)


@dataclass(slots=True)
class _Block:
    """A sentence and what stands below it."""

    where: str
    number: str
    sentence: str
    label: str = ""
    comment: str = ""


def read_semeval_text(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences, each with its two mentions and what is known of them."""
    for number, block in enumerate(_blocks(path)):
        text, places = _unmarked(block)
        id = options.document_id(path, number, block.number)
        draft = Draft(id, text, report, where=block.where)
        if block.comment:
            draft.left_out("comments are not read", block.comment[:40])
        head, tail = (draft.entity(options.entity_type, *places[end]) for end in ("1", "2"))
        pairs = add_labelled_pair(draft, block.label, head, tail)
        yield draft.finish(Scope(all_mentions=False, known_pairs=pairs, event_types=()))


def _blocks(path: Path) -> Iterator[_Block]:
    block: _Block | None = None
    for number, line in read_lines(path):
        where, line = f"{path}, line {number}", line.strip()
        if match := SENTENCE.fullmatch(line):
            if block is not None:
                yield _labelled(block)
            block = _Block(where, match[1], match[2])
        elif block is not None and line.startswith(COMMENT):
            block.comment = line.removeprefix(COMMENT).strip()
        elif block is not None and line and not block.label:
            block.label = line
        elif line:
            raise AnnotationError(f"{where}: not a line of SemEval: {line[:60]!r}", hint=HINT)
    if block is not None:
        yield _labelled(block)


def _labelled(block: _Block) -> _Block:
    if not block.label:
        raise AnnotationError(f"{block.where}: the sentence has no label below it", hint=HINT)
    return block


def _unmarked(block: _Block) -> tuple[str, dict[str, tuple[int, int]]]:
    """Give the sentence without its quotes and marks, and the span of each mention."""
    marked = block.sentence
    if len(marked) > 1 and marked[0] == marked[-1] == '"':
        marked = marked[1:-1]
    text, last = "", 0
    borders: dict[str, int] = {}
    for mark in MARK.finditer(marked):
        text += marked[last : mark.start()]
        if borders.setdefault(mark[0], len(text)) != len(text):
            raise AnnotationError(f"{block.where}: {mark[0]} stands there twice", hint=HINT)
        last = mark.end()
    missing = [mark for mark in ("<e1>", "</e1>", "<e2>", "</e2>") if mark not in borders]
    if missing:
        raise AnnotationError(f"{block.where}: {missing[0]} is missing", hint=HINT)
    places = {end: (borders[f"<e{end}>"], borders[f"</e{end}>"]) for end in ("1", "2")}
    return text + marked[last:], places
