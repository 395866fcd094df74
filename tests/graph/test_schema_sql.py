import sqlite3

import pytest

from lexloom.graph.schema_sql import APPLICATION_ID, STATEMENTS


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
        *("facts", "evidence", "events", "arguments", "merges"),
    }


def test_the_mark_of_the_file_reads_as_letters():
    assert APPLICATION_ID.to_bytes(4, "big") == b"LxGr"
