"""Keep each piece of evidence under the fact that its mentions' entities make.

`ingest` adds facts for a document; `resolve` has them joined anew when names change entity.
"""

import json
import sqlite3
from collections.abc import Iterable

from lexloom.graph.connection import utf8

Triple = tuple[int, str, int]
"""Subject entity, predicate, object entity."""

_VALUES = "(?, CAST(? AS TEXT), ?)"


def fact_ids(connection: sqlite3.Connection, triples: Iterable[Triple]) -> dict[Triple, int]:
    """Find or make the fact of each triple."""
    ids: dict[Triple, int] = {}
    for triple in triples:
        if triple in ids:
            continue
        values = (triple[0], utf8(triple[1]), triple[2])
        row = connection.execute(
            f"SELECT id FROM facts WHERE (subject, predicate, object) = {_VALUES}", values
        ).fetchone()
        if row is None:
            row = connection.execute(
                f"INSERT INTO facts (subject, predicate, object) VALUES {_VALUES} RETURNING id",
                values,
            ).fetchone()
        ids[triple] = row[0]
    return ids


def rejoin_facts(connection: sqlite3.Connection, names: Iterable[int]) -> None:
    """Move the evidence that mentions these names to the facts of their present entities."""
    rows = connection.execute(
        "SELECT e.id, e.fact_id, f.predicate, s.entity_id, o.entity_id FROM"
        " (SELECT e.id FROM mentions AS m JOIN evidence AS e ON e.subject_mention = m.id"
        "  WHERE m.name_id IN (SELECT value FROM json_each(?1))"
        "  UNION SELECT e.id FROM mentions AS m JOIN evidence AS e ON e.object_mention = m.id"
        "  WHERE m.name_id IN (SELECT value FROM json_each(?1))) AS moved"
        " JOIN evidence AS e ON e.id = moved.id JOIN facts AS f ON f.id = e.fact_id"
        " JOIN mentions AS ms ON ms.id = e.subject_mention JOIN names AS s ON s.id = ms.name_id"
        " JOIN mentions AS mo ON mo.id = e.object_mention JOIN names AS o ON o.id = mo.name_id",
        (json.dumps(list(names)),),
    ).fetchall()
    facts = fact_ids(connection, ((s, predicate, o) for _, _, predicate, s, o in rows))
    connection.executemany(
        "UPDATE evidence SET fact_id = ? WHERE id = ?",
        [(facts[s, predicate, o], evidence) for evidence, _, predicate, s, o in rows],
    )
    drop_facts(connection, {row[1] for row in rows})


def drop_facts(connection: sqlite3.Connection, facts: Iterable[int]) -> int:
    """Take out those of the facts that nothing supports any more, and give their number."""
    before = connection.total_changes
    connection.executemany(
        "DELETE FROM facts WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM evidence WHERE fact_id = ?1)",
        [(fact,) for fact in sorted(facts)],
    )
    return connection.total_changes - before
