"""Put one document's extraction into the graph, or take a document out: whole or not at all.

`resolve` decides which entity a name belongs to; `check` has looked at the extraction before.
"""

import json
import sqlite3
from collections.abc import Mapping

from lexloom.errors import GraphError
from lexloom.graph.connection import utf8, writing
from lexloom.graph.facts import drop_facts, fact_ids
from lexloom.graph.readings import drop_readings, holds_all, readings_of, same_reading
from lexloom.graph.resolve import Attached, attach_names, drop_names
from lexloom.graph.views import AddReport, ForgetReport
from lexloom.records import Extraction


def add_extraction(
    connection: sqlite3.Connection, extraction: Extraction, text: str | None
) -> AddReport:
    """Add what was read from one document, in one transaction; see `GraphStore.add`."""
    ref = extraction.document
    with writing(connection):
        row = connection.execute(
            "SELECT id, sha256, text IS NULL, pages IS NULL FROM documents"
            " WHERE name = CAST(? AS TEXT)",
            (utf8(ref.id),),
        ).fetchone()
        if row is None:
            document_id = _add_document(connection, extraction, text)
            return _add_reading(connection, document_id, extraction)
        document_id, sha256, lacks_text, lacks_pages = row
        if sha256 != ref.sha256:
            old = readings_of(connection, document_id)
            _set_content(connection, document_id, extraction, text)
            return _replace(connection, document_id, old, extraction)
        if lacks_text and text is not None:
            connection.execute(
                "UPDATE documents SET text = CAST(? AS TEXT) WHERE id = ?",
                (utf8(text), document_id),
            )
        if lacks_pages and ref.pages:
            connection.execute(
                "UPDATE documents SET pages = ? WHERE id = ?", (_pages(extraction), document_id)
            )
        reading_id = same_reading(connection, document_id, extraction)
        if reading_id is None:
            return _add_reading(connection, document_id, extraction)
        _insert_zero_shot_types(connection, reading_id, extraction)
        if holds_all(connection, reading_id, extraction):
            return AddReport(document=ref.id, status="unchanged")
        return _replace(connection, document_id, [reading_id], extraction)


def forget_document(connection: sqlite3.Connection, name: str) -> ForgetReport:
    """Take a document out, in one transaction; see `GraphStore.forget`."""
    with writing(connection):
        document_id = _find_document(connection, name)
        mentions, events = (
            connection.execute(
                f"SELECT count(*) FROM readings AS r JOIN {table} AS t ON t.reading_id = r.id"
                " WHERE r.document_id = ?",
                (document_id,),
            ).fetchone()[0]
            for table in ("mentions", "events")
        )
        loosened = drop_readings(connection, readings_of(connection, document_id))
        connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        facts = drop_facts(connection, loosened.facts)
        entities = drop_names(connection, loosened.names)
    return ForgetReport(
        document=name, mentions=mentions, events=events, entities=entities, facts=facts
    )


def _find_document(connection: sqlite3.Connection, name: str) -> int:
    """Give the row of a document.

    Raises:
        GraphError: If the graph does not hold it.
    """
    row = connection.execute(
        "SELECT id FROM documents WHERE name = CAST(? AS TEXT)", (utf8(name),)
    ).fetchone()
    if row is None:
        raise GraphError(
            f"the graph has no document {name[:200]!r}",
            hint="`lexloom graph documents` lists what it holds",
        )
    return int(row[0])


def _replace(
    connection: sqlite3.Connection, document_id: int, old: list[int], extraction: Extraction
) -> AddReport:
    # the new reading goes in before names are dropped, so that what was said of a name by hand
    # outlives a new edition of the only document that bears it
    loosened = drop_readings(connection, old)
    report = _add_reading(connection, document_id, extraction, replaced=True)
    drop_facts(connection, loosened.facts)
    drop_names(connection, loosened.names)
    return report


def _add_document(connection: sqlite3.Connection, extraction: Extraction, text: str | None) -> int:
    row = connection.execute(
        "INSERT INTO documents (name, sha256, text, pages)"
        " VALUES (CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?) RETURNING id",
        (
            utf8(extraction.document.id),
            utf8(extraction.document.sha256),
            None if text is None else utf8(text),
            _pages(extraction),
        ),
    ).fetchone()
    return int(row[0])


def _set_content(
    connection: sqlite3.Connection, document_id: int, extraction: Extraction, text: str | None
) -> None:
    connection.execute(
        "UPDATE documents SET sha256 = CAST(? AS TEXT), text = CAST(? AS TEXT), pages = ?"
        " WHERE id = ?",
        (
            utf8(extraction.document.sha256),
            None if text is None else utf8(text),
            _pages(extraction),
            document_id,
        ),
    )


