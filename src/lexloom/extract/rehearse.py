"""Keep what an extractor knows while it learns new types: it marks its old ones itself.

What the model finds before the training becomes annotation for the training, in the texts of the
new types and in plain ones (learning without forgetting, Li and Hoiem, 2016, arXiv:1606.09282, with
facts in place of soft targets).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.formats.table import within_schema
from lexloom.annotations.labels import Kind, LabelSet
from lexloom.annotations.schema import RelationType, Schema
from lexloom.corpus.read import read_in_parts
from lexloom.corpus.sentences import split_sentences
from lexloom.errors import LexloomError
from lexloom.extract.extractor import EncoderExtractor
from lexloom.records import Document, Entity, Event, Extraction, Failure, Relation
from lexloom.seeds import derive

PLAIN_TEXTS = Path(__file__).parents[1] / "shipped" / "rehearsal.txt"
"""Sentences of everyday Chinese and English in which the types of the default model occur."""

MAX_PLAIN_SENTENCES = 200
"""Sentences of given texts that are rehearsed: more would outweigh the new types."""

Read = Callable[[Iterable[Document]], Iterable[Extraction]]
"""Gives the facts of documents in their order, of the types that the model knows."""


class Memory:
    """How the types that a model knows go together with those that it is to learn."""

    def __init__(self, own: Schema, known: Schema) -> None:
        """Find out which known types are among the own ones.

        Args:
            own: What is to be learnt; a type that the model knows by the same words is taught on.
            known: What the model was trained on.
        """
        self.own, self.known = own, known
        asked, trained = LabelSet.of(own, known), LabelSet.of(known)
        by_text = {(label.kind, label.text): label.name for label in asked.all}
        names = {(label.kind, label.name) for label in asked.all}
        self._same = {
            (label.kind, label.name): by_text[label.kind, label.text]
            for label in trained.all if (label.kind, label.text) in by_text
        }  # fmt: skip
        # of the same name and other words: it means something else now
        self._other = {(label.kind, label.name) for label in trained.all} & names - set(self._same)

    def name(self, kind: Kind, name: str) -> str:
        """Give the name that a known type has in the merged schema."""
        return self._same.get((kind, name), name)

    def is_own(self, kind: Kind, name: str) -> bool:
        """Say whether a known type, or another of its name, is to be learnt."""
        return (kind, name) in self._same or (kind, name) in self._other

    def _is_kept(self, kind: Kind, name: str) -> bool:
        """Say whether what the model finds of a known type still means the same."""
        return (kind, name) not in self._other

    @property
    def merged(self) -> Schema:
        """The own types, then the other known ones."""
        known = self.known
        return Schema(
            name=self.own.name,
            entities=self.own.entities
            + tuple(item for item in known.entities if not self.is_own("entity", item.name)),
            relations=self.own.relations + tuple(self._relations()),
            events=self.own.events
            + tuple(item for item in known.events if not self.is_own("event", item.name)),
        )

    def _relations(self) -> Iterator[RelationType]:
        for item in self.known.relations:
            if not self.is_own("relation", item.name):
                head, tail = (
                    tuple(self.name("entity", name) for name in end)
                    for end in (item.head, item.tail)
                )
                yield replace(item, head=head, tail=tail)

    def remember(
        self, documents: Sequence[AnnotatedDocument], read: Read
    ) -> Iterator[AnnotatedDocument]:
        """Give annotated documents with the model's facts of the other known types added."""
        texts = [Document(str(number), item.text) for number, item in enumerate(documents)]
        for document, found in zip(documents, read(texts), strict=True):
            joined = self._joined(within_schema(document, self.own), found)
            asked = joined.scope
            yield replace(
                joined,
                scope=replace(
                    asked,
                    entity_types=(*(asked.entity_types or ()), *self._rest("entity")),
                    relation_types=(*(asked.relation_types or ()), *self._rest("relation")),
                    event_types=(*(asked.event_types or ()), *self._rest("event")),
                ),
            )

    def _rest(self, kind: Kind) -> list[str]:
        """Name the known types of a kind that are not to be learnt."""
        return [name for name in _names(self.known, kind) if not self.is_own(kind, name)]

    def _kept(self, kind: Kind) -> tuple[str, ...]:
        """Name the known types of a kind that still mean the same, as the merged schema does."""
        names = _names(self.known, kind)
        return tuple(self.name(kind, name) for name in names if self._is_kept(kind, name))

    def rehearse(self, texts: Sequence[Document], read: Read) -> Iterator[AnnotatedDocument]:
        """Give plain texts with everything that the model finds; of new types nothing is known."""
        scope = Scope(
            entity_types=self._kept("entity"),
            relation_types=self._kept("relation"),
            event_types=self._kept("event"),
        )
        for text, found in zip(texts, read(texts), strict=True):
            entities = [
                replace(item, type=self.name("entity", item.type))
                for item in found.entities if self._is_kept("entity", item.type)
            ]  # fmt: skip
            ids = {entity.id: entity.id for entity in entities}
            yield AnnotatedDocument(
                id=f"plain:{text.id}",
                text=text.text,
                entities=tuple(entities),
                relations=tuple(
                    replace(item, type=self.name("relation", item.type))
                    for item in _between(found.relations, ids)
                    if self._is_kept("relation", item.type)
                ),
                events=tuple(
                    self._event(event, ids)
                    for event in found.events if self._is_kept("event", event.type)
                ),
                scope=scope,
            )  # fmt: skip

    def _joined(self, document: AnnotatedDocument, found: Extraction) -> AnnotatedDocument:
        """Add the facts of types that nobody marked; what people marked comes first."""
        gold = {(e.type, e.start, e.end): e.id for e in document.entities}
        ids: dict[str, str] = {}
        added: list[Entity] = []
        for entity in found.entities:
            key = (self.name("entity", entity.type), entity.start, entity.end)
            if key in gold:
                ids[entity.id] = gold[key]
            elif not self.is_own("entity", entity.type):
                ids[entity.id] = f"known:{entity.id}"
                added.append(replace(entity, id=ids[entity.id]))
        return replace(
            document,
            entities=(*document.entities, *added),
            relations=(
                *document.relations,
                *(
                    item for item in _between(found.relations, ids)
                    if not self.is_own("relation", item.type)
                ),
            ),
            events=(
                *document.events,
                *(self._event(e, ids) for e in found.events if not self.is_own("event", e.type)),
            ),
        )  # fmt: skip

    def _event(self, event: Event, ids: Mapping[str, str]) -> Event:
        return replace(
            event,
            type=self.name("event", event.type),
            arguments=tuple(
                replace(a, role=self.name("role", a.role), entity=ids.get(a.entity or ""))
                for a in event.arguments
            ),
        )


