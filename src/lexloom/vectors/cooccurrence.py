"""Vectors by counting: which words stand near each other, weighed by PPMI and reduced.

Levy and Goldberg (2014) show that skip-gram with negative sampling factors such a matrix; the
choices here are those of Levy, Goldberg and Dagan (2015, TACL, section 3). No matrix is ever dense.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lexloom import seeds
from lexloom.errors import ConfigError, UsageError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors.corpus import EncodedCorpus

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

PIECE_IDS = 1 << 21
"""Numbers of the corpus that are counted at once."""
OVERSAMPLING = 10
"""More dimensions in the search for the largest (Halko et al., 2011, arXiv:0909.4061)."""


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
    reduction: Literal["svd", "pca"] = "svd"
    """``svd``: the largest singular vectors; ``pca``: those of the matrix less its mean row, which
    leaves out what all words share."""
    singular_power: float = 0.5
    """The singular values are taken to this power; 0 leaves them out."""
    power_iterations: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("dim", 1), ("window", 1), ("shift", 1), ("power_iterations", 0)):
            if not getattr(self, name) >= least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("smoothing", "singular_power"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must be in [0, 1], got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Reduced:
    """The largest singular values of a matrix, descending, and their left vectors."""

    vectors_VD: NDArray[np.float32]
    values_D: NDArray[np.float32]


def cooccurrence_vectors(
    corpus: EncodedCorpus,
    config: CooccurrenceConfig,
    *,
    on_numbers: Callable[[int], None] = lambda count: None,
) -> NDArray[np.float32]:
    """Give a vector for each word of a corpus.

    Raises:
        UsageError: If there are fewer words than dimensions.
    """
    if len(corpus.vocabulary) <= config.dim:
        raise UsageError(
            f"{config.dim} dimensions need more than {len(corpus.vocabulary):,} words",
            hint="lower --dim or --min-count",
        )
    counts = count_pairs(corpus, config, on_numbers=on_numbers)
    reduced = truncated_svd(ppmi(counts, config), config)
    vectors: NDArray[np.float32] = reduced.vectors_VD * reduced.values_D**config.singular_power
    return vectors


def count_pairs(
    corpus: EncodedCorpus,
    config: CooccurrenceConfig,
    *,
    on_numbers: Callable[[int], None] = lambda count: None,
) -> "csr_array":
    """Count the words near each word; a sparse symmetric matrix ``(V, V)``, float32."""
    from scipy.sparse import csr_array

    size = len(corpus.vocabulary)
    counts = csr_array((size, size), dtype=np.float32)
    for shard in corpus.shards:
        for start in range(0, len(shard), PIECE_IDS):
            # the last words of the piece meet the first of the next
            piece = np.asarray(shard[start : start + PIECE_IDS + config.window])
            counts = counts + _count_piece(piece, min(PIECE_IDS, len(shard) - start), size, config)
            on_numbers(min(PIECE_IDS, len(shard) - start))
    return counts + counts.T


def ppmi(counts: "csr_array", config: CooccurrenceConfig) -> "csr_array":
    """Give the positive pointwise mutual information of counts, smoothed and shifted, in nats."""
    from scipy.sparse import csr_array

    words = np.asarray(counts.sum(1), np.float64).ravel()
    around = words**config.smoothing
    entries = counts.tocoo()
    with np.errstate(divide="ignore"):
        information = (
            np.log(entries.data.astype(np.float64))
            + np.log(around.sum())
            - np.log(words[entries.row])
            - np.log(around[entries.col])
            - np.log(config.shift)
        )
    kept = information > 0
    values = information[kept].astype(np.float32)
    return csr_array((values, (entries.row[kept], entries.col[kept])), shape=counts.shape)


def truncated_svd(matrix: "csr_array", config: CooccurrenceConfig) -> Reduced:
    """Give the largest singular values by a randomised search (Halko et al., 2011)."""
    width = min(config.dim + OVERSAMPLING, *matrix.shape)
    generator = np.random.default_rng(seeds.derive(config.seed, "cooccurrence"))
    rows = _Rows(matrix, is_centred=config.reduction == "pca")
    start_VK = generator.standard_normal((matrix.shape[1], width), "f4")
    range_VK, _ = np.linalg.qr(rows.times(start_VK))
    for _ in range(config.power_iterations):
        # orthogonal each time, or the largest would swallow the rest
        other_VK, _ = np.linalg.qr(rows.transposed_times(range_VK))
        range_VK, _ = np.linalg.qr(rows.times(other_VK))
    left_KK, values_K, _ = np.linalg.svd(rows.transposed_times(range_VK).T, full_matrices=False)
    vectors_VD = (range_VK @ left_KK)[:, : config.dim]
    return Reduced(vectors_VD.astype(np.float32), values_K[: config.dim].astype(np.float32))


class _Rows:
    """A sparse matrix, less the mean of its rows if wanted, which would be dense; see `times`."""

    def __init__(self, matrix: "csr_array", *, is_centred: bool) -> None:
        self._matrix = matrix
        mean_V = np.asarray(matrix.mean(0), np.float32).ravel()
        self._mean_V = mean_V if is_centred else np.zeros_like(mean_V)

    def times(self, other_VK: NDArray[np.float32]) -> NDArray[np.float32]:
        product_VK: NDArray[np.float32] = self._matrix @ other_VK - self._mean_V @ other_VK
        return product_VK

    def transposed_times(self, other_VK: NDArray[np.float32]) -> NDArray[np.float32]:
        shared_VK = np.outer(self._mean_V, other_VK.sum(0))
        product_VK: NDArray[np.float32] = self._matrix.T @ other_VK - shared_VK
        return product_VK


def _count_piece(
    piece: NDArray[np.uint32], length: int, size: int, config: CooccurrenceConfig
) -> "csr_array":
    """Count each pair of a piece once, the first word being among the first `length`."""
    from scipy.sparse import coo_array

    # words of one sentence have the same number of ends before them
    sentence = np.cumsum(piece == SENTENCE_END)
    rows, columns, weights = [], [], []
    for distance in range(1, config.window + 1):
        stop = max(0, min(length, len(piece) - distance))
        first, second = piece[:stop], piece[distance : distance + stop]
        # an end counts itself, so a pair across it differs, and the end itself is no word
        near = (sentence[:stop] == sentence[distance : distance + stop]) & (first != SENTENCE_END)
        rows.append(first[near].astype(np.int32))
        columns.append(second[near].astype(np.int32))
        weight = 1 / distance if config.weights == "harmonic" else 1.0
        weights.append(np.full(len(rows[-1]), weight, np.float32))
    places = np.concatenate(rows), np.concatenate(columns)
    return coo_array((np.concatenate(weights), places), shape=(size, size)).tocsr()
