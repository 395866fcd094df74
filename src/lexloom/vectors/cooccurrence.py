"""Vectors by counting: which words stand near each other, weighed by PPMI and reduced.

Levy and Goldberg (2014) show that skip-gram with negative sampling factors such a matrix; the
choices here are those of Levy, Goldberg and Dagan (2015, TACL, section 3). No matrix is ever dense.
`nn.kernels.cooccurrence` counts a piece of the corpus, `vectors.reduction` has the search for
singular vectors.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError, InputError, UsageError
from lexloom.nn.kernels import cooccurrence as kernel
from lexloom.nn.kernels.row_parts import cut, on_threads
from lexloom.nn.kernels.sparse import SparseRows
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors.corpus import MAX_SENTENCE_WORDS, EncodedCorpus
from lexloom.vectors.counting import default_threads
from lexloom.vectors.reduction import Search, truncated_svd

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

ENTRIES_AT_ONCE = 1 << 16
"""Entries of a matrix that are weighed at once, which the caches hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CooccurrenceConfig:
    """What is counted, how it is weighed, and how far it is reduced."""

    dim: int = 100
    """Numbers of a vector."""
    window: int = 5
    """Words on each side that are near."""
    weights: Literal["flat", "harmonic"] = "harmonic"
    """``harmonic``: a word k places away counts 1/k; ``flat``: each counts 1."""
    smoothing: float = 0.75
    """The shares of the words around are taken to this power, so that rare ones count less."""
    shift: float = 1.0
    """Information below the logarithm of this is left out, as with so many negatives."""
    information: Literal["ppmi", "pmi"] = "ppmi"
    """``ppmi``: what stands together less often than by chance, once shifted, counts as never seen;
    ``pmi``: it counts with its negative information."""
    reduction: Literal["svd", "pca"] = "svd"
    """``svd``: the largest singular vectors; ``pca``: those of the matrix less its mean row, which
    leaves out what all words share."""
    singular_power: float = 0.5
    """The singular values are taken to this power; 0 leaves them out."""
    power_iterations: int = 5
    seed: int = 0
    threads: int | None = None
    """None takes all cores; the vectors are the same for any number."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("dim", 1), ("window", 1), ("shift", 1), ("power_iterations", 0)):
            if not getattr(self, name) >= least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("smoothing", "singular_power"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be in [0, 1], got {getattr(self, name)}")
        if self.threads is not None and self.threads < 1:
            raise ConfigError(f"threads must be at least 1, got {self.threads}")


def cooccurrence_vectors(
    corpus: EncodedCorpus,
    config: CooccurrenceConfig,
    *,
    on_numbers: Callable[[int], None] = lambda count: None,
) -> NDArray[np.float32]:
    """Give a vector for each word of a corpus.

    Raises:
        UsageError: If there are fewer words than dimensions.
        InputError: If no words stand together, or none more often than by chance.
    """
    if len(corpus.vocabulary) <= config.dim:
        raise UsageError(
            f"{config.dim} dimensions need more than {len(corpus.vocabulary):,} words",
            hint="lower --dim or --min-count",
        )
    counts = count_pairs(corpus, config, on_numbers=on_numbers)
    if not counts.nnz:
        raise InputError(
            "no word stood beside another, so there was nothing to count",
            hint="give text with sentences in its lines",
        )
    information = pointwise_information(counts, config)
    if not information.nnz:
        raise InputError(
            "no words stand together more often than by chance",
            hint="lower shift, or give more text",
        )
    search = Search(
        dim=config.dim,
        power_iterations=config.power_iterations,
        is_centred=config.reduction == "pca",
        seed=config.seed,
        threads=num_threads(config),
    )
    reduced = truncated_svd(information, search)
    vectors: NDArray[np.float32] = reduced.vectors_VD * reduced.values_D**config.singular_power
    return vectors


def num_threads(config: CooccurrenceConfig) -> int:
    """Give how many threads a setting means here."""
    return default_threads() if config.threads is None else config.threads


def count_pairs(
    corpus: EncodedCorpus,
    config: CooccurrenceConfig,
    *,
    on_numbers: Callable[[int], None] = lambda count: None,
) -> "csr_array":
    """Count the words near each word; a sparse symmetric matrix ``(V, V)``, float32."""
    from scipy.sparse import csr_array

    # no sentence is longer, so words further away never meet
    window = min(config.window, MAX_SENTENCE_WORDS)
    distances = np.arange(1, window + 1, dtype=np.float64)
    weights_W = 1 / distances if config.weights == "harmonic" else np.ones_like(distances)
    total: csr_array | None = None
    for shard in corpus.shards:
        for ids in _pieces(shard):
            piece = kernel.Piece(ids, len(corpus.vocabulary), weights_W)
            counts = kernel.count(piece, num_threads(config))
            total = counts if total is None else total + counts
            on_numbers(len(ids))
    size = len(corpus.vocabulary)
    return csr_array((size, size), dtype=np.float32) if total is None else total


def pointwise_information(counts: "csr_array", config: CooccurrenceConfig) -> "csr_array":
    """Give the pointwise mutual information of counts, smoothed and shifted, in nats.

    Pairs that were never seen have none, nor those below zero where it is to be positive.
    """
    least = 0.0 if config.information == "ppmi" else -np.inf
    starts = counts.indptr.astype(np.int64)
    has_any = np.diff(starts) > 0
    words = np.zeros(len(has_any))
    words[has_any] = np.add.reduceat(counts.data, starts[:-1][has_any], dtype=np.float64)
    around = words**config.smoothing
    with np.errstate(divide="ignore", invalid="ignore"):
        from_words = np.log(around.sum()) - np.log(config.shift) - np.log(words)
        from_around = np.log(around)

    def weigh(rows: tuple[int, int]) -> _Weighed:
        first, last = rows
        part = slice(starts[first], starts[last])
        columns = counts.indices[part].astype(np.int32, copy=False)
        with np.errstate(divide="ignore"):  # a thread does not have the setting of another
            information = np.log(counts.data[part], dtype=np.float64)
        information += np.repeat(from_words[first:last], np.diff(starts[first : last + 1]))
        information -= from_around[columns]
        kept = information > least
        num_kept = np.concatenate([[0], np.cumsum(kept)])[starts[first : last + 1] - starts[first]]
        return _Weighed(information[kept].astype(np.float32), columns[kept], np.diff(num_kept))

    threads = num_threads(config)
    parts = on_threads(weigh, cut(starts, threads, ENTRIES_AT_ONCE), threads)
    return SparseRows(
        np.cumsum(np.concatenate([[0], *(part.num_kept for part in parts)])),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        counts.shape[1],
    ).matrix()


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What is left of some rows."""

    values: NDArray[np.float32]
    columns: NDArray[np.int32]
    num_kept: NDArray[np.int64]
    """For each row."""


def _pieces(shard: NDArray[np.uint32]) -> Iterator[NDArray[np.uint32]]:
    """Give a file's numbers in pieces of whole sentences."""
    start = 0
    while start < len(shard):
        stop = min(start + kernel.num_ids_at_once(), len(shard))
        while stop < len(shard) and shard[stop - 1] != SENTENCE_END:
            stop += 1
        yield np.asarray(shard[start:stop])
        start = stop
