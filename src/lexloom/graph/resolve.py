"""Decide which names mean the same entity, log it, and take it back.

Names with the same type and normalised form join by themselves; others are joined by hand. Each
joining is a row of `merges` between two names, and the rows in force make a tree over the names of
an entity, so undoing one splits the entity in exactly two. `ingest` calls `attach_names` for what a
document brings and `drop_names` for what it took away.
"""

import sqlite3
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from lexloom.errors import GraphError
from lexloom.graph.connection import utf8
from lexloom.graph.facts import rejoin_facts

_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』《》〈〉〝〞＂＇"


@dataclass(slots=True)
class Attached:
    """Where the names of a document belong: ``(type, name)`` to the ids of name and entity."""

    names: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    new_entities: int = 0
    merges: int = 0


def name_key(name: str) -> str:
    """Give the form under which names are equal: NFKC, casefold, single spaces, quotes trimmed.

    Applying it twice changes nothing. A name of nothing but quotes or spaces stays itself.
    """
    key = name
    while (folded := _fold(key)) != key:  # folding may bring up another quote or compatible form
        key = folded
    return key


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    collapsed = " ".join(plain.split())
    return collapsed.strip(_QUOTES + " ") or collapsed or name


def attach_names(
    connection: sqlite3.Connection, pairs: Iterable[tuple[str, str]], time: str
) -> Attached:
    """Find or make the entity of each ``(type, name)``; a new spelling's merge is logged."""
    attached = Attached()
    for type_, name in pairs:
        if (type_, name) in attached.names:
            continue
        row = connection.execute(
            "SELECT id, entity_id FROM names"
            " WHERE name = CAST(? AS TEXT) AND type = CAST(? AS TEXT)",
            (utf8(name), utf8(type_)),
        ).fetchone()
        attached.names[type_, name] = row or _add_name(connection, type_, name, time, attached)
    return attached


def _add_name(
    connection: sqlite3.Connection, type_: str, name: str, time: str, attached: Attached
) -> tuple[int, int]:
    key = name_key(name)
    founder = _founder(connection, type_, key)
    if founder is None:
        entity_id = new_entity(connection, type_)
        attached.new_entities += 1
    else:
        entity_id = founder[1]
    name_id = _inserted(
        connection,
        "INSERT INTO names (entity_id, type, name, key)"
        " VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))",
        (entity_id, utf8(type_), utf8(name), utf8(key)),
    )
    if founder is not None:
        _log_merge(connection, "name", name_id, founder[0], time)
        attached.merges += 1
    return name_id, entity_id


def _founder(connection: sqlite3.Connection, type_: str, key: str) -> tuple[int, int] | None:
    # a name that was split off attracts new spellings only when no other has the key
    row: tuple[int, int] | None = connection.execute(
        "SELECT id, entity_id FROM names AS n"
        " WHERE key = CAST(? AS TEXT) AND type = CAST(? AS TEXT)"
        " ORDER BY EXISTS (SELECT 1 FROM merges WHERE name_id = n.id AND undone IS NOT NULL), id"
        " LIMIT 1",
        (utf8(key), utf8(type_)),
    ).fetchone()
    return row


def new_entity(connection: sqlite3.Connection, type_: str) -> int:
    """Make an entity without names and give its id."""
    return _inserted(
        connection, "INSERT INTO entities (type) VALUES (CAST(? AS TEXT))", (utf8(type_),)
    )


def _log_merge(
    connection: sqlite3.Connection, kind: str, name_id: int, into_id: int, time: str
) -> int:
    return _inserted(
        connection,
        "INSERT INTO merges (kind, name_id, into_id, time) VALUES (?, ?, ?, CAST(? AS TEXT))",
        (kind, name_id, into_id, utf8(time)),
    )


