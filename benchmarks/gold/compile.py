"""Turn the marked-up sentences of the hand-made test set into native JSON lines, and check them.

    python benchmarks/gold/compile.py            # check, write, count
    python benchmarks/gold/compile.py --review   # also list phrases that are marked in two ways

The markup is one sentence a line with its mentions in brackets, ``[Anna Keller|per] joined ...``,
then a line for each relation, ``> works_for: Anna Keller -> Harwick Mills``, and for each event,
``! lawsuit sued: agent_person=Anna Keller; date=May``. A name may be cut short while it is clear;
``@2`` asks for its second occurrence. ``## news`` begins a domain. `RULES.md` says what is marked.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.annotations.schema import Schema
from lexloom.records import Argument, Entity, Event, Relation, Span

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parents[1] / "recipes/default/schema.toml"
FILES = {"en": "en", "zh": "zh", "no_relation": "none"}
"""Each file and the prefix of its ids."""
SHORT = {
    "per": "person", "org": "organization", "loc": "location", "fac": "facility",
    "time": "time", "num": "number", "money": "money", "prod": "product", "work": "work",
    "event": "event", "group": "group", "veh": "vehicle", "chem": "chemical", "dis": "disease",
}  # fmt: skip
MENTION = re.compile(r"\[([^\[\]|]+)\|([a-z]+)\]")
RELATION = re.compile(r"> (\w+): (.+?) -> (.+)")
EVENT = re.compile(r"! (\w+) (.+?):(?: (.+))?")


@dataclass
class Sentence:
    """One sentence being read: its text and what is marked in it."""

    id: str
    text: str
    entities: list[Entity]
    relations: list[Relation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, id: str, marked: str) -> "Sentence":
        """Take the brackets out of a line and keep where they stood."""
        text, entities, last = "", [], 0
        for number, match in enumerate(MENTION.finditer(marked), start=1):
            text += marked[last : match.start()]
            name, start = match[1], len(text)
            text += name
            type = SHORT.get(match[2])
            if type is None:
                raise ValueError(f"{id}: unknown type {match[2]!r}")
            entities.append(Entity(f"e{number}", type, name, start, start + len(name)))
            last = match.end()
        text += marked[last:]
        if set("[]|") & set(text) or text != text.strip():
            raise ValueError(f"{id}: stray bracket or space in {text!r}")
        return cls(id, text, entities)

    def find(self, name: str) -> Entity:
        """Give the mention of a name, of its beginning, or of any part of it."""
        name, _, number = name.strip().partition("@")
        ways = (str.__eq__, str.startswith, str.__contains__)
        for way in ways:
            found = [entity for entity in self.entities if way(entity.text, name)]
            if found and number:
                return found[int(number) - 1]
            if len(found) == 1:
                return found[0]
        raise ValueError(f"{self.id}: {name!r} names no single mention of {self.text!r}")

    def span(self, name: str) -> Span:
        """Give a piece of the text; a mention of just these words comes first."""
        same = [entity for entity in self.entities if entity.text == name]
        if len(same) == 1:
            return Span.of(self.text, same[0].start, same[0].end)
        name, _, number = name.partition("@")
        starts = [match.start() for match in re.finditer(re.escape(name), self.text)]
        if not starts or (len(starts) > 1 and not number):
            raise ValueError(f"{self.id}: {name!r} stands {len(starts)} times in {self.text!r}")
        start = starts[int(number or 1) - 1]
        return Span.of(self.text, start, start + len(name))

    def add_event(self, type: str, trigger: str, arguments: str | None) -> None:
        """Add an event from its line."""
        read = []
        for part in (arguments or "").split("; "):
            if not part:
                continue
            role, _, name = part.partition("=")
            span = self.span(name)
            ids = [e.id for e in self.entities if (e.start, e.end) == (span.start, span.end)]
            entity = ids[0] if ids else None
            read.append(Argument(role, span.text, span.start, span.end, entity=entity))
        self.events.append(Event(type, self.span(trigger), tuple(read)))

    @property
    def document(self) -> AnnotatedDocument:
        """The finished document."""
        parts = (tuple(self.entities), tuple(self.relations), tuple(self.events))
        entities, relations, events = parts
        return AnnotatedDocument(
            id=self.id, text=self.text, entities=entities, relations=relations, events=events
        )


def read_markup(markup: str, prefix: str) -> Iterator[AnnotatedDocument]:
    """Read the sentences of a file.

    Raises:
        ValueError: If a line does not fit; it names the sentence.
    """
    domain, count, sentence = "", 0, None
    for line in markup.splitlines():
        if line.startswith(">") or line.startswith("!"):
            if sentence is None:
                raise ValueError(f"{line!r} has no sentence before it")
            _add_fact(sentence, line)
            continue
        if sentence is not None:
            yield sentence.document
        sentence = None
        if line.startswith("## "):
            domain, count = line[3:].strip(), 0
        elif line and not line.startswith("#"):
            count += 1
            sentence = Sentence.of(f"{prefix}-{domain}-{count:03}", line)
    if sentence is not None:
        yield sentence.document


def _add_fact(sentence: Sentence, line: str) -> None:
    if match := RELATION.fullmatch(line):
        head, tail = sentence.find(match[2]), sentence.find(match[3])
        sentence.relations.append(Relation(match[1], head.id, tail.id))
    elif match := EVENT.fullmatch(line):
        sentence.add_event(match[1], match[2], match[3])
    else:
        raise ValueError(f"{sentence.id}: not a relation and not an event: {line!r}")


def problems(documents: list[AnnotatedDocument], schema: Schema) -> Iterator[str]:
    """Say what breaks the schema or the promises of the set."""
    relations = {item.name: item for item in schema.relations}
    roles = {item.name: {role.name for role in item.roles} for item in schema.events}
    seen: set[str] = set()
    for document in documents:
        if document.text in seen:
            yield f"{document.id}: the same sentence twice"
        seen.add(document.text)
        types = {entity.id: entity.type for entity in document.entities}
        if len(set(document.relations)) != len(document.relations):
            yield f"{document.id}: the same relation twice"
        for relation in document.relations:
            known = relations.get(relation.type)
            ends = types[relation.head], types[relation.tail]
            if known is None or ends[0] not in known.head or ends[1] not in known.tail:
                yield f"{document.id}: {relation.type} between {ends[0]} and {ends[1]}"
        for event in document.events:
            wrong = {a.role for a in event.arguments} - roles.get(event.type, set())
            if event.type not in roles or wrong:
                yield f"{document.id}: {event.type} with {sorted(wrong)}"
        yield from _cut_words(document)


def _cut_words(document: AnnotatedDocument) -> Iterator[str]:
    for entity in document.entities:
        for border in (entity.start, entity.end):
            around = document.text[max(0, border - 1) : border + 1]
            if re.fullmatch(r"[A-Za-z0-9]{2}", around) and 0 < border < len(document.text):
                yield f"{document.id}: {entity.text!r} cuts a word at {around!r}"


def two_ways(documents: list[AnnotatedDocument]) -> Iterator[str]:
    """List names that have two types, and names that also stand somewhere unmarked."""
    types: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        for entity in document.entities:
            types[entity.text].add(entity.type)
    for name, found in types.items():
        if len(found) > 1:
            yield f"{name!r} is {' and '.join(sorted(found))}"
    for document in documents:
        marked = {i for e in document.entities for i in range(e.start, e.end)}
        for name in types:
            border = r"\b" if name.isascii() else ""
            for match in re.finditer(border + re.escape(name) + border, document.text):
                if not marked & set(range(*match.span())):
                    yield f"{document.id}: {name!r} is not marked in {document.text!r}"


def load(name: str) -> list[AnnotatedDocument]:
    """Read and check the markup of one of `FILES`.

    Raises:
        ValueError: If anything in it is wrong.
    """
    markup = (HERE / f"{name}.txt").read_text(encoding="utf-8")
    documents = list(read_markup(markup, FILES[name]))
    if wrong := list(problems(documents, Schema.load(SCHEMA))):
        raise ValueError("\n".join(wrong))
    return documents


def counts(documents: list[AnnotatedDocument]) -> dict[str, Counter[str]]:
    """Count the sentences by domain and the facts by type."""
    return {
        "sentences": Counter(document.id.rsplit("-", 1)[0] for document in documents),
        "entities": Counter(e.type for document in documents for e in document.entities),
        "relations": Counter(r.type for document in documents for r in document.relations),
        "events": Counter(e.type for document in documents for e in document.events),
    }


def main() -> None:
    """Check every file, write it beside its markup, and print what it holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--review", action="store_true", help="list what is marked in two ways")
    arguments = parser.parse_args()
    everything = []
    for name in FILES:
        documents = load(name)
        everything += documents
        write_jsonl(documents, HERE / f"{name}.jsonl")
        print(f"{name}.jsonl")
        for what, counter in counts(documents).items():
            parts = ", ".join(f"{key} {number}" for key, number in counter.most_common())
            print(f"  {what} ({counter.total()}): {parts}")
    if arguments.review:
        print(*two_ways(everything), sep="\n")


if __name__ == "__main__":
    main()
