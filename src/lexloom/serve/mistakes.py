"""Mistakes to look at: a page that shows each in its sentence, and the same as JSON lines.

`extract.mistakes` finds and groups them.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from lexloom.annotations.document import AnnotatedDocument
from lexloom.corpus.sentences import split_sentences
from lexloom.extract.confidence import KINDS, Kind
from lexloom.extract.items import Item, Part
from lexloom.extract.mistakes import GROUPS, Mistake, find_differences
from lexloom.extract.protocols import Facts
from lexloom.serve.self_contained import write_page

MAX_SHOWN = 20_000
"""Mistakes of a page; the others are counted."""
MAX_CONTEXT_CHARACTERS = 600
"""Characters of the sentences of a mistake that are shown whole."""
MARGIN_CHARACTERS = 120
"""Characters shown on each side of a span where the sentences are longer."""
MAX_WORD_CHARACTERS = 60
MAX_WORDS, MAX_CONFUSED_TYPES = 200, 25
OTHERS = "(others)"
NOTHING = ""
"""Stands for no fact: the gold side of a spurious one, the found side of a missed one."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A mistake with the stretches of its document's text that show it."""

    document: str
    mistake: Mistake
    context: tuple[tuple[int, str], ...]
    """Where each stretch starts, and what it reads."""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form: a line of ``lexloom evaluate extractor --errors FILE.jsonl``."""
        context = [{"start": start, "text": text} for start, text in self.context]
        return {"document": self.document, **self.mistake.to_dict(), "context": context}


@dataclass
class ErrorAnalysis:
    """The mistakes of a reading and their counts, filled document by document."""

    shown: list[Placed] = field(default_factory=list)
    num_mistakes: int = 0
    by_group: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    by_type: Counter[tuple[Kind, str, str]] = field(default_factory=Counter)
    """Right, missed and false facts of each type, as a score counts them."""
    confusions: Counter[tuple[Kind, str, str]] = field(default_factory=Counter)
    """Gold and found type of each fact, right ones too."""
    words: Counter[tuple[str, Kind, str, str]] = field(default_factory=Counter)
    """Words of mistaken mentions with their gold and found type."""

    def add(self, gold: AnnotatedDocument, found: Facts) -> list[Placed]:
        """Count the mistakes of one more document, and give them."""
        sentences = _Sentences(gold.text)
        placed = []
        for kind in KINDS:
            differences = find_differences(gold, found, kind)
            for item in differences.right:
                self.by_type[kind, item.type, "right"] += 1
                self.confusions[kind, _label(item, kind), _label(item, kind)] += 1
            for mistake in differences.mistakes:
                self._count(mistake)
                parts = [part for item in mistake.items for part in item.parts]
                placed.append(Placed(gold.id, mistake, tuple(sentences.around(parts))))
        self.num_mistakes += len(placed)
        self.shown += placed[: MAX_SHOWN - len(self.shown)]
        return placed

    def _count(self, mistake: Mistake) -> None:
        kind, gold, found = mistake.kind, mistake.gold, mistake.found
        self.by_group[kind, mistake.group] += 1
        labels = (_label(gold, kind), _label(found, kind))
        self.confusions[kind, *labels] += 1
        if gold is not None:
            self.by_type[kind, gold.type, "missed"] += 1
        if found is not None:
            self.by_type[kind, found.type, "false"] += 1
        if kind != "relation":
            for word in dict.fromkeys(item.parts[0].text for item in mistake.items):
                self.words[word[:MAX_WORD_CHARACTERS], kind, *labels] += 1

    def to_dict(self) -> dict[str, Any]:
        """Give the counts: each kind's groups, and its types' right, missed and false facts."""
        return {
            kind: {
                "groups": {g: self.by_group[kind, g] for g in GROUPS[kind]},
                "types": {
                    type: {
                        name: self.by_type[kind, type, name]
                        for name in ("right", "missed", "false")
                    }
                    for type in sorted({t for k, t, _ in self.by_type if k == kind})
                },
            }
            for kind in KINDS
        }


def write_mistakes_page(path: Path, analysis: ErrorAnalysis, *, title: str) -> None:
    """Write a page in one file that shows mistakes by kind, group, type and word, atomically.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    words = [
        [word, kind, gold, found, count]
        for (word, kind, gold, found), count in analysis.words.most_common(MAX_WORDS)
    ]
    data = {
        "counts": analysis.to_dict(),
        "meanings": GROUPS,
        "confusions": {kind: _table(analysis.confusions, kind) for kind in KINDS},
        "words": words,
        "left_out": analysis.num_mistakes - len(analysis.shown),
        "mistakes": [_row(placed) for placed in analysis.shown],
    }
    write_page(path, "mistakes", title=title, data=data)