def _inserted(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> int:
    row_id = connection.execute(statement, values).lastrowid
    assert row_id is not None
    return row_id


def merge_entities(connection: sqlite3.Connection, keep: int, other: int, time: str) -> int:
    """Join the entity `other` to `keep` by hand and give the id of the merge.

    Raises:
        GraphError: If they are the same entity or have different types.
    """
    if keep == other:
        raise GraphError(f"both names mean the entity {keep} already", hint="nothing to merge")
    types = [_type_of(connection, entity_id) for entity_id in (keep, other)]
    if types[0] != types[1]:
        raise GraphError(
            f"only entities of one type can be merged, got {types[0]} and {types[1]}",
            hint="`lexloom graph show` gives the type of an entity",
        )
    name_id, into_id = _main_name(connection, other), _main_name(connection, keep)
    merge_id = _log_merge(connection, "hand", name_id, into_id, time)
    names = [row[0] for row in _names_of(connection, other)]
    _move(connection, names, keep)
    connection.execute("DELETE FROM entities WHERE id = ?", (other,))
    return merge_id


def unmerge(connection: sqlite3.Connection, merge_id: int, time: str) -> int:
    """Undo a merge and give the id of the entity that was split off; it stays split.

    Raises:
        GraphError: If there is no such merge, or it is undone already.
    """
    known = merge_id if 0 < merge_id < 2**63 else 0  # SQLite counts no further
    row = connection.execute("SELECT name_id, undone FROM merges WHERE id = ?", (known,)).fetchone()
    if row is None or row[1] is not None:
        state = "there is no" if row is None else "already undone is the"
        raise GraphError(
            f"{state} merge {merge_id}", hint="`lexloom graph merges` lists those in force"
        )
    connection.execute(
        "UPDATE merges SET undone = CAST(? AS TEXT) WHERE id = ?", (utf8(time), merge_id)
    )
    type_ = connection.execute("SELECT type FROM names WHERE id = ?", (row[0],)).fetchone()[0]
    entity_id = new_entity(connection, type_)
    _move(connection, _joined(connection, row[0]), entity_id)
    return entity_id


def _joined(connection: sqlite3.Connection, name_id: int) -> list[int]:
    """Give all names that merges in force join to one, itself included."""
    rows = connection.execute(
        "WITH RECURSIVE joined (id) AS (SELECT ? UNION"
        " SELECT CASE m.name_id WHEN joined.id THEN m.into_id ELSE m.name_id END"
        " FROM joined JOIN merges AS m ON (m.name_id = joined.id OR m.into_id = joined.id)"
        " WHERE m.undone IS NULL) SELECT id FROM joined",
        (name_id,),
    )
    return [row[0] for row in rows]


def _move(connection: sqlite3.Connection, names: list[int], entity_id: int) -> None:
    connection.executemany(
        "UPDATE names SET entity_id = ? WHERE id = ?", [(entity_id, name) for name in names]
    )
    rejoin_facts(connection, names)


def _type_of(connection: sqlite3.Connection, entity_id: int) -> str:
    row = connection.execute("SELECT type FROM entities WHERE id = ?", (entity_id,)).fetchone()
    if row is None:
        raise GraphError(f"there is no entity {entity_id}")
    return str(row[0])


def _names_of(connection: sqlite3.Connection, entity_id: int) -> list[tuple[int]]:
    return connection.execute("SELECT id FROM names WHERE entity_id = ?", (entity_id,)).fetchall()


def _main_name(connection: sqlite3.Connection, entity_id: int) -> int:
    row = connection.execute(
        "SELECT n.id FROM names AS n WHERE n.entity_id = ?"
        " ORDER BY (SELECT count(*) FROM mentions WHERE name_id = n.id) DESC, n.name LIMIT 1",
        (entity_id,),
    ).fetchone()
    return int(row[0])


def drop_names(connection: sqlite3.Connection, names: Iterable[int]) -> int:
    """Take out those of the names that no mention bears, and give how many entities went too.

    What was joined through a name that goes stays joined, to another name.
    """
    orphans = [name for name in names if not _is_mentioned(connection, name)]
    entities = set()
    for name_id in sorted(orphans):
        _bridge(connection, name_id)
        row = connection.execute("SELECT entity_id FROM names WHERE id = ?", (name_id,)).fetchone()
        entities.add(row[0])
        connection.execute("DELETE FROM names WHERE id = ?", (name_id,))
    before = connection.total_changes
    connection.executemany(
        "DELETE FROM entities WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM names WHERE entity_id = ?1)",
        [(entity_id,) for entity_id in sorted(entities)],
    )
    return connection.total_changes - before


def _is_mentioned(connection: sqlite3.Connection, name_id: int) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM mentions WHERE name_id = ?)", (name_id,)
    ).fetchone()
    return bool(row[0])


def _bridge(connection: sqlite3.Connection, name_id: int) -> None:
    """Hang the merges of a name that goes on one of its neighbours, of the same key if any."""
    rows = connection.execute(
        "SELECT id, kind, name_id, into_id FROM merges"
        " WHERE (name_id = ?1 OR into_id = ?1) AND undone IS NULL",
        (name_id,),
    ).fetchall()
    edges = [(kind != "name", b if a == name_id else a, merge) for merge, kind, a, b in rows]
    if not edges:
        return
    _, heir, closed = min(edges)
    connection.execute("DELETE FROM merges WHERE id = ?", (closed,))
    for _, _, merge in edges:
        connection.execute(
            "UPDATE merges SET name_id = CASE name_id WHEN ?1 THEN ?2 ELSE name_id END,"
            " into_id = CASE into_id WHEN ?1 THEN ?2 ELSE into_id END WHERE id = ?3",
            (name_id, heir, merge),
        )
