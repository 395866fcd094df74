import sqlite3

import pytest

from lexloom.graph.schema_sql import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION, STATEMENTS


@pytest.fixture
def tables():
    connection = sqlite3.connect(":memory:")
    for statement in STATEMENTS:
        connection.execute(statement)
    yield connection
    connection.close()


def names(connection):
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [row[0] for row in rows if not row[0].startswith("sqlite_")]


def test_every_foreign_key_has_an_index_so_that_forgetting_scans_no_table(tables):
    for table in names(tables):
        indexed = set()
        for _, index, *_ in tables.execute(f"PRAGMA index_list({table})"):
            indexed.add(tables.execute(f"PRAGMA index_info({index})").fetchone()[2])
        keys = {row[3] for row in tables.execute(f"PRAGMA foreign_key_list({table})")}
        assert keys <= indexed, table


def test_the_tables_are_those_that_the_guide_names(tables):
    assert set(names(tables)) == {
        *("documents", "readings", "mentions", "names", "entities"),
        *("facts", "evidence", "events", "arguments", "merges", "zero_shot_types"),
    }


def test_the_mark_of_the_file_reads_as_letters():
    assert APPLICATION_ID.to_bytes(4, "big") == b"LxGr"


DOCUMENTS_OF_VERSION_1 = """
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    text TEXT
)
"""


CHANGED_SINCE_VERSION_1 = ("documents", "zero_shot_types")


def columns(connection):
    return {
        table: [tuple(row[1:]) for row in connection.execute(f"PRAGMA table_info({table})")]
        for table in names(connection)
    }


def test_migrations_make_of_the_first_tables_those_of_today(tables):
    old = sqlite3.connect(":memory:")
    old.execute(DOCUMENTS_OF_VERSION_1)
    for statement in STATEMENTS:
        if not any(f"CREATE TABLE {name} " in statement for name in CHANGED_SINCE_VERSION_1):
            old.execute(statement)
    assert columns(old) != columns(tables)
    for version in range(1, SCHEMA_VERSION):
        for statement in MIGRATIONS[version]:
            old.execute(statement)
    assert columns(old) == columns(tables)
    old.close()
