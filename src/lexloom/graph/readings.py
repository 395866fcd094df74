"""The readings of a document: which of them an extraction repeats, and what goes with one."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lexloom.graph.connection import utf8
from lexloom.records import Extraction

Key = tuple[object, ...]
"""What is told of a place of the text: its kind, its types, and where it stands."""

_PLACE = (
    "v.type, v.start, v.end, a.role, a.start, a.end"
    " FROM events AS v JOIN arguments AS a ON a.event_id = v.id"
)


@dataclass(frozen=True, slots=True)
class Loosened:
    """What lost support when readings went, and may have to go too."""

    names: frozenset[int] = frozenset()
    facts: frozenset[int] = frozenset()


def same_reading(
    connection: sqlite3.Connection, document_id: int, extraction: Extraction
) -> int | None:
    """Find the reading of a document by the model and the schema of an extraction."""
    provenance = extraction.provenance
    row = connection.execute(
        "SELECT id FROM readings WHERE document_id = ? AND model = CAST(? AS TEXT)"
        " AND model_hash = CAST(? AS TEXT) AND schema_hash = CAST(? AS TEXT)",
        (
            document_id,
            utf8(provenance.model),
            utf8(provenance.model_hash),
            utf8(provenance.schema_hash),
        ),
    ).fetchone()
    return None if row is None else int(row[0])


def holds_all(connection: sqlite3.Connection, reading_id: int, extraction: Extraction) -> bool:
    """Say whether a reading has every mention, relation, event and argument of an extraction.

    One that was read with a higher ``--min-confidence`` lacks some.
    """
    return set(_told(extraction)) <= set(_stored(connection, reading_id))


def _told(extraction: Extraction) -> Iterator[Key]:
    spans = {e.id: (e.type, e.start, e.end) for e in extraction.entities}
    for span in spans.values():
        yield ("mention", *span)
    for relation in extraction.relations:
        yield ("relation", relation.type, *spans[relation.head], *spans[relation.tail])
    for event in extraction.events:
        trigger = event.type, event.trigger.start, event.trigger.end
        yield ("event", *trigger)
        for argument in event.arguments:
            place = (*trigger, argument.role, argument.start, argument.end)
            yield ("argument", *place)
            if argument.entity is not None:
                yield ("filled argument", *place)


def _stored(connection: sqlite3.Connection, reading_id: int) -> Iterator[Key]:
    for statement in (
        "SELECT 'mention', n.type, m.start, m.end FROM mentions AS m"
        " JOIN names AS n ON n.id = m.name_id WHERE m.reading_id = ?",
        "SELECT 'relation', f.predicate, h.type, s.start, s.end, t.type, o.start, o.end"
        " FROM mentions AS s JOIN evidence AS e ON e.subject_mention = s.id"
        " JOIN mentions AS o ON o.id = e.object_mention JOIN facts AS f ON f.id = e.fact_id"
        " JOIN names AS h ON h.id = s.name_id JOIN names AS t ON t.id = o.name_id"
        " WHERE s.reading_id = ?",
        "SELECT 'event', type, start, end FROM events WHERE reading_id = ?",
        f"SELECT 'argument', {_PLACE} WHERE v.reading_id = ?",
        f"SELECT 'filled argument', {_PLACE} WHERE v.reading_id = ? AND a.mention_id IS NOT NULL",
    ):
        yield from connection.execute(statement, (reading_id,))


def readings_of(connection: sqlite3.Connection, document_id: int) -> list[int]:
    """Give the readings of a document, by every model and schema."""
    rows = connection.execute("SELECT id FROM readings WHERE document_id = ?", (document_id,))
    return [row[0] for row in rows]


def drop_readings(connection: sqlite3.Connection, readings: Iterable[int]) -> Loosened:
    """Take readings out, and say which names and facts may have lost their support."""
    names: set[int] = set()
    facts: set[int | None] = set()
    for reading_id in readings:
        mentions = connection.execute(
            "SELECT m.name_id, e.fact_id FROM mentions AS m LEFT JOIN evidence AS e"
            " ON e.subject_mention = m.id WHERE m.reading_id = ?",
            (reading_id,),
        )
        for name_id, fact_id in mentions:
            names.add(name_id)
            facts.add(fact_id)
        connection.execute("DELETE FROM readings WHERE id = ?", (reading_id,))
    return Loosened(
        names=frozenset(names), facts=frozenset(fact for fact in facts if fact is not None)
    )
