"""The graph file as one object: add documents, forget them, ask, merge, export.

Each method is one transaction: `ingest`, `resolve`, `query` and `export` do the work on the
connection that this class opens and closes.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from lexloom.artifacts import atomic_write
from lexloom.errors import GraphError, UsageError
from lexloom.graph import query, resolve
from lexloom.graph.check import check_extraction
from lexloom.graph.connection import connect, guarded, reading, writing
from lexloom.graph.export import FORMATS, ExportFormat
from lexloom.graph.ingest import add_extraction, forget_document
from lexloom.graph.views import (
    AddReport,
    DocumentView,
    EntityDetail,
    EntitySummary,
    ForgetReport,
    GraphStats,
    MergeView,
    Neighbourhood,
)
from lexloom.logs import get_logger
from lexloom.records import Extraction

_logger = get_logger(__name__)

MAX_LIMIT = 2**53
"""A limit beyond it means as much: no graph holds more, and SQLite counts no further than 2**63."""


class GraphStore:
    """A knowledge graph in one SQLite file; open it with `open`, best in a ``with`` block.

    An entity is named by its number, by ``id:NUMBER``, or by any of its spellings. Every method
    raises `GraphError` when the file is locked, damaged or cannot be written, or when what is asked
    for is not there. An object belongs to the thread that opened it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True, timeout_s: float = 5.0) -> Self:
        """Open the graph at `path`.

        Args:
            path: The SQLite file; two files of SQLite's stand beside it while it is open.
            create: Whether a graph is made where there is none, with the folders on the way.
            timeout_s: How long each call waits for another process that writes.

        Raises:
            GraphError: If there is no graph and none shall be made, or it cannot be opened.
        """
        return cls(connect(Path(path), create=create, timeout_s=timeout_s), Path(path))

    def close(self) -> None:
        """Close the file; every change is in it already."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, extraction: Extraction, text: str | None = None) -> AddReport:
        """Add what was read from one document: all of it or, on an error, nothing.

        The same document, by id and hash, read again by the same model and schema changes nothing,
        unless facts were found that the reading lacks (with a lower ``--min-confidence``, say):
        then the new reading replaces the old one.
        A document of the same id with another content replaces the old one. A reading by another
        model or schema stands beside the first, and counts as the same document.

        Args:
            extraction: What was read.
            text: The document itself, to be kept so that evidence can be shown in its context.

        Raises:
            GraphError: If the extraction contradicts itself or `text`, or cannot be written.
        """
        check_extraction(extraction, text)
        with guarded(self._path):
            return add_extraction(self._connection, extraction, text)

    def forget(self, document_id: str) -> ForgetReport:
        """Take out a document and all that it alone supports, also from the bytes of the file.

        Raises:
            GraphError: If the graph does not hold the document.
        """
        with guarded(self._path):
            report = forget_document(self._connection, document_id)
            # the log beside the file still holds the old pages until it is emptied
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            _logger.warning(
                "%s is being read: the bytes of %s stay in its log until the reader has ended",
                self._path,
                document_id,
            )
        return report

    def stats(self) -> GraphStats:
        """Count documents, entities, facts and events, in all and by type."""
        with self._reading() as connection:
            return query.graph_stats(connection)

    def documents(self, limit: int | None = None) -> tuple[DocumentView, ...]:
        """List the documents by id; None means all."""
        limit = None if limit is None else _checked_limit(limit)
        with self._reading() as connection:
            return query.list_documents(connection, limit=limit)

    def show(self, entity: int | str, limit: int = 20) -> EntityDetail:
        """Tell what is known of an entity, with up to `limit` mentions, facts and events each."""
        limit = _checked_limit(limit)
        with self._reading() as connection:
            return query.show_entity(connection, entity, limit=limit)

    def neighbours(self, entity: int | str, depth: int = 1, limit: int = 50) -> Neighbourhood:
        """Give the entities within `depth` facts of one, and up to `limit` facts between them."""
        limit = _checked_limit(limit)
        if depth < 1:
            raise UsageError(f"depth must be at least 1, got {depth}")
        with self._reading() as connection:
            return query.neighbourhood(connection, entity, depth=depth, limit=limit)

    def search(self, text: str, limit: int = 20) -> tuple[EntitySummary, ...]:
        """Find entities with a spelling that holds `text`, whatever the case and width."""
        limit = _checked_limit(limit)
        with self._reading() as connection:
            return query.search_entities(connection, text, limit=limit)

    def merges(self, *, undone: bool = False) -> tuple[MergeView, ...]:
        """List the merges in force, and those taken back too when `undone`."""
        with self._reading() as connection:
            return query.list_merges(connection, undone=undone)

    def merge(self, a: int | str, b: int | str) -> MergeView:
        """Join entity `b` to entity `a` by hand; `unmerge` takes it back.

        Raises:
            GraphError: If they are one entity already, or have different types.
        """
        with guarded(self._path), writing(self._connection):
            keep, other = (query.find_entity(self._connection, ref) for ref in (a, b))
            merge_id = resolve.merge_entities(self._connection, keep, other, _now())
            return self._merge(merge_id)

    def unmerge(self, merge_id: int) -> EntitySummary:
        """Take back a merge of any kind and give the entity split off; later documents respect it.

        Raises:
            GraphError: If there is no such merge in force.
        """
        with guarded(self._path), writing(self._connection):
            entity_id = resolve.unmerge(self._connection, merge_id, _now())
            return query.summaries(self._connection, [entity_id])[entity_id]

    def lines(self, format: ExportFormat = "jsonl") -> Iterator[str]:
        """Give the whole graph line by line, without line ends, as one state of it.

        Until the last line is taken, this object can do nothing else.
        """
        if format not in FORMATS:
            raise UsageError(f"the format must be one of {', '.join(FORMATS)}, got {format!r}")
        with self._reading() as connection:
            yield from FORMATS[format](connection)

    def export(self, path: Path | str, format: ExportFormat = "jsonl") -> int:
        """Write the whole graph to a file, whole or not at all, and give the number of lines.

        Raises:
            ArtifactError: If the file cannot be written.
        """
        if _is_one_file(Path(path), self._path):
            raise GraphError("a graph cannot be exported over itself", hint="give another --out")
        num_lines = 0
        with atomic_write(Path(path)) as stream:
            for line in self.lines(format):
                stream.write(line.encode() + b"\n")
                num_lines += 1
        return num_lines

    def _merge(self, merge_id: int) -> MergeView:
        return query.list_merges(self._connection, undone=False, only=merge_id)[0]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with guarded(self._path), reading(self._connection):
            yield self._connection


def _checked_limit(limit: int) -> int:
    if limit < 1:
        raise UsageError(f"limit must be at least 1, got {limit}")
    return min(limit, MAX_LIMIT)


def _is_one_file(path: Path, other: Path) -> bool:
    """Say whether two paths lead to one file, by whatever links and steps up."""
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
