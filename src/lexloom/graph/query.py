"""Find entities and what is known of them; nothing here writes.

Entities are named by their number, by ``id:NUMBER``, or by a spelling. `evidence` reads the places
where something was found.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from lexloom.errors import GraphError
from lexloom.graph.connection import utf8
from lexloom.graph.evidence import (
    ALL,
    Snippets,
    entity_events,
    entity_mentions,
    fact_evidence,
    is_zero_shot,
)
from lexloom.graph.resolve import name_key
from lexloom.graph.views import (
    DocumentView,
    EntityDetail,
    EntitySummary,
    FactView,
    GraphStats,
    MergeView,
    NameCount,
    Neighbourhood,
    TypeCount,
)

_FACTS_OF = "(subject = ?1 OR object = ?1)"


def find_entity(connection: sqlite3.Connection, reference: int | str) -> int:
    """Give the number of the entity that `reference` means.

    A string is taken as ``id:NUMBER``, else as an exact spelling, else as a name to normalise,
    else, when all digits, as a number.

    Raises:
        GraphError: If no entity, or more than one, is meant.
    """
    if isinstance(reference, str):
        return _find_by_text(connection, reference)
    return _find_by_id(connection, reference, str(reference))


def _find_by_text(connection: sqlite3.Connection, reference: str) -> int:
    digits = reference.removeprefix("id:")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 20
    if digits != reference and is_number:
        return _find_by_id(connection, int(digits), reference)
    for column, value in (("name", reference), ("key", name_key(reference))):
        rows = connection.execute(
            f"SELECT DISTINCT entity_id, type FROM names WHERE {column} = CAST(? AS TEXT)"
            " ORDER BY entity_id LIMIT 10",
            (utf8(value),),
        ).fetchall()
        if len(rows) > 1:
            several = ", ".join(f"id:{entity_id} ({type_})" for entity_id, type_ in rows)
            raise GraphError(
                f"several entities are called {reference[:80]!r}: {several}",
                hint=f"give one of them, such as id:{rows[0][0]}",
            )
        if rows:
            return int(rows[0][0])
    return _find_by_id(connection, int(digits) if is_number else 0, reference)


def _find_by_id(connection: sqlite3.Connection, number: int, reference: str) -> int:
    in_range = 0 < number < 2**63  # what SQLite can hold
    if in_range and connection.execute("SELECT 1 FROM entities WHERE id = ?", (number,)).fetchone():
        return number
    raise GraphError(
        f"the graph has no entity {reference[:80]!r}",
        hint="`lexloom graph search TEXT` finds names that hold a text",
    )


def summaries(connection: sqlite3.Connection, entities: Iterable[int]) -> dict[int, EntitySummary]:
    """Describe each entity: its most frequent spelling, and how many documents support it."""
    wanted = json.dumps(sorted(set(entities)))
    support = connection.execute(
        "SELECT entity_id, noisy_or(best), count(*), sum(mentions), min(zero_shot) FROM ("
        " SELECT n.entity_id, max(m.confidence) AS best, count(*) AS mentions,"
        f" min({is_zero_shot('entities', 'n.type')}) AS zero_shot"
        " FROM names AS n JOIN mentions AS m ON m.name_id = n.id"
        " JOIN readings AS r ON r.id = m.reading_id"
        " WHERE n.entity_id IN (SELECT value FROM json_each(?))"
        " GROUP BY n.entity_id, r.document_id) GROUP BY entity_id",
        (wanted,),
    )
    numbers = {row[0]: row[1:] for row in support}
    found: dict[int, EntitySummary] = {}
    for entity_id, type_, name, _ in _names(connection, wanted):
        if entity_id not in found:
            confidence, documents, mentions, zero_shot = numbers[entity_id]
            found[entity_id] = EntitySummary(
                id=entity_id,
                type=type_,
                name=name,
                confidence=confidence,
                num_documents=documents,
                num_mentions=mentions,
                zero_shot=bool(zero_shot),
            )
    return found


def _names(connection: sqlite3.Connection, wanted: str) -> list[tuple[int, str, str, int]]:
    """Give entity, type, spelling and number of mentions, the main spelling of each first."""
    return connection.execute(
        "SELECT n.entity_id, n.type, n.name,"
        " (SELECT count(*) FROM mentions WHERE name_id = n.id) AS mentions FROM names AS n"
        " WHERE n.entity_id IN (SELECT value FROM json_each(?))"
        " ORDER BY n.entity_id, mentions DESC, n.name",
        (wanted,),
    ).fetchall()


def show_entity(
    connection: sqlite3.Connection, reference: int | str, *, limit: int
) -> EntityDetail:
    """Tell what is known of an entity, up to `limit` mentions, facts and events."""
    entity_id = find_entity(connection, reference)
    snippets = Snippets(connection)
    names = _names(connection, json.dumps([entity_id]))
    facts = connection.execute(f"SELECT id FROM facts WHERE {_FACTS_OF}", (entity_id,)).fetchall()
    num_events, events = entity_events(connection, entity_id, snippets, limit)
    return EntityDetail(
        entity=summaries(connection, [entity_id])[entity_id],
        names=tuple(NameCount(name=name, num_mentions=count) for _, _, name, count in names),
        mentions=entity_mentions(connection, entity_id, snippets, limit),
        num_facts=len(facts),
        facts=describe_facts(connection, [row[0] for row in facts], snippets, limit),
        num_events=num_events,
        events=events,
    )


def describe_facts(
    connection: sqlite3.Connection,
    facts: Sequence[int],
    snippets: Snippets,
    limit: int,
    max_evidence: int = 3,
) -> tuple[FactView, ...]:
    """Describe the `limit` best supported facts, each with the best of its evidence."""
    rows = connection.execute(
        "SELECT f.id, f.subject, f.predicate, f.object, s.confidence, s.documents, s.zero_shot"
        " FROM facts AS f JOIN (SELECT fact_id, noisy_or(best) AS confidence,"
        "  count(*) AS documents, min(zero_shot) AS zero_shot FROM ("
        "  SELECT e.fact_id, max(e.confidence) AS best,"
        f"  min({is_zero_shot('relations', 'p.predicate')}) AS zero_shot"
        "  FROM evidence AS e JOIN facts AS p ON p.id = e.fact_id"
        "  JOIN mentions AS m ON m.id = e.subject_mention JOIN readings AS r ON r.id = m.reading_id"
        "  WHERE e.fact_id IN (SELECT value FROM json_each(?))"
        "  GROUP BY e.fact_id, r.document_id) GROUP BY fact_id) AS s ON s.fact_id = f.id"
        " ORDER BY s.documents DESC, s.confidence DESC, f.id LIMIT ?",
        (json.dumps(list(facts)), limit),
    ).fetchall()
    known = summaries(connection, [row[column] for row in rows for column in (1, 3)])
    return tuple(
        FactView(
            subject=known[subject],
            predicate=predicate,
            object=known[object_],
            confidence=confidence,
            num_documents=documents,
            zero_shot=bool(zero_shot),
            evidence=tuple(fact_evidence(connection, fact_id, snippets, max_evidence)),
        )
        for fact_id, subject, predicate, object_, confidence, documents, zero_shot in rows
    )


def neighbourhood(
    connection: sqlite3.Connection, reference: int | str, *, depth: int, limit: int
) -> Neighbourhood:
    """Walk over facts, either way, up to `depth` steps and up to `limit` neighbours and facts.

    Of too many neighbours, the near ones with the most evidence are taken.
    """
    start = find_entity(connection, reference)
    reached, frontier, truncated = [start], [start], False
    for _ in range(depth):
        found = _next_step(connection, frontier, reached, limit + 2)
        room = limit + 1 - len(reached)
        truncated = truncated or len(found) > room
        frontier = found[:room]
        reached += frontier
        if not frontier:
            break
    facts = connection.execute(
        "SELECT id FROM facts WHERE subject IN (SELECT value FROM json_each(?1))"
        " AND object IN (SELECT value FROM json_each(?1))",
        (json.dumps(reached),),
    ).fetchall()
    known = summaries(connection, reached)
    return Neighbourhood(
        entity=known[start],
        neighbours=tuple(known[entity_id] for entity_id in reached[1:]),
        facts=describe_facts(connection, [row[0] for row in facts], Snippets(connection), limit),
        truncated=truncated or len(facts) > limit,
    )


def _next_step(
    connection: sqlite3.Connection, frontier: list[int], reached: list[int], limit: int
) -> list[int]:
    rows = connection.execute(
        "SELECT other FROM ("
        " SELECT id, object AS other FROM facts WHERE subject IN (SELECT value FROM json_each(?1))"
        " UNION ALL"
        " SELECT id, subject FROM facts WHERE object IN (SELECT value FROM json_each(?1))) AS f"
        " JOIN evidence AS e ON e.fact_id = f.id"
        " WHERE other NOT IN (SELECT value FROM json_each(?2))"
        " GROUP BY other ORDER BY count(*) DESC, other LIMIT ?3",
        (json.dumps(frontier), json.dumps(reached), limit),
    )
    return [row[0] for row in rows]


def search_entities(
    connection: sqlite3.Connection, text: str, *, limit: int
) -> tuple[EntitySummary, ...]:
    """Find entities with a spelling that holds `text`, both normalised; equal ones come first."""
    rows = connection.execute(
        "SELECT entity_id, min(CASE WHEN key = CAST(?1 AS TEXT) THEN 0"
        " WHEN instr(key, CAST(?1 AS TEXT)) = 1 THEN 1 ELSE 2 END) AS distance"
        " FROM names WHERE instr(key, CAST(?1 AS TEXT)) > 0"
        " GROUP BY entity_id ORDER BY distance, min(length(key)), entity_id LIMIT ?2",
        (utf8(name_key(text)), limit),
    ).fetchall()
    known = summaries(connection, [row[0] for row in rows])
    return tuple(known[row[0]] for row in rows)


def graph_stats(connection: sqlite3.Connection) -> GraphStats:
    """Count everything."""
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("documents", "readings", "mentions", "entities", "facts", "events")
    }
    merges = connection.execute("SELECT count(*) FROM merges WHERE undone IS NULL").fetchone()[0]
    return GraphStats(
        **counts,
        merges=merges,
        entity_types=_type_counts(connection, "type", "entities"),
        predicates=_type_counts(connection, "predicate", "facts"),
        event_types=_type_counts(connection, "type", "events"),
    )


def _type_counts(connection: sqlite3.Connection, column: str, table: str) -> tuple[TypeCount, ...]:
    rows = connection.execute(
        f"SELECT {column}, count(*) FROM {table} GROUP BY {column} ORDER BY 2 DESC, 1"
    )
    return tuple(TypeCount(type=type_, count=count) for type_, count in rows)


def list_documents(
    connection: sqlite3.Connection, *, limit: int | None
) -> tuple[DocumentView, ...]:
    """List the documents by name, with the number of models that read each."""
    rows = connection.execute(
        "SELECT d.name, d.sha256, d.text IS NOT NULL,"
        " (SELECT count(*) FROM readings WHERE document_id = d.id),"
        " (SELECT count(*) FROM readings AS r JOIN mentions AS m ON m.reading_id = r.id"
        "  WHERE r.document_id = d.id) FROM documents AS d ORDER BY d.name LIMIT ?",
        (ALL if limit is None else limit,),
    )
    return tuple(
        DocumentView(
            id=name, sha256=sha256, has_text=bool(text), num_readings=readings, num_mentions=number
        )
        for name, sha256, text, readings, number in rows
    )


def list_merges(
    connection: sqlite3.Connection, *, undone: bool, only: int | None = None
) -> tuple[MergeView, ...]:
    """List the merge log, oldest first, with or without what was undone, or only one of it."""
    rows = connection.execute(
        "SELECT m.id, m.kind, a.type, a.name, b.name, m.time, m.undone FROM merges AS m"
        " JOIN names AS a ON a.id = m.name_id JOIN names AS b ON b.id = m.into_id"
        " WHERE (?1 OR m.undone IS NULL) AND (?2 IS NULL OR m.id = ?2) ORDER BY m.id",
        (undone, only),
    )
    return tuple(
        MergeView(id=id_, kind=kind, type=type_, name=name, into=into, time=time, undone=end)
        for id_, kind, type_, name, into, time, end in rows
    )