def _names(schema: Schema, kind: Kind) -> list[str]:
    names = {
        "entity": [item.name for item in schema.entities],
        "relation": [item.name for item in schema.relations],
        "event": [item.name for item in schema.events],
    }
    return names[kind]


def _between(relations: Iterable[Relation], ids: Mapping[str, str]) -> Iterator[Relation]:
    """Give the relations both of whose ends have an id, by that id."""
    for item in relations:
        if item.head in ids and item.tail in ids:
            yield replace(item, head=ids[item.head], tail=ids[item.tail])


def reader_of(extractor: EncoderExtractor) -> Read:
    """Give what reads documents with an extractor, by its own schema."""

    def read(documents: Iterable[Document]) -> Iterator[Extraction]:
        for item in extractor.extract_many(documents):
            if not isinstance(item, Extraction):
                raise LexloomError(item.sentence)
            yield item

    return read


def sentences_of(paths: Sequence[Path], *, seed: int = 0) -> list[Document]:
    """Give sentences of files and folders, drawn at random where there are many.

    Raises:
        LexloomError: If a file cannot be read, or none holds a sentence.
    """
    texts: dict[str, None] = {}
    for item in read_in_parts(paths):
        if isinstance(item, Failure):
            raise LexloomError(item.sentence)
        texts.update(
            dict.fromkeys(item.text[start:end].strip() for start, end in split_sentences(item.text))
        )
    texts.pop("", None)
    if not texts:
        named = ", ".join(map(str, paths))
        raise LexloomError(f"{named} holds no sentence", hint="give texts without annotation")
    drawn = sorted(texts, key=lambda text: derive(seed, text))[:MAX_PLAIN_SENTENCES]
    return [Document(str(number), text) for number, text in enumerate(drawn)]


def plain_sentences() -> list[Document]:
    """Give the plain sentences that ship with the package."""
    lines = PLAIN_TEXTS.read_text(encoding="utf-8").splitlines()
    return [Document(str(number), line) for number, line in enumerate(lines) if line.strip()]
