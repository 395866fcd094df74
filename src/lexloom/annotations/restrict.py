"""A document without the facts whose types a schema does not have; each is counted."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import Schema
from lexloom.records import Argument, Event, Relation


def restricted(
    document: AnnotatedDocument, schema: Schema, report: ImportReport
) -> AnnotatedDocument:
    """Give `document` with the types of `schema` only, and report the facts of others.

    What the annotators looked for is cut down alike; that they looked for more is not claimed.
    """
    names = {entity.name for entity in schema.entities}
    for entity in document.entities:
        if entity.type not in names:
            report.unknown.add(f"no entity type {entity.type!r}", document.id)
    entities = tuple(entity for entity in document.entities if entity.type in names)
    ids = {entity.id for entity in entities}
    return replace(
        document,
        entities=entities,
        relations=tuple(_relations(document, ids, schema, report)),
        events=tuple(_events(document, ids, schema, report)),
        scope=_scope(document.scope, ids, schema),
    )


def _relations(
    document: AnnotatedDocument, ids: Collection[str], schema: Schema, report: ImportReport
) -> Iterator[Relation]:
    names = {relation.name for relation in schema.relations}
    for relation in document.relations:
        if relation.type not in names:
            report.unknown.add(f"no relation type {relation.type!r}", document.id)
        elif relation.head not in ids or relation.tail not in ids:
            report.unknown.add("an end of the relation is of an unknown type", document.id)
        else:
            yield relation


def _events(
    document: AnnotatedDocument, ids: Collection[str], schema: Schema, report: ImportReport
) -> Iterator[Event]:
    roles = {event.name: {role.name for role in event.roles} for event in schema.events}
    for event in document.events:
        if event.type not in roles:
            report.unknown.add(f"no event type {event.type!r}", document.id)
            continue
        arguments: list[Argument] = []
        for argument in event.arguments:
            if argument.role not in roles[event.type]:
                report.unknown.add(f"no role {argument.role!r} of {event.type!r}", document.id)
            else:
                entity = argument.entity if argument.entity in ids else None
                arguments.append(replace(argument, entity=entity))
        yield replace(event, arguments=tuple(arguments))


def _scope(scope: Scope, ids: Collection[str], schema: Schema) -> Scope:
    def kept(types: tuple[str, ...] | None, names: Collection[str]) -> tuple[str, ...] | None:
        return None if types is None else tuple(type for type in types if type in names)

    pairs = scope.known_pairs
    return replace(
        scope,
        entity_types=kept(scope.entity_types, {item.name for item in schema.entities}),
        relation_types=kept(scope.relation_types, {item.name for item in schema.relations}),
        event_types=kept(scope.event_types, {item.name for item in schema.events}),
        known_pairs=None if pairs is None else tuple(p for p in pairs if {*p} <= {*ids}),
    )
