import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from lexloom.errors import GraphError
from lexloom.graph import connection as connection_module
from lexloom.graph.connection import connect, guarded, reading, utf8, writing
from lexloom.graph.schema_sql import MIGRATIONS, SCHEMA_VERSION


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kg.sqlite"


def opened(path, **options):
    return connect(path, **({"create": True, "timeout_s": 0.05} | options))


def test_a_new_graph_is_in_wal_mode_with_foreign_keys_on(path):
    connection = opened(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    connection.close()


def test_folders_on_the_way_are_made(tmp_path):
    opened(tmp_path / "a" / "b" / "kg.sqlite").close()
    assert (tmp_path / "a" / "b" / "kg.sqlite").is_file()


def test_a_path_with_marks_of_a_uri_is_taken_as_it_is(tmp_path):
    path = tmp_path / "what? #1 100% 图谱.sqlite"
    opened(path).close()
    assert path.is_file()


def test_reading_a_missing_graph_is_refused_and_makes_none(path):
    with pytest.raises(GraphError, match=r"there is no graph at .*kg\.sqlite.*graph import"):
        opened(path, create=False)
    assert not path.exists()


def test_reading_an_empty_file_is_refused(path):
    path.touch()
    with pytest.raises(GraphError, match="is empty"):
        opened(path, create=False)


def test_an_empty_file_becomes_a_graph(path):
    path.touch()
    opened(path).close()
    opened(path, create=False).close()


def test_a_folder_is_no_graph(tmp_path):
    with pytest.raises(GraphError, match="is a folder, not a graph"):
        opened(tmp_path)


@pytest.mark.parametrize("create", [True, False])
def test_a_pipe_or_a_device_is_no_graph(create, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(GraphError, match="is a pipe or a device, not a graph"):
            opened(path, create=create)


def test_a_file_that_stands_where_a_folder_must_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GraphError, match=r"cannot make the folder .*file"):
        opened(tmp_path / "file" / "kg.sqlite")


def test_a_text_file_is_refused_and_left_as_it_is(path):
    path.write_text("not a database, " * 100)
    before = path.read_bytes()
    with pytest.raises(GraphError, match="is not a Lexloom graph"):
        opened(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(GraphError, match="is an SQLite file, but not a Lexloom graph"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_never_was_is_damage(path, version):
    connection = opened(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(GraphError, match=r"is damaged .*restore a copy"):
        opened(path)


def test_a_graph_of_a_newer_version_is_refused(path):
    connection = opened(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(GraphError, match=r"newer Lexloom: its tables have version 99.*upgrade"):
        opened(path)


def test_a_damaged_file_is_named(path):
    opened(path).close()
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(data)
    with pytest.raises(GraphError, match="is damaged"):
        opened(path)


def test_a_second_writer_is_told_that_the_graph_is_locked(path):
    first, second = opened(path), opened(path)
    with (
        writing(first),
        pytest.raises(GraphError, match="is locked: another process is writing"),
        guarded(path),
        writing(second),
    ):
        pass
    first.close()
    second.close()


def test_a_graph_that_may_not_be_written_is_named(path):
    connection = opened(path)
    connection.execute("PRAGMA query_only = ON")
    with pytest.raises(GraphError, match="read-only"), guarded(path), writing(connection):
        connection.execute("DELETE FROM documents")
    connection.close()


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    path = tmp_path / "kg.sqlite"
    path.symlink_to(tmp_path / "missing" / "kg.sqlite")
    with pytest.raises(GraphError, match=r"cannot open .*kg\.sqlite"):
        opened(path)


def test_what_sqlite_says_of_anything_else_is_passed_on(path):
    connection = opened(path)
    said = r"cannot use the graph .*: no such table: nowhere"
    with pytest.raises(GraphError, match=said), guarded(path):
        connection.execute("SELECT * FROM nowhere")
    connection.close()


def test_a_block_that_fails_leaves_nothing(path):
    connection = opened(path)
    connection.execute("CREATE TEMP TABLE one (id INTEGER PRIMARY KEY)")
    with pytest.raises(sqlite3.IntegrityError), writing(connection):
        connection.executemany("INSERT INTO one VALUES (?)", [(1,), (1,)])
    assert connection.execute("SELECT count(*) FROM one").fetchone() == (0,)
    connection.close()


def test_a_reader_sees_one_state_while_another_writes(path):
    reader, writer = opened(path), opened(path)
    count = "SELECT count(*) FROM entities"
    with reading(reader):
        assert reader.execute(count).fetchone() == (0,)
        with writing(writer):
            writer.execute("INSERT INTO entities (type) VALUES ('x')")
        assert reader.execute(count).fetchone() == (0,)
    assert reader.execute(count).fetchone() == (1,)
    reader.close()
    writer.close()


@pytest.mark.parametrize("text", ["", "汉字", "a\0b", "\ud800", "x\udfff\U0001f600"])
def test_any_text_comes_back_as_it_was(path, text):
    connection = opened(path)
    connection.execute("INSERT INTO entities (type) VALUES (CAST(? AS TEXT))", (utf8(text),))
    assert connection.execute("SELECT type FROM entities").fetchone() == (text,)
    connection.close()


def test_a_copy_without_wal_is_put_in_wal_mode_again(path, tmp_path):
    connection = opened(path)
    copy = tmp_path / "copy.sqlite"
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    moved = shutil.move(copy, tmp_path / "moved.sqlite")
    connection = opened(moved, create=False)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.fixture
def old_graph(path):
    """A graph as version 1 wrote it, with a document in it."""
    connection = opened(path)
    connection.execute("ALTER TABLE documents DROP COLUMN pages")
    connection.execute("DROP TABLE zero_shot_types")
    connection.execute("INSERT INTO documents (name, sha256, text) VALUES ('d', '0', 'text')")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    return path


def test_a_graph_of_an_older_version_is_brought_up_to_date_and_keeps_all(old_graph):
    for _ in range(2):
        connection = opened(old_graph, create=False)
        row = connection.execute("SELECT name, sha256, text, pages FROM documents").fetchone()
        assert row == ("d", "0", "text", None)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        connection.close()


def test_two_processes_may_bring_it_up_to_date_at_once(old_graph, monkeypatch):
    real = connection_module.writing

    @contextlib.contextmanager
    def late(connection):
        monkeypatch.setattr(connection_module, "writing", real)
        opened(old_graph).close()  # the other process is first
        with real(connection):
            yield

    monkeypatch.setattr(connection_module, "writing", late)
    opened(old_graph).close()


def test_a_migration_that_fails_leaves_the_old_graph(old_graph, monkeypatch):
    monkeypatch.setitem(MIGRATIONS, 1, (*MIGRATIONS[1], "SELECT * FROM nowhere"))
    with pytest.raises(GraphError, match="no such table: nowhere"):
        opened(old_graph)
    monkeypatch.undo()
    opened(old_graph).close()
