"""Sets that mark one pair a sentence, in the words of the schema.

Whatever else such a sentence holds was not marked: other mentions of the types of names are
unknown, and so are the relations of other pairs.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import borders
import names
from names import NOTHING, UNKNOWN

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.schema import Schema
from lexloom.annotations.silver import find_silver
from lexloom.records import Entity, Relation

PUBLISHERS = re.compile(
    r"\b(?:Press|Books|Publish\w+|Publications|House|Library|Comics|Verlag|Records|Music)\b"
)
NO_PERSONS = frozenset({"organization", "group", "event", "vehicle"})
LONGER_NAME = re.compile(
    "共产党|人民|[一-鿿]{0,6}(?:大学|学院|学校|协会|科学院|银行|集团|公司|研究院|研究所|美术|书法|作协|作家协会|文联)"
)
"""What goes on after a country makes it a part of a longer name."""
SCOPE = Scope(
    entity_types=names.NAMES, partial_types=names.NAMES, relation_types=None, event_types=()
)


def wiki80(document: AnnotatedDocument, schema: Schema) -> AnnotatedDocument:
    """Type both ends by the relation; a relation that is not asked for is a known nothing."""
    (relation,) = document.relations
    name, *types = names.WIKI80[relation.type]
    by_id = {entity.id: entity for entity in document.entities}
    head, tail = (
        _typed(document.text, by_id[id], type)
        for id, type in zip((relation.head, relation.tail), types, strict=True)
    )
    if any(end.type == UNKNOWN != type for end, type in zip((head, tail), types, strict=True)):
        name = "?"  # not of the type that the relation needs
    if relation.type in names.BY_HEAD:
        name = names.BY_HEAD[relation.type].get(head.type, "?")
    if name == "publisher":
        head = _published(document.text, head, tail)
    if name is not None and name.startswith("-"):
        name, head, tail = name[1:], tail, head
    return _with_pair(document, name, head, tail, schema)


def _typed(text: str, entity: Entity, type: str) -> Entity:
    """Give an end its borders and its type."""
    bordered = borders.trimmed(text, replace(entity, type=type))
    if bordered is None:
        return replace(entity, type=NOTHING)
    words = bordered.text
    if type == NOTHING or not any(char.isupper() for char in words) or names.is_demonym(words):
        return replace(bordered, type=NOTHING)
    if type == "person" and (names.guess(words) in NO_PERSONS or re.search(r"\d", words)):
        type = UNKNOWN
    if type == UNKNOWN:
        bordered = replace(bordered, type=names.guess(words))
    if bordered.type == "location" and " , " in words:
        end = bordered.start + words.index(" , ")
        bordered = replace(bordered, end=end, text=text[bordered.start : end])
    return bordered


def _published(text: str, head: Entity, tail: Entity) -> Entity:
    """What a press publishes is a work; games and singers of a label are not."""
    quoted = text[: head.start].rstrip().endswith(('"', "“", "`", "'"))
    if head.type == UNKNOWN and (quoted or PUBLISHERS.search(tail.text)):
        return replace(head, type="work" if quoted else UNKNOWN)
    return replace(head, type=NOTHING)


def _with_pair(
    document: AnnotatedDocument, name: str | None, head: Entity, tail: Entity, schema: Schema
) -> AnnotatedDocument:
    """Give the document with what is known of its pair.

    Args:
        document: The document.
        name: The relation; None when there is none, ``?`` when that is unknown.
        head: The pair's head with its type.
        tail: Its tail.
        schema: Says which types a relation allows.
    """
    if name is not None and not allows(schema, name, head.type, tail.type):
        name = "?"
    if name in names.SYMMETRIC and tail.start < head.start:
        head, tail = tail, head
    pair = (head.id, tail.id)
    open_types = {head.type, tail.type} - {UNKNOWN}
    is_typed = UNKNOWN not in (head.type, tail.type) and open_types <= {*names.NAMES, NOTHING}
    scope = replace(
        SCOPE,
        entity_types=names.NAMES if is_typed else (),
        known_pairs=() if name == "?" else (pair, pair[::-1]),
    )
    return replace(
        document,
        entities=(head, tail),
        relations=() if name in (None, "?") else (Relation(str(name), *pair),),
        scope=scope,
    )


def allows(schema: Schema, name: str, head: str, tail: str) -> bool:
    """Whether a relation may stand between these types, the unknown one being any name's."""
    for relation in schema.relations:
        if relation.name == name:
            return head in (*relation.head, UNKNOWN) and tail in (*relation.tail, UNKNOWN)
    return False


