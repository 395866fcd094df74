"""Go through a whole graph in an order, and under ids, that do not show its history.

The numbers in the tables tell when something was added; the ids here are hashes of a type and a
name, and the order is that of types and names. `export` and `graphml` write what this gives.
"""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from lexloom.graph.confidence import support
from lexloom.graph.connection import utf8
from lexloom.graph.evidence import (
    ALL,
    Snippets,
    document_events,
    entity_mentions,
    fact_evidence,
)
from lexloom.graph.views import FactEvidence, MentionView


class OrderedDocument(NamedTuple):
    """A document, and its readings in the order of models and schemas."""

    row: int
    id: str
    sha256: str
    readings: list[dict[str, Any]]


class OrderedEntity(NamedTuple):
    """An entity with all its spellings and mentions."""

    id: str
    type: str
    name: str
    names: list[str]
    confidence: float
    num_documents: int
    zero_shot: bool
    mentions: tuple[MentionView, ...]


class OrderedFact(NamedTuple):
    """A fact between the public ids of two entities, with all its evidence."""

    subject: str
    predicate: str
    object: str
    confidence: float
    num_documents: int
    zero_shot: bool
    evidence: list[FactEvidence]


def public_id(type_: str, name: str) -> str:
    """Give the id of the entity whose first spelling, in code point order, is `name`."""
    return hashlib.sha256(utf8(type_) + b"\0" + utf8(name)).hexdigest()[:20]


def rank_entities(connection: sqlite3.Connection) -> None:
    """Make the temporary table of public ids and ranks that the other functions read.

    It is of the graph as it is now: call it and them in one `connection.reading` block, whose end
    drops it.
    """
    connection.execute(
        "CREATE TEMP TABLE ranks (entity_id INTEGER PRIMARY KEY, rank INTEGER, public_id TEXT)"
    )
    rows = connection.execute(
        "SELECT entity_id, type, min(name) AS first FROM names GROUP BY entity_id"
        " ORDER BY type, first"
    )
    connection.executemany(
        "INSERT INTO ranks VALUES (?, ?, ?)",
        ((row[0], rank, public_id(row[1], row[2])) for rank, row in enumerate(rows)),
    )


def ordered_documents(connection: sqlite3.Connection) -> Iterator[OrderedDocument]:
    """Give the documents by name."""
    columns = "model, model_hash, schema_hash, version, time, characters, characters_read"
    for row, name, sha256 in connection.execute(
        "SELECT id, name, sha256 FROM documents ORDER BY name"
    ):
        readings = connection.execute(
            f"SELECT {columns}, id FROM readings WHERE document_id = ?"
            " ORDER BY model, model_hash, schema_hash",
            (row,),
        )
        named = [
            dict(zip(columns.split(", "), reading, strict=True))
            | {"zero_shot": _zero_shot_types(connection, id_)}
            for *reading, id_ in readings
        ]
        yield OrderedDocument(row, name, sha256, named)


def _zero_shot_types(connection: sqlite3.Connection, reading_id: int) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM zero_shot_types WHERE reading_id = ? ORDER BY name", (reading_id,)
    )
    return [row[0] for row in rows]


def ordered_entities(connection: sqlite3.Connection) -> Iterator[OrderedEntity]:
    """Give the entities by type and first spelling."""
    snippets = Snippets(connection, show=False)
    for entity_id, id_, type_ in connection.execute(
        "SELECT entity_id, public_id, type FROM ranks JOIN entities ON id = entity_id ORDER BY rank"
    ):
        mentions = entity_mentions(connection, entity_id, snippets, ALL)
        counts = Counter(mention.span.text for mention in mentions)
        name = min(counts, key=lambda name: (-counts[name], name))
        sure, documents = support((m.source.document, m.confidence) for m in mentions)
        zero_shot = all(mention.zero_shot for mention in mentions)
        yield OrderedEntity(id_, type_, name, sorted(counts), sure, documents, zero_shot, mentions)


def ordered_facts(connection: sqlite3.Connection) -> Iterator[OrderedFact]:
    """Give the facts by subject, predicate and object."""
    snippets = Snippets(connection, show=False)
    for fact_id, subject, predicate, object_ in connection.execute(
        "SELECT f.id, s.public_id, f.predicate, o.public_id FROM facts AS f"
        " JOIN ranks AS s ON s.entity_id = f.subject JOIN ranks AS o ON o.entity_id = f.object"
        " ORDER BY s.rank, f.predicate, o.rank"
    ):
        evidence = list(fact_evidence(connection, fact_id, snippets, ALL))
        sure, documents = support((e.source.document, e.confidence) for e in evidence)
        zero_shot = all(e.zero_shot for e in evidence)
        yield OrderedFact(subject, predicate, object_, sure, documents, zero_shot, evidence)


def ordered_events(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Give the events by document and trigger, as plain values with public ids in the arguments."""
    for document in ordered_documents(connection):
        events = []
        for event in document_events(connection, document.row):
            values = asdict(event)
            del values["snippet"]
            for argument in values["arguments"]:
                argument["entity"] = _public_id_of(connection, argument["entity"])
            events.append(values)
        yield from sorted(events, key=_event_order)


def _event_order(event: dict[str, Any]) -> tuple[int, int, str]:
    # beyond the trigger the order has no meaning, but it must be one and the same
    return event["trigger"]["start"], event["trigger"]["end"], repr(event)


def _public_id_of(connection: sqlite3.Connection, entity_id: int | None) -> str | None:
    if entity_id is None:
        return None
    row = connection.execute("SELECT public_id FROM ranks WHERE entity_id = ?", (entity_id,))
    return str(row.fetchone()[0])
