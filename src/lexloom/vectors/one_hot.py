"""The first rung: one-hot words, and sentences as counts or TF-IDF of their words, all sparse.

Such matrices have a column a word, so made dense they would seldom fit into memory; they refuse it
unless they are told how much memory they may take.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import UsageError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.vectors.corpus import EncodedCorpus

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

Weighting = Literal["binary", "count", "tfidf"]


@dataclass(frozen=True, slots=True)
class SparseRows:
    """Rows with a column for each word, most of them zero."""

    matrix: "csr_array"
    words: list[str]
    """What the columns stand for."""

    def dense(self, max_bytes: int) -> NDArray[np.float32]:
        """Give the rows with all their zeros.

        Raises:
            UsageError: If they would take more memory than that.
        """
        size_bytes = 4 * self.matrix.shape[0] * self.matrix.shape[1]
        if size_bytes > max_bytes:
            raise UsageError(
                f"dense, these rows would take {size_bytes:,} bytes, more than {max_bytes:,}",
                hint="use .matrix, which is sparse, or allow more",
            )
        rows: NDArray[np.float32] = self.matrix.toarray().astype(np.float32)
        return rows

    def __array__(self, *_: Any, **__: Any) -> NDArray[np.float32]:
        """Refuse to become dense without being asked.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            "sparse rows do not become dense by themselves",
            hint="use .matrix, or .dense(max_bytes=...)",
        )


def one_hot(words: list[str]) -> SparseRows:
    """Give each word a row that is 1 in its own column."""
    from scipy.sparse import csr_array, eye_array

    return SparseRows(csr_array(eye_array(len(words), dtype=np.float32)), words)


def sentence_rows(corpus: EncodedCorpus, weighting: Weighting = "count") -> SparseRows:
    """Give each sentence a row: the sum of its words' one-hot rows, or a weighing of it.

    Args:
        corpus: The sentences.
        weighting: ``count``: how often each word stands in the sentence; ``binary``: whether it
            does; ``tfidf``: its count times ``ln((1 + N) / (1 + n)) + 1`` where n of N sentences
            have it, each row then being brought to length 1.
    """
    from scipy.sparse import csr_array

    columns, ends = [], [np.zeros(1, np.int64)]
    for shard in corpus.shards:
        is_end = np.asarray(shard == SENTENCE_END)
        columns.append(np.asarray(shard)[~is_end].astype(np.int64))
        ends.append(ends[-1][-1] + np.cumsum(~is_end)[is_end])
    starts, places = np.concatenate(ends), np.concatenate(columns)
    shape = len(starts) - 1, len(corpus.vocabulary)
    matrix = csr_array((np.ones(len(places), np.float32), places, starts), shape=shape)
    matrix.sum_duplicates()
    if weighting == "binary":
        matrix.data[:] = 1
    elif weighting == "tfidf":
        _weigh(matrix)
    return SparseRows(matrix, corpus.vocabulary.words)


def _weigh(matrix: "csr_array") -> None:
    """Weigh counts by how rare their words are, in place (Spärck Jones, 1972)."""
    num_rows = matrix.shape[0]
    num_with = np.bincount(matrix.indices, minlength=matrix.shape[1])
    matrix.data *= (np.log((1 + num_rows) / (1 + num_with)) + 1)[matrix.indices]
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    matrix.data /= np.repeat(lengths, np.diff(matrix.indptr))