def semeval(
    document: AnnotatedDocument, diseases: Collection[str], chemicals: Collection[str]
) -> AnnotatedDocument:
    """Take pairs of common nouns for pairs without a relation, but for causes of a disease."""
    ends = {
        entity.id: replace(entity, type=_medical(entity.text, diseases, chemicals))
        for entity in document.entities
    }
    found = tuple(
        replace(relation, type=names.SEMEVAL_DISEASES[relation.type])
        for relation in document.relations
        if relation.type in names.SEMEVAL_DISEASES
        and ends[relation.tail].type == "disease"
        and ends[relation.head].type in ("chemical", "disease")
    )
    medical = tuple(dict.fromkeys(e.type for e in ends.values() if e.type != NOTHING))
    types = (*names.NAMES, *medical)
    scope = replace(document.scope, entity_types=types, all_mentions=True, partial_types=types)
    return replace(document, entities=tuple(ends.values()), relations=found, scope=scope)


def _medical(text: str, diseases: Collection[str], chemicals: Collection[str]) -> str:
    if text.lower() in diseases:
        return "disease"
    return "chemical" if text.lower() in chemicals else NOTHING


def deepke(document: AnnotatedDocument) -> AnnotatedDocument:
    """Read one of ten Chinese relations between typed mentions."""
    (relation,) = document.relations
    by_id = {
        entity.id: _chinese(document.text, replace(entity, type=names.DEEPKE_TYPES[entity.type]))
        for entity in document.entities
    }
    name, tail = names.DEEPKE_RELATIONS[relation.type], by_id[relation.tail]
    if name == "nationality" and LONGER_NAME.match(document.text, tail.end):
        by_id[tail.id], name = replace(tail, type=NOTHING), "?"
    return _chinese_pair(document, name, by_id)


def deepke_attribute(document: AnnotatedDocument) -> AnnotatedDocument:
    """Read an attribute and its value as a relation; without evidence in words it is unknown."""
    (relation,) = document.relations
    name, *types = names.ATTRIBUTES[relation.type]
    type_of = dict(zip((relation.head, relation.tail), types, strict=True))
    by_id = {
        entity.id: _chinese(document.text, replace(entity, type=type_of[entity.id]))
        for entity in document.entities
        if entity.id in type_of
    }
    evidence = names.EVIDENCE.get(name)
    stated = evidence is None or evidence.search(document.text) is not None
    return _chinese_pair(document, name if stated else "?", by_id)


def _chinese_pair(
    document: AnnotatedDocument, name: str, by_id: dict[str, Entity]
) -> AnnotatedDocument:
    (relation,) = document.relations
    pair = (relation.head, relation.tail)
    head, tail = (by_id[id] for id in pair)
    if head.start < tail.end and tail.start < head.end:
        return replace(
            document, entities=(head,), relations=(), scope=replace(SCOPE, known_pairs=())
        )
    stated = name != "?"
    return replace(
        document,
        entities=(head, tail),
        relations=(Relation(name, *pair),) if stated else (),
        scope=replace(SCOPE, known_pairs=(pair, pair[::-1]) if stated else ()),
    )


def _chinese(text: str, entity: Entity) -> Entity:
    """Give a mention the borders and the type of the rules."""
    if entity.type in names.SILVER:
        for silver in find_silver(text):
            if silver.start <= entity.start and entity.end <= silver.end:
                return replace(silver, id=entity.id)
        return entity
    bordered = borders.trimmed(text, entity) or entity
    if entity.type == "group" and text.startswith("族", bordered.end):
        end = bordered.end + 1
        bordered = replace(bordered, end=end, text=text[bordered.start : end])
    if entity.type == "location":
        bordered = borders.with_chain(text, bordered)
    if entity.type == "facility" and names.LOCATION.search(bordered.text):
        return replace(bordered, type="location")
    return bordered


def merged(documents: Iterable[AnnotatedDocument]) -> list[AnnotatedDocument]:
    """Join documents of one text: a sentence stands once, with all its pairs."""
    by_text: dict[str, list[AnnotatedDocument]] = {}
    for document in documents:
        by_text.setdefault(document.text, []).append(document)
    return [_merge(group) for group in by_text.values()]


def _merge(group: Sequence[AnnotatedDocument]) -> AnnotatedDocument:
    entities: dict[tuple[int, int], Entity] = {}
    relations: dict[Relation, None] = {}
    pairs: dict[tuple[str, str], None] = {}
    for document in group:
        ids: dict[str, str] = {}
        for entity in document.entities:
            span = (entity.start, entity.end)
            free = all(entity.end <= start or end <= entity.start for start, end in entities)
            if span not in entities and free:
                entities[span] = replace(entity, id=f"E{len(entities)}")
            if span in entities and entities[span].type == entity.type:
                ids[entity.id] = entities[span].id
        for one in document.relations:
            if one.head in ids and one.tail in ids:
                relations[Relation(one.type, ids[one.head], ids[one.tail])] = None
        for head, tail in document.scope.known_pairs or ():
            if head in ids and tail in ids:
                pairs[ids[head], ids[tail]] = None
    scope = replace(group[0].scope, known_pairs=tuple(pairs))
    return replace(
        group[0], entities=tuple(entities.values()), relations=tuple(relations), scope=scope
    )
