r"""Texts marked by hand in any editor: ``[Aspirin|drug] may cause [nausea|effect].``, in and out.

One text a line. A relation is a line below its text, ``> causes: Aspirin -> nausea``; ``nausea@2``
is the second mention that reads so. A line that begins with ``#`` is a remark. A backslash before
any of ``\ [ ] | > #`` keeps it from meaning something, and ``\n`` and ``\r`` are line ends. A pair
of brackets without a bar in it is text. So are wide brackets and bars, but they are counted.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.draft import Draft
from lexloom.annotations.formats.doccano import ENTITIES_ONLY, NO_EVENTS
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Entity

MENTION = re.compile(r"\[((?:\\.|[^\[\]|\\])+)\|((?:\\.|[^\[\]|\\])+)\]")
WIDE = re.compile(r"\[[^\[\]|｜]*｜[^\[\]|]*\]|【[^【】|｜]*[|｜][^【】]*】")
"""What a Chinese keyboard makes of a mark; it may be meant as text."""
HARMLESS = re.compile(r"\\.|\[[^\[\]|]*\]")
ESCAPED = re.compile(r"\\(.)")
SPECIAL = re.compile(r"([\\\[\]|])")
UNMEANT = ">#\ufeff"
"""What begins a line that means something: a relation, a remark, a byte order mark."""
LINE_ENDS = {"n": "\n", "r": "\r"}


def read_brackets(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the marked texts; where the file has no relation, none was looked for."""
    lines = [(number, line) for number, line in read_lines(path) if line.strip()]
    scope = NO_EVENTS if any(line.startswith(">") for _, line in lines) else ENTITIES_ONLY
    draft: Draft | None = None
    count = 0
    for number, line in lines:
        where = f"{path}, line {number}"
        if line.startswith("#"):
            continue
        if line.startswith(">"):
            _add_relation(draft, line, where)
            continue
        if draft is not None:
            yield draft.finish(scope)
        draft = _draft(line, options.document_id(path, count), report, where)
        count += 1
    if draft is not None:
        yield draft.finish(scope)


def _draft(line: str, id: str, report: ImportReport, where: str) -> Draft:
    """Take the brackets out of a line, and keep where they stood."""
    text, last = "", 0
    found: list[tuple[str, int, int]] = []
    for match in MENTION.finditer(line):
        text += _plain(line[last : match.start()], where)
        mention = _unescaped(match[1])
        found.append((_unescaped(match[2]).strip(), len(text), len(text) + len(mention)))
        text += mention
        last = match.end()
    for wide in WIDE.finditer(ESCAPED.sub("", MENTION.sub(" ", line))):
        report.repaired.add(
            "wide brackets or a wide bar mark nothing", f"{where}: {wide[0][:60]!r}"
        )
    draft = Draft(id, text + _plain(line[last:], where), report, where=where)
    for type, start, end in found:
        draft.entity(type, start, end)
    return draft


def _plain(part: str, where: str) -> str:
    """Give what stands between mentions.

    Raises:
        AnnotationError: If it holds half a pair of brackets.
    """
    if re.search(r"[\[\]]", HARMLESS.sub("", part)):
        raise AnnotationError(
            f"{where}: a mention is not closed, or stands inside of another: {part.strip()[:60]!r}",
            hint="a mention is written [its words|its type]; a bracket of the text \\[",
        )
    return _unescaped(part)


def _unescaped(part: str) -> str:
    return ESCAPED.sub(lambda match: LINE_ENDS.get(match[1], match[1]), part)


def _add_relation(draft: Draft | None, line: str, where: str) -> None:
    parts = _relation_parts(line)
    if parts is None or draft is None:
        what = "a relation stands above any text" if parts else f"no relation: {line[:60]!r}"
        raise AnnotationError(
            f"{where}: {what}", hint="below its text, as in > causes: Aspirin -> nausea"
        )
    type, head, tail = map(_unescaped, parts)
    draft.relation(type, _end(draft, head), _end(draft, tail))


def _relation_parts(line: str) -> tuple[str, str, str] | None:
    """Give the type and the two ends that a relation's line names, or None where it is none."""
    # no pattern: several stretches of blanks in one take cubic time on a line of blanks
    type, _, ends = line.strip()[1:].partition(":")
    ends = ends.lstrip(" ")
    arrow = ends.find("->", 1)
    if arrow < 0:
        return None
    parts = type.strip(" "), ends[:arrow].rstrip(" "), ends[arrow + 2 :].lstrip(" ")
    return parts if all(parts) else None


def _end(draft: Draft, words: str) -> str | None:
    """Give the id of the mention that reads so, or of a later one of its kind."""
    name, at, number = words.rpartition("@")
    if not (at and number.isascii() and number.isdecimal()):
        name, number = words, "1"
    ids = [entity.id for entity in draft.entities if entity.text == name]
    place = int(number) - 1 if len(number) < 6 else -1
    return ids[place] if 0 <= place < len(ids) else None


def write_brackets(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[str]:
    """Give the lines of each document; what overlaps, and events, are left out."""
    for document in documents:
        if not document.text.strip():
            report.left_out.add("the text is empty", document.id)
            continue
        for event in document.events:
            report.left_out.add("the format has no events", f"{document.id}: {event.type}")
        kept = _apart(document, report)
        for entity in kept:
            if entity.type != entity.type.strip():
                report.changed.add("white space around the type", f"{document.id}: {entity.type!r}")
        yield _line(document.text, kept) + "\n"
        report.documents += 1
        report.entities += len(kept)
        for line in _relation_lines(document, kept, report):
            yield line + "\n"


def _apart(document: AnnotatedDocument, report: ExportReport) -> list[Entity]:
    """Keep mentions that do not overlap: of two the earlier, the longer if they begin together."""
    kept: list[Entity] = []
    end = 0
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        if entity.start < end:
            report.left_out.add("the mention overlaps another", f"{document.id}: {entity.text!r}")
        else:
            kept.append(entity)
            end = entity.end
    return kept


def _line(text: str, entities: Iterable[Entity]) -> str:
    line, last = "", 0
    for entity in entities:
        line += _escaped(text[last : entity.start])
        line += f"[{_escaped(entity.text)}|{_escaped(entity.type)}]"
        last = entity.end
    line += _escaped(text[last:])
    return "\\" + line if line[0] in UNMEANT else line


def _escaped(part: str) -> str:
    return SPECIAL.sub(r"\\\1", part).replace("\n", "\\n").replace("\r", "\\r")


def _relation_lines(
    document: AnnotatedDocument, kept: list[Entity], report: ExportReport
) -> Iterator[str]:
    names: dict[str, str] = {}
    seen: dict[str, int] = {}
    for entity in kept:
        seen[entity.text] = seen.get(entity.text, 0) + 1
        names[entity.id] = f"{_escaped(entity.text)}@{seen[entity.text]}"
    for relation in document.relations:
        head, tail = names.get(relation.head), names.get(relation.tail)
        line = f"> {_escaped(relation.type)}: {head} -> {tail}"
        if head is None or tail is None or not _is_clear(line, relation.type, head, tail):
            report.left_out.add("an end of the relation cannot be named", document.id)
        else:
            yield line
            report.relations += 1


def _is_clear(line: str, *names: str) -> bool:
    """Say whether a line is read back as it was meant: names may hold colons and arrows."""
    type, *ends = names
    return _relation_parts(line) == (_escaped(type), *ends)
