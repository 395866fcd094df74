"""Events marked inside of the text by XML elements, as in the Chinese Emergency Corpus (CEC).

An ``Event`` element holds a ``Denoter``, which is the trigger and whose ``type`` is the event's,
and elements for roles. The text is what the elements hold, without the indentation of the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.files import DataFile, read_files
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Span

EVENT, TRIGGER, RELATION = "Event", "Denoter", "eRelation"
ROLES = frozenset({"Time", "Location", "Participant", "Object"})
BLOCKS = frozenset({"Title", "ReportTime", "Paragraph"})
"""Elements after which a line ends."""
MAX_DEPTH = 100
FIRST_SPACELESS = "\u2e80"
"""Where the scripts without spaces between words begin: no space takes a line end's place there."""
DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)")
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


@dataclass(slots=True)
class _Event:
    own_type: str | None
    triggers: list[tuple[str | None, int, int]] = field(default_factory=list)
    """The type, start and end of each denoter."""
    arguments: list[tuple[str, int, int]] = field(default_factory=list)


def read_cec(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read one file, a folder or an archive; relations between events are left out and counted."""
    for number, file in enumerate(read_files(path, ".xml")):
        if not file.content.strip():
            continue
        reader = _Reader()
        reader.read(_root(file))
        own = file.path.removesuffix(".xml")
        id = options.document_id(path, number, own)
        draft = Draft(id, reader.text, report, where=file.where)
        for relation in reader.relations:
            draft.left_out("relations between events are not read", relation)
        for event in reader.events:
            _add_event(draft, event)
        yield draft.finish(EVENTS_ONLY)


def _root(file: DataFile) -> Element:
    declared = DECLARATION.match(file.content)
    name = declared[1].decode() if declared else "utf-8"
    if name.lower().replace("-", "") == "utf8":
        text = file.text
    else:
        try:
            text = file.content.decode(name)
        except (LookupError, UnicodeDecodeError) as error:
            raise AnnotationError(f"{file.where}: not {name}, as it says it is") from error
    text = re.sub(r"^\ufeff?\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL)
    try:
        root: Element = fromstring(text.lstrip("\ufeff"))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise AnnotationError(
            f"{file.where}: not whole XML ({error})".replace("\n", " "),
            hint="the file may be truncated, or of another format",
        ) from error
    return root


class _Reader:
    """Walks through the elements and keeps the text and where the events stand in it."""

    def __init__(self) -> None:
        self.events: list[_Event] = []
        self.relations: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._parted = False
        """Whether the file's line ended since the last character."""

    @property
    def text(self) -> str:
        """What the elements hold."""
        return "".join(self._pieces).rstrip("\n")

    def read(self, root: Element) -> None:
        """Take in the whole tree."""
        self._element(root, None, 0)

    def _element(self, element: Element, event: _Event | None, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise AnnotationError("XML elements are nested too deeply")
        if element.tag == RELATION:
            self.relations.append(str(element.get("relType")))
        if element.tag == EVENT:
            event = _Event(element.get("type"))
            self.events.append(event)
        start, first = self._length, len(self._pieces)
        self._add(element.text)
        for child in element:
            self._element(child, event, depth + 1)
            self._add(child.tail)
        if event is not None and (element.tag == TRIGGER or element.tag in ROLES):
            self._mark(element, event, start, "".join(self._pieces[first:]))
        if element.tag in BLOCKS and self._last not in {"", "\n"}:
            self._append("\n")

    def _mark(self, element: Element, event: _Event, start: int, held: str) -> None:
        start += len(held) - len(held.lstrip())
        end = start + len(held.strip())
        if element.tag == TRIGGER:
            event.triggers.append((element.get("type"), start, end))
        else:
            event.arguments.append((element.tag, start, end))

    def _add(self, text: str | None) -> None:
        for piece in re.split(r"(\s*[\n\t]\s*)", text or ""):
            if piece.isspace() and ("\n" in piece or "\t" in piece):
                self._parted = True
            elif piece:
                self._add_words(piece)

    def _add_words(self, words: str) -> None:
        last = self._last
        words = words if last else words.lstrip()
        parts_words = self._parted and last and not last.isspace()
        if parts_words and words and max(last, words[0]) < FIRST_SPACELESS:
            words = f" {words}"
        self._append(words)

    @property
    def _last(self) -> str:
        return self._pieces[-1][-1] if self._pieces else ""

    def _append(self, words: str) -> None:
        self._parted = False
        if words:
            self._pieces.append(words)
            self._length += len(words)


def _add_event(draft: Draft, event: _Event) -> None:
    trigger: Span | None = None
    type = event.own_type or EVENT
    for number, (name, start, end) in enumerate(event.triggers):
        if number:
            draft.unaligned("the event has a second trigger", f"{name} [{start}, {end})")
        else:
            type = name or type
            trigger = draft.span(type, start, end)
    arguments: list[Argument | None] = []
    for role, start, end in event.arguments:
        span = draft.span(role, start, end)
        if span is not None:
            arguments.append(Argument(role, span.text, span.start, span.end))
    draft.event(type, trigger, arguments)
