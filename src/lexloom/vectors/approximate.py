"""Nearest words by a graph of neighbours: fast, as few words are compared, and nearly always right.

The graph is usearch's (HNSW; Malkov and Yashunin, 2018, arXiv:1603.09320). `keyed.WordVectors` asks
all words, which is exact and what is done if nothing else is said.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import MANIFEST, sealed_directory, verify_directory, write_json
from lexloom.config import from_mapping, read_table, to_mapping
from lexloom.errors import ArtifactError, ConfigError, UsageError
from lexloom.vectors.extras import import_extra
from lexloom.vectors.keyed import Neighbours, WordVectors

GRAPH, RECORD = "graph.usearch", "index.json"
ROWS_AT_ONCE = 1 << 12
SAMPLE_ROWS = 256
"""Vectors that tell, with all words, whether an index is that of the vectors at hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexConfig:
    """How many neighbours the graph has, and how far it is searched."""

    connectivity: int = 16
    """Neighbours of a word in the graph."""
    expansion_add: int = 128
    """Candidates that are looked at to find them."""
    expansion_search: int = 128
    """Candidates that are looked at for an answer; more find more of the true neighbours."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("connectivity", "expansion_add", "expansion_search"):
            if not 2 <= getattr(self, name) <= 1 << 16:
                raise ConfigError(f"{name} must be in [2, 65536], got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexRecord:
    """What an index says about itself."""

    config: IndexConfig
    vectors: str
    """A fingerprint of the vectors that it was made from."""


class NeighbourIndex:
    """Finds the words that are likely to be nearest, and compares with them exactly."""

    def __init__(self, graph: Any, vectors: WordVectors, config: IndexConfig) -> None:
        self._graph = graph
        self._graph.expansion_search = config.expansion_search
        self.vectors = vectors
        self.config = config

    @classmethod
    def build(
        cls,
        vectors: WordVectors,
        config: IndexConfig | None = None,
        *,
        threads: int | None = None,
        on_words: Callable[[int], None] = lambda count: None,
    ) -> "NeighbourIndex":
        """Make the graph.

        Args:
            vectors: The vectors; those that are all zero are near to nothing and left out.
            config: How dense the graph is.
            threads: None takes all cores; one alone makes the same graph each time.
            on_words: Is told how many words went by.

        Raises:
            MissingDependencyError: If usearch is not installed.
        """
        config = config or IndexConfig()
        graph = _new_graph(vectors.vector_size, config)
        for start in range(0, len(vectors), ROWS_AT_ONCE):
            rows = np.asarray(vectors.vectors[start : start + ROWS_AT_ONCE], np.float32)
            places = np.flatnonzero(rows.any(1))
            if len(places):
                unit = rows[places] / vectors.norms[start + places][:, None]
                graph.add((start + places).astype(np.uint64), unit, threads=threads or 0)
            on_words(len(rows))
        return cls(graph, vectors, config)

    def save(self, folder: Path) -> None:
        """Write the index into a folder, whole or not at all."""
        record = IndexRecord(config=self.config, vectors=fingerprint(self.vectors))
        with sealed_directory(folder) as temporary:
            self._graph.save(str(temporary / GRAPH))
            write_json(temporary / RECORD, to_mapping(record))

    @classmethod
    def load(cls, folder: Path, vectors: WordVectors) -> "NeighbourIndex":
        """Map an index into memory.

        Raises:
            ArtifactError: If it is missing or damaged.
            UsageError: If it was made from other vectors.
            MissingDependencyError: If usearch is not installed.
        """
        verify_directory(folder)
        if not (folder / RECORD).is_file():
            raise ArtifactError(f"{folder} holds no index", hint="give a folder of --index")
        record = from_mapping(IndexRecord, read_table(folder / RECORD), where=RECORD)
        if record.vectors != fingerprint(vectors):
            raise UsageError(
                f"the index in {folder} was made from other vectors",
                hint="remove it to make it anew, or give another folder",
            )
        graph = _new_graph(vectors.vector_size, record.config)
        graph.view(str(folder / GRAPH))
        return cls(graph, vectors, record.config)

    def nearest(self, words: Sequence[str], topn: int = 10) -> list[Neighbours]:
        """Give the nearest words of each word, with their exact cosines.

        Raises:
            UsageError: If a word has no vector, or `topn` is below 1.
        """
        places = [self.vectors.place(word) for word in words]
        pairs = zip(self.vectors.unit(words), places, strict=True)
        return [self._near(unit_D, topn, place) for unit_D, place in pairs]

    def similar_by_vector(self, vector: NDArray[np.float32], topn: int = 10) -> Neighbours:
        """Give the words nearest to a vector, with their exact cosines."""
        length = np.linalg.norm(vector)
        unit_D = np.asarray(vector, np.float32) / (length or 1)
        return self._near(unit_D.astype(np.float32), topn, None)

    def _near(self, unit_D: NDArray[np.float32], topn: int, left_out: int | None) -> Neighbours:
        if topn < 1:
            raise UsageError(f"topn must be at least 1, got {topn}")
        wanted = topn + (left_out is not None)
        if not unit_D.any() or wanted > len(self._graph):
            # what is near to nothing, and what the graph is too small for
            found = self.vectors.similar_by_vector(unit_D, wanted)
            name = None if left_out is None else self.vectors.index_to_key[left_out]
            return [pair for pair in found if pair[0] != name][:topn]
        keys = np.asarray(self._graph.search(unit_D, wanted).keys).astype(np.int64)
        keys = keys[keys != left_out]
        cosines = self.vectors.vectors[keys] @ unit_D / self.vectors.norms[keys]
        order = np.lexsort((keys, -cosines))[:topn]
        words = self.vectors.index_to_key
        return [(words[keys[at]], float(cosines[at])) for at in order.tolist()]


def is_built(folder: Path) -> bool:
    """Whether a folder holds an index that was written to its end."""
    return (folder / MANIFEST).is_file()


def fingerprint(vectors: WordVectors) -> str:
    """Give a hash of all words and of some vectors, spread over all."""
    digest = hashlib.sha256("\n".join(vectors.index_to_key).encode("utf-8", "replace"))
    rows = np.unique(np.linspace(0, len(vectors) - 1, SAMPLE_ROWS).astype(np.int64))
    digest.update(np.ascontiguousarray(vectors.vectors[rows], "<f4").tobytes())
    return digest.hexdigest()


def _new_graph(dim: int, config: IndexConfig) -> Any:
    module = import_extra("usearch.index", package="usearch", extra="index")
    return module.Index(
        ndim=dim,
        metric="cos",
        dtype="f32",
        connectivity=config.connectivity,
        expansion_add=config.expansion_add,
        expansion_search=config.expansion_search,
    )