def json_lines(rows: Iterable[Placed]) -> bytes:
    """Give mistakes as JSON lines."""
    lines = (json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in rows)
    # a lone surrogate cannot be UTF-8; JSON can name it
    return "".join(lines).encode("utf-8", "backslashreplace")


def _label(item: Item | None, kind: Kind) -> str:
    if item is None:
        return NOTHING
    return f"{item.type}: {item.parts[0].type}" if kind == "argument" else item.type


def _table(confusions: Mapping[tuple[Kind, str, str], int], kind: Kind) -> dict[str, Any]:
    """Give the types that are confused most, and the counts of each pair of gold and found."""
    of_kind = {(gold, found): n for (k, gold, found), n in confusions.items() if k == kind}
    wrong: Counter[str] = Counter()
    for (gold, found), count in of_kind.items():
        for label in {gold, found} - {NOTHING}:
            wrong[label] += count if gold != found else 0
    shown = sorted(wrong, key=lambda label: (-wrong[label], label))[:MAX_CONFUSED_TYPES]
    cells: Counter[tuple[str, str]] = Counter()
    for pair, count in of_kind.items():
        gold, found = (x if x == NOTHING or x in shown else OTHERS for x in pair)
        cells[gold, found] += count
    labels = sorted(shown) + ([OTHERS] if len(wrong) > len(shown) else [])
    return {"types": labels, "cells": [[*pair, count] for pair, count in cells.items()]}


def _row(placed: Placed) -> dict[str, Any]:
    """Give the page's form of a mistake."""
    mistake = placed.mistake
    values = {"document": placed.document, **mistake.to_dict()}
    values["labels"] = [_label(item, mistake.kind) for item in (mistake.gold, mistake.found)]
    values["context"] = [list(_segments(start, text, mistake)) for start, text in placed.context]
    return values


def _segments(start: int, text: str, mistake: Mistake) -> Iterator[list[str]]:
    """Cut a stretch where a mark begins or ends: pieces of text, each with its marks.

    The browser counts characters otherwise, so it is given no offsets to cut by.
    """
    marks = [
        (name, part)
        for name, item in (("gold", mistake.gold), ("found", mistake.found))
        if item is not None
        for part in item.parts
    ]
    end = start + len(text)
    edges = {edge for _, part in marks for edge in part.range if start < edge < end}
    cuts = [start, *sorted(edges), end]
    for left, right in pairwise(cuts):
        names = {name for name, part in marks if part.start <= left and right <= part.end}
        yield [text[left - start : right - start], " ".join(sorted(names))]


class _Sentences:
    """Where a text's sentences are; found when first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans: list[Range] = []
        self._starts: list[int] = []

    def around(self, parts: Sequence[Part]) -> list[tuple[int, str]]:
        """Give the sentences that hold the parts, or what stands near each where they are long."""
        if not self._spans:
            self._spans = list(split_sentences(self.text)) or [(0, len(self.text))]
            self._starts = [start for start, _ in self._spans]
        held = [self._holding(part) for part in parts]
        first, last = min(start for start, _ in held), max(end for _, end in held)
        if last - first <= MAX_CONTEXT_CHARACTERS:
            return [(first, self.text[first:last])]
        near = sorted(
            (max(start, edge - MARGIN_CHARACTERS), min(end, edge + MARGIN_CHARACTERS))
            for part, (start, end) in zip(parts, held, strict=True)
            for edge in part.range
        )
        return [(start, self.text[start:end]) for start, end in _joined(near)]

    def _holding(self, part: Part) -> Range:
        """Give the stretch from the sentence a part starts in to the one it ends in."""
        first = max(0, bisect_right(self._starts, part.start) - 1)
        last = max(0, bisect_right(self._starts, part.end - 1) - 1)
        start, end = self._spans[first][0], self._spans[last][1]
        # a part may lie in the white space around sentences
        return min(start, part.start), max(end, part.end)


def _joined(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in ranges:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
