"""brat's standoff form, out: a ``.txt`` and an ``.ann`` file for each document.

Read by `formats.brat`, which says what the lines mean.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.options import ExportOptions
from lexloom.annotations.report import ExportReport
from lexloom.records import Argument, Entity, Event

MAX_NAME_BYTES = 200
SAFE = " !#$&'()+,;=@[]^`{}~"
"""What stays in a file's name beside letters, digits and ``_.-``."""


def write_brat(
    documents: Iterable[AnnotatedDocument], options: ExportOptions, report: ExportReport
) -> Iterator[tuple[str, str]]:
    """Give the names and contents of the files, the text of a document before its marks."""
    names: Counter[str] = Counter()
    for document in documents:
        name = _file_name(document.id)
        names[name] += 1
        if names[name] > 1:
            report.changed.add("two documents have one id; the later got another", document.id)
            name = f"{name}~{names[name]}"
        yield f"{name}.txt", document.text
        yield f"{name}.ann", _Marks(document, report).text()
        report.documents += 1


def _file_name(id: str) -> str:
    name = quote(id, safe=SAFE, errors="surrogatepass")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > MAX_NAME_BYTES:
        digest = hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[: MAX_NAME_BYTES - 20].rstrip('%')}~{digest[:16]}"
    return name or "~"


class _Marks:
    """The lines of one ``.ann`` file in the making."""

    def __init__(self, document: AnnotatedDocument, report: ExportReport) -> None:
        self._document = document
        self._report = report
        self._lines: list[str] = []
        self._mentions: dict[tuple[str, int, int], str] = {}
        self._count = Counter[str]()
        self._at: dict[tuple[int, int], str] = {}
        """The first entity at each place."""
        for entity in document.entities:
            self._at.setdefault((entity.start, entity.end), entity.id)

    def text(self) -> str:
        """Give the lines of the whole document."""
        ids = {entity.id: self._entity(entity) for entity in self._document.entities}
        for relation in self._document.relations:
            head, tail = ids[relation.head], ids[relation.tail]
            if head is None or tail is None:
                self._left_out("an end of the relation was not written", relation.type)
            else:
                type = self._name(relation.type)
                self._add("R", f"{type} Arg1:{head} Arg2:{tail}")
                self._report.relations += 1
        for event in self._document.events:
            self._event(event, ids)
        return "".join(self._lines)

    def _entity(self, entity: Entity) -> str | None:
        id = self._mention(entity.type, entity.start, entity.end, "entity")
        self._report.entities += id is not None
        return id

    def _mention(self, type: str, start: int, end: int, kind: str) -> str | None:
        """Write a mention once and give its id; None when it cannot be written."""
        pieces = self._pieces(start, end)
        if not pieces:
            self._left_out(f"the {kind} begins or ends with a line end", type)
            return None
        # a trigger and an entity of one type at one place are two mentions
        key = (f"{kind} {type}", start, end)
        if key not in self._mentions:
            places = ";".join(f"{begin} {stop}" for begin, stop in pieces)
            shown = " ".join(self._document.text[begin:stop] for begin, stop in pieces)
            self._mentions[key] = self._add("T", f"{self._name(type)} {places}\t{shown}")
        return self._mentions[key]

    def _pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Part a span where a line ends; empty when a piece at a border would be."""
        text = self._document.text
        pieces: list[tuple[int, int]] = []
        begin = start
        for position in range(start, end + 1):
            if position == end or text[position] in "\r\n":
                if begin < position:
                    pieces.append((begin, position))
                begin = position + 1
        whole = bool(pieces) and pieces[0][0] == start and pieces[-1][1] == end
        return pieces if whole else []

    def _event(self, event: Event, ids: dict[str, str | None]) -> None:
        trigger = self._mention(event.type, event.trigger.start, event.trigger.end, "trigger")
        if trigger is None:
            return
        words = [f"{self._name(event.type)}:{trigger}"]
        count: Counter[str] = Counter()
        for argument in event.arguments:
            target = self._target(argument, ids)
            if target is None:
                continue
            role = self._name(argument.role)
            count[role] += 1
            words.append(f"{role}{count[role] if count[role] > 1 else ''}:{target}")
            if role.rstrip("0123456789") in count and role[-1:].isdigit():
                self._changed("the role looks like the number of another", role)
        self._add("E", " ".join(words))
        self._report.events += 1

    def _target(self, argument: Argument, ids: dict[str, str | None]) -> str | None:
        if argument.entity is not None:
            return ids[argument.entity]
        entity = self._at.get((argument.start, argument.end))
        if entity is not None:
            self._changed("the argument was tied to the entity at its place", argument.role)
            return ids[entity]
        self._changed("the argument became an entity of its role's name", argument.role)
        return self._mention(argument.role, argument.start, argument.end, "argument")

    def _add(self, kind: str, words: str) -> str:
        self._count[kind] += 1
        id = f"{kind}{self._count[kind]}"
        self._lines.append(f"{id}\t{words}\n")
        return id

    def _name(self, name: str) -> str:
        """Give a name of a type or role that a line can hold."""
        written = "_".join(name.split()) or "_"
        if written != name:
            self._changed("white space in a name became _", name)
        return written

    def _changed(self, reason: str, what: str) -> None:
        self._report.changed.add(reason, f"{self._document.id}: {what}")

    def _left_out(self, reason: str, what: str) -> None:
        self._report.left_out.add(reason, f"{self._document.id}: {what}")
