"""Open a graph file, run transactions on it, and say in a sentence what SQLite refused.

The file is in WAL mode: readers see the last whole document while another process writes. A killed
process loses at most the transaction in flight; a power cut may lose the last few, never a part of
one (``synchronous=NORMAL``). `schema_sql` holds the tables.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from lexloom.errors import GraphError
from lexloom.graph.confidence import NoisyOr
from lexloom.graph.schema_sql import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION, STATEMENTS

_DAMAGED = ("{path} is damaged", "restore a copy, or import the extractions into a new graph")
_SENTENCES = {
    sqlite3.SQLITE_FULL: (
        "cannot write {path}: the disk is full",
        "free some space and run again; the documents added before are safe",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot read or write {path}: the disk refused",
        "check the free space and the disk; the documents added before are safe",
    ),
    sqlite3.SQLITE_BUSY: (
        "{path} is locked: another process is writing to it",
        "wait until it ends and run again",
    ),
    sqlite3.SQLITE_LOCKED: (
        "{path} is locked: it is being read and written at once",
        "finish reading before you write",
    ),
    sqlite3.SQLITE_READONLY: (
        "cannot write {path}: the file or its folder is read-only",
        "copy the graph to a folder that you may write in",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot open {path}: the file or its folder may not be read and written",
        "check the path and its permissions; SQLite keeps two files beside the graph",
    ),
    sqlite3.SQLITE_NOTADB: (
        "{path} is not a Lexloom graph",
        "give a file made by `lexloom graph import`",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}


def connect(path: Path, *, create: bool, timeout_s: float) -> sqlite3.Connection:
    """Open the graph at `path`; when `create`, make it and its folders where there is none.

    Args:
        path: The SQLite file.
        create: Whether a missing or empty file becomes an empty graph.
        timeout_s: How long to wait for another process that writes.

    Raises:
        GraphError: If the file is missing, is no graph, is newer than this Lexloom, is locked, or
            cannot be opened. A file that is no graph is left as it is.
    """
    _check_path(path, create=create)
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    with guarded(path):
        connection = sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None)
        try:
            _prepare(connection, path, create=create)
        except BaseException:
            connection.close()
            raise
    return connection


def utf8(text: str) -> bytes:
    """Give the bytes to bind where a statement says ``CAST(? AS TEXT)``.

    A text may hold lone surrogates, which `sqlite3` refuses to bind as `str`.
    """
    return text.encode("utf-8", "surrogatepass")


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside the block into a `GraphError` with a hint."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind of error
        message, hint = _SENTENCES.get(code, ("cannot use the graph {path}: " + str(error), ""))
        raise GraphError(message.replace("{path}", str(path)), hint=hint) from error
    except UnicodeDecodeError as error:  # a name whose bytes were altered
        message, hint = _DAMAGED
        raise GraphError(message.replace("{path}", str(path)), hint=hint) from error


@contextlib.contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock for the block: all that it does is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back by itself when the disk is full
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Show one state of the graph for the block, whatever other processes write meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _check_path(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise GraphError(f"{path} is a folder, not a graph", hint="name a file, such as kg.sqlite")
    if path.exists() and not path.is_file():
        raise GraphError(
            f"{path} is a pipe or a device, not a graph", hint="name a file, such as kg.sqlite"
        )
    if create:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GraphError(
                f"cannot make the folder {path.parent}: {error.strerror}",
                hint="give a path in a folder that you may write in",
            ) from error
    elif not path.exists():
        raise GraphError(
            f"there is no graph at {path}",
            hint="check the path, or build one with `lexloom graph import`",
        )


def _prepare(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    if _is_empty(connection):
        if not create:
            raise GraphError(f"{path} is empty", hint="build it with `lexloom graph import`")
        connection.execute("PRAGMA journal_mode = WAL")
        with writing(connection):
            if _is_empty(connection):  # another process may have been first
                _create_tables(connection)
    _check_version(connection, path)
    _migrate(connection)
    connection.execute("PRAGMA journal_mode = WAL")  # a copy made by SQLite's backup has it off
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is forgotten leaves no bytes behind
    connection.text_factory = lambda data: data.decode("utf-8", "surrogatepass")
    connection.create_aggregate("noisy_or", 1, NoisyOr)  # type: ignore[arg-type]


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0 and _pragma(connection, "application_id") in (0, APPLICATION_ID)


def _create_tables(connection: sqlite3.Connection) -> None:
    for statement in STATEMENTS:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables of an older Lexloom up to date; whole or not at all."""
    if _pragma(connection, "user_version") == SCHEMA_VERSION:
        return
    with writing(connection):
        # asked again under the lock, for another process may have been first
        for version in range(_pragma(connection, "user_version"), SCHEMA_VERSION):
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise GraphError(
            f"{path} is an SQLite file, but not a Lexloom graph",
            hint="give a file made by `lexloom graph import`",
        )
    version = _pragma(connection, "user_version")
    if version < 1:  # no Lexloom wrote such a number
        message, hint = _DAMAGED
        raise GraphError(message.replace("{path}", str(path)), hint=hint)
    if version > SCHEMA_VERSION:
        raise GraphError(
            f"{path} was written by a newer Lexloom: its tables have version {version}, "
            f"this one reads up to {SCHEMA_VERSION}",
            hint="upgrade lexloom",
        )
