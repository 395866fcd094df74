"""Read the places in documents where entities, facts and events were found.

Each list has a full order that depends on the documents alone, so `export` gives equal bytes for
equal graphs.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from lexloom.graph.connection import utf8
from lexloom.graph.views import ArgumentView, EventView, FactEvidence, MentionView, Source
from lexloom.records import Span, page_of

ALL = -1
"""The limit of SQL that leaves nothing out."""

_CONTEXT = 40
_MAX_SNIPPET = 400
_SOURCE = "d.pages, d.name, d.sha256, r.model, r.model_hash, r.schema_hash, r.time"
_FROM_READING = (
    " JOIN readings AS r ON r.id = {}.reading_id JOIN documents AS d ON d.id = r.document_id"
)


def is_zero_shot(table: str, type_: str) -> str:
    """Give the SQL that says whether the model of the reading ``r`` was not trained on a type.

    Args:
        table: That of the schema, such as ``entities``.
        type_: An SQL expression of the type's name.
    """
    return (
        "EXISTS (SELECT 1 FROM zero_shot_types AS z WHERE z.reading_id = r.id"
        f" AND z.name = '{table}.' || {type_})"
    )


_EVENT = (
    "v.id, v.type, v.trigger_text, v.start, v.end, v.confidence,"
    f" {is_zero_shot('events', 'v.type')}"
)
_ROLE = "v.type || '.roles.' || a.role"


class Snippets:
    """Cuts pieces out of the documents whose text the graph holds; remembers the last one."""

    def __init__(self, connection: sqlite3.Connection, *, show: bool = True) -> None:
        self._connection = connection
        self._show = show
        self._document: str | None = None
        self._text: str | None = None

    def around(self, document: str, start: int, end: int) -> str | None:
        """Give the text around ``[start, end)``, or None when it is not held or not wanted."""
        if not self._show:
            return None
        if document != self._document:
            row = self._connection.execute(
                "SELECT text FROM documents WHERE name = CAST(? AS TEXT)", (utf8(document),)
            ).fetchone()
            self._document, self._text = document, row[0]
        if self._text is None:
            return None
        piece = self._text[max(0, start - _CONTEXT) : end + _CONTEXT]
        return piece if len(piece) <= _MAX_SNIPPET else piece[:_MAX_SNIPPET] + "…"


def entity_mentions(
    connection: sqlite3.Connection, entity_id: int, snippets: Snippets, limit: int
) -> tuple[MentionView, ...]:
    """Give the mentions of an entity in the order of documents and offsets."""
    rows = connection.execute(
        "SELECT n.name, m.start, m.end, m.confidence,"
        f" {is_zero_shot('entities', 'n.type')}, {_SOURCE} FROM names AS n"
        f" JOIN mentions AS m ON m.name_id = n.id{_FROM_READING.format('m')}"
        " WHERE n.entity_id = ? ORDER BY d.name, m.start, m.end, r.model, r.model_hash,"
        " r.schema_hash, n.name, m.confidence LIMIT ?",
        (entity_id, limit),
    )
    return tuple(
        MentionView(
            span=_span(name, start, end, pages),
            confidence=confidence,
            zero_shot=bool(zero_shot),
            source=_source(source),
            snippet=snippets.around(source[0], start, end),
        )
        for name, start, end, confidence, zero_shot, pages, *source in rows
    )


def fact_evidence(
    connection: sqlite3.Connection, fact_id: int, snippets: Snippets, limit: int
) -> Iterator[FactEvidence]:
    """Give the places where a fact was read, the most confident first."""
    rows = connection.execute(
        "SELECT sn.name, s.start, s.end, o_n.name, o.start, o.end, e.confidence,"
        f" {is_zero_shot('relations', 'f.predicate')}, {_SOURCE}"
        " FROM evidence AS e JOIN facts AS f ON f.id = e.fact_id"
        " JOIN mentions AS s ON s.id = e.subject_mention"
        " JOIN names AS sn ON sn.id = s.name_id JOIN mentions AS o ON o.id = e.object_mention"
        f" JOIN names AS o_n ON o_n.id = o.name_id{_FROM_READING.format('s')}"
        " WHERE e.fact_id = ? ORDER BY e.confidence DESC, d.name, s.start, s.end, o.start, o.end,"
        " r.model, r.model_hash, r.schema_hash, sn.name, o_n.name LIMIT ?",
        (fact_id, limit),
    ).fetchall()
    for name, start, end, other, other_start, other_end, sure, zero_shot, pages, *source in rows:
        yield FactEvidence(
            subject=_span(name, start, end, pages),
            object=_span(other, other_start, other_end, pages),
            confidence=sure,
            zero_shot=bool(zero_shot),
            source=_source(source),
            snippet=snippets.around(source[0], min(start, other_start), max(end, other_end)),
        )


def entity_events(
    connection: sqlite3.Connection, entity_id: int, snippets: Snippets, limit: int
) -> tuple[int, tuple[EventView, ...]]:
    """Give how many events an entity takes part in, and the first of them."""
    taking_part = (
        "SELECT DISTINCT a.event_id FROM names AS n JOIN mentions AS m ON m.name_id = n.id"
        " JOIN arguments AS a ON a.mention_id = m.id WHERE n.entity_id = ?1"
    )
    count = connection.execute(f"SELECT count(*) FROM ({taking_part})", (entity_id,)).fetchone()[0]
    rows = connection.execute(
        f"SELECT {_EVENT}, {_SOURCE} FROM events AS v{_FROM_READING.format('v')}"
        f" WHERE v.id IN ({taking_part})"
        " ORDER BY d.name, v.start, v.end, v.type, v.id LIMIT ?2",
        (entity_id, limit),
    ).fetchall()
    return count, tuple(_event(connection, row, snippets) for row in rows)


def document_events(connection: sqlite3.Connection, document_id: int) -> list[EventView]:
    """Give the events of a document in the order of their triggers."""
    rows = connection.execute(
        f"SELECT {_EVENT}, {_SOURCE} FROM events AS v{_FROM_READING.format('v')}"
        " WHERE r.document_id = ?"
        " ORDER BY v.start, v.end, v.type, v.id",
        (document_id,),
    ).fetchall()
    return [_event(connection, row, None) for row in rows]


def _event(
    connection: sqlite3.Connection, row: tuple[Any, ...], snippets: Snippets | None
) -> EventView:
    event_id, type_, trigger, start, end, confidence, zero_shot, pages, *source = row
    arguments = connection.execute(
        "SELECT a.role, a.text, a.start, a.end, a.confidence, n.entity_id,"
        f" {is_zero_shot('events', _ROLE)} FROM arguments AS a"
        " JOIN events AS v ON v.id = a.event_id JOIN readings AS r ON r.id = v.reading_id"
        " LEFT JOIN mentions AS m ON m.id = a.mention_id LEFT JOIN names AS n ON n.id = m.name_id"
        " WHERE a.event_id = ? ORDER BY a.role, a.start, a.end, a.id",
        (event_id,),
    )
    return EventView(
        type=type_,
        trigger=_span(trigger, start, end, pages),
        confidence=confidence,
        zero_shot=bool(zero_shot),
        arguments=tuple(
            ArgumentView(
                role=role,
                span=_span(text, a, b, pages),
                confidence=sure,
                zero_shot=bool(unknown),
                entity=entity,
            )
            for role, text, a, b, sure, entity, unknown in arguments
        ),
        source=_source(source),
        snippet=snippets.around(source[0], start, end) if snippets else None,
    )


def _span(text: str, start: int, end: int, pages: str | None) -> Span:
    return Span(text, start, end, None if pages is None else page_of(_starts(pages), start))


@lru_cache(maxsize=64)
def _starts(pages: str) -> tuple[int, ...]:
    return tuple(json.loads(pages))


def _source(values: Sequence[str]) -> Source:
    document, sha256, model, model_hash, schema_hash, time = values
    return Source(
        document=document,
        sha256=sha256,
        model=model,
        model_hash=model_hash,
        schema_hash=schema_hash,
        time=time,
    )