def _pages(extraction: Extraction) -> str | None:
    pages = extraction.document.pages
    return json.dumps(pages) if pages else None


def _add_reading(
    connection: sqlite3.Connection,
    document_id: int,
    extraction: Extraction,
    *,
    replaced: bool = False,
) -> AddReport:
    reading_id = _insert_reading(connection, document_id, extraction)
    _insert_zero_shot_types(connection, reading_id, extraction)
    attached = attach_names(
        connection, ((e.type, e.text) for e in extraction.entities), extraction.provenance.time
    )
    mentions = _insert_mentions(connection, reading_id, extraction, attached)
    new_facts = _insert_evidence(connection, extraction, attached, mentions)
    _insert_events(connection, reading_id, extraction, mentions)
    return AddReport(
        document=extraction.document.id,
        status="replaced" if replaced else "added",
        mentions=len(extraction.entities),
        relations=len(extraction.relations),
        events=len(extraction.events),
        new_entities=attached.new_entities,
        new_facts=new_facts,
        merges=attached.merges,
    )


def _insert_reading(
    connection: sqlite3.Connection, document_id: int, extraction: Extraction
) -> int:
    provenance, coverage = extraction.provenance, extraction.coverage
    row = connection.execute(
        "INSERT INTO readings (document_id, model, model_hash, schema_hash, version, time,"
        " characters, characters_read) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT),"
        " CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), ?, ?) RETURNING id",
        (
            document_id,
            utf8(provenance.model),
            utf8(provenance.model_hash),
            utf8(provenance.schema_hash),
            utf8(provenance.version),
            utf8(provenance.time),
            coverage.characters,
            coverage.characters_read,
        ),
    ).fetchone()
    return int(row[0])


def _insert_zero_shot_types(
    connection: sqlite3.Connection, reading_id: int, extraction: Extraction
) -> None:
    """Note what the model was not trained on; a graph of an older version lacks it."""
    connection.executemany(
        "INSERT OR IGNORE INTO zero_shot_types VALUES (?, CAST(? AS TEXT))",
        [(reading_id, utf8(name)) for name in extraction.provenance.zero_shot],
    )


def _insert_mentions(
    connection: sqlite3.Connection, reading_id: int, extraction: Extraction, attached: Attached
) -> dict[str, int]:
    """Give the row of each entity id of the document."""
    first = _next_id(connection, "mentions")
    rows = [
        (row, reading_id, attached.names[e.type, e.text][0], e.start, e.end, e.confidence)
        for row, e in enumerate(extraction.entities, start=first)
    ]
    connection.executemany("INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)", rows)
    return {e.id: row for row, e in enumerate(extraction.entities, start=first)}


def _insert_evidence(
    connection: sqlite3.Connection,
    extraction: Extraction,
    attached: Attached,
    mentions: Mapping[str, int],
) -> int:
    """Give how many of the document's facts were new to the graph."""
    entities = {e.id: attached.names[e.type, e.text][1] for e in extraction.entities}
    triples = [(entities[r.head], r.type, entities[r.tail]) for r in extraction.relations]
    first_new = _next_id(connection, "facts")
    facts = fact_ids(connection, triples)
    connection.executemany(
        "INSERT INTO evidence (fact_id, subject_mention, object_mention, confidence)"
        " VALUES (?, ?, ?, ?)",
        [
            (facts[triple], mentions[r.head], mentions[r.tail], r.confidence)
            for triple, r in zip(triples, extraction.relations, strict=True)
        ],
    )
    return sum(fact >= first_new for fact in facts.values())


def _insert_events(
    connection: sqlite3.Connection,
    reading_id: int,
    extraction: Extraction,
    mentions: Mapping[str, int],
) -> None:
    numbered = list(enumerate(extraction.events, start=_next_id(connection, "events")))
    connection.executemany(
        "INSERT INTO events VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)",
        [
            (row, reading_id, utf8(e.type), utf8(t.text), t.start, t.end, e.confidence)
            for row, e in numbered
            for t in (e.trigger,)
        ],
    )
    connection.executemany(
        "INSERT INTO arguments (event_id, mention_id, role, text, start, end, confidence)"
        " VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)",
        [
            (row, filled, utf8(a.role), utf8(a.text), a.start, a.end, a.confidence)
            for row, event in numbered
            for a in event.arguments
            for filled in (None if a.entity is None else mentions[a.entity],)
        ],
    )


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    # known in advance, so that rows pointing at each other go in as one batch
    row = connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()
    return int(row[0])
