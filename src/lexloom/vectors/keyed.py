"""Word vectors and what is asked of them: neighbours, analogies, similarity, the odd one out.

Methods are named as in gensim's KeyedVectors, and give the same. `vectors.formats` reads and writes
the files of other tools; `vectors.evaluate` scores vectors on word pairs and analogies.
"""

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.formats import read_vectors, write_vectors
from lexloom.vectors.spelling import nearest_spellings
from lexloom.vectors.word_table import WordTable

SCORES_AT_ONCE = 1 << 24
"""Most similarities that are in memory at a time."""
ROWS_AT_ONCE = 1 << 12
"""Vectors that are widened at a time."""
EPSILON = 1e-6
"""Keeps 3CosMul from dividing by zero (Levy and Goldberg, 2014)."""
LEAST_NORM = 1e-15
"""The squares of shorter vectors lose digits in single precision, or all of them."""

Neighbours = list[tuple[str, float]]
"""Words with their scores, best first."""


class WordVectors:
    """V words with a vector of D numbers each."""

    def __init__(
        self,
        words: Sequence[str],
        vectors_VD: NDArray[np.float32],
        counts: NDArray[np.int64] | None = None,
    ) -> None:
        """Set up.

        Args:
            words: The words, the most frequent first where that is known.
            vectors_VD: Their vectors; may be mapped from a file.
            counts: How often each came.

        Raises:
            ArtifactError: If a word comes twice, or the numbers of words and vectors differ.
        """
        self.index_to_key = list(words)
        self.key_to_index = {word: place for place, word in enumerate(self.index_to_key)}
        self.vectors = vectors_VD
        self.counts = counts
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.index_to_key):
            raise ArtifactError(
                f"{len(self.index_to_key):,} words need as many vectors,"
                f" got an array of the shape {self.vectors.shape}"
            )
        if len(self.key_to_index) != len(self.index_to_key):
            first, word = next(
                (place, word)
                for place, word in enumerate(self.index_to_key)
                if self.key_to_index[word] != place
            )
            second = self.index_to_key.index(word, first + 1)
            raise ArtifactError(
                f"the word {word!r} has two vectors, numbers {first + 1:,} and {second + 1:,}",
                hint="remove one of them from the file",
            )

    @classmethod
    def load(cls, path: Path | str) -> "WordVectors":
        """Read vectors: a folder that ``lexloom vectors train`` wrote, or a file of another tool.

        The content decides the format: safetensors, word2vec text or binary, GloVe text,
        fastText's ``.vec``. Vectors in safetensors are mapped into memory, not read.

        Raises:
            ArtifactError: If there is nothing, or it is damaged.
        """
        table = read_vectors(Path(path))
        return cls(table.words, table.vectors_VD, table.counts)

    def save(self, path: Path | str, form: str = "safetensors") -> None:
        """Write the vectors to a file; see `vectors.formats.FORMS` for the forms."""
        write_vectors(WordTable(self.index_to_key, self.vectors), Path(path), form)

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __contains__(self, word: object) -> bool:
        return word in self.key_to_index

    def __getitem__(self, word: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.vectors[self.place(word)]
        return vector

    @property
    def vector_size(self) -> int:
        """Give the number of dimensions."""
        return int(self.vectors.shape[1])

    def place(self, word: str) -> int:
        """Give the place of a word among the vectors.

        Raises:
            UsageError: If the word has none; the nearest spellings are named.
        """
        try:
            return self.key_to_index[word]
        except KeyError:
            near = nearest_spellings(word, self.index_to_key)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise UsageError(f"there is no vector for {word!r}", hint=hint) from None

    @functools.cached_property
    def norms(self) -> NDArray[np.float32]:
        """The length of each vector; 1 where all is zero, so that it is like nothing.

        Raises:
            ArtifactError: If a vector holds what is no number.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.einsum("vd,vd->v", self.vectors, self.vectors)
            norms: NDArray[np.float32] = np.sqrt(squares).astype(np.float32)
        # squares of very small and very large numbers are beyond single precision
        places = np.flatnonzero(~np.isfinite(norms) | (norms < LEAST_NORM))
        for start in range(0, len(places), ROWS_AT_ONCE):
            part = places[start : start + ROWS_AT_ONCE]
            exact = np.linalg.norm(self.vectors[part].astype(np.float64), axis=1)
            if not (exact < np.finfo(np.float32).max).all():
                word = self.index_to_key[part[~(exact < np.finfo(np.float32).max)][0]]
                raise ArtifactError(f"the vector of {word!r} holds what is no number or too large")
            norms[part] = exact
        norms[norms == 0] = 1
        return norms

    def unit(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Give the vectors of N words, each of length 1; shape ``(N, D)``."""
        places = [self.place(word) for word in words]
        unit_ND: NDArray[np.float32] = self.vectors[places] / self.norms[places][:, None]
        return unit_ND

    def similarity(self, first: str, second: str) -> float:
        """Give the cosine of two words."""
        a, b = self.unit([first, second])
        return float(a @ b)

    def n_similarity(self, first: str | Sequence[str], second: str | Sequence[str]) -> float:
        """Give the cosine of the means of two sets of words."""
        means = []
        for words in map(_listed, (first, second)):
            if not words:
                raise UsageError("both sets must hold a word")
            means.append(_unit(self.vectors[[self.place(word) for word in words]].mean(0)))
        return float(means[0] @ means[1])

    def doesnt_match(self, words: str | Sequence[str]) -> str:
        """Give the word that is least like the mean of all."""
        words = _listed(words)
        if not words:
            raise UsageError("give words to choose from")
        unit_ND = self.unit(words)
        return words[int(np.argmin(unit_ND @ _unit(unit_ND.mean(0))))]

    def most_similar(
        self,
        positive: str | Sequence[str] = (),
        negative: str | Sequence[str] = (),
        topn: int = 10,
    ) -> Neighbours:
        """Give the words nearest to the sum of some, less others: 3CosAdd for analogies.

        The words themselves are not among them. A string is one word.
        """
        near, far = _listed(positive), _listed(negative)
        if not near and not far:
            raise UsageError("give at least one word")
        signs = np.repeat(np.array([1, -1], np.float32), [len(near), len(far)])
        unit_ND = self.unit([*near, *far])
        scores_V = self._cosines(_unit(signs @ unit_ND)[None])[0]
        return self._best(scores_V, [*near, *far], topn)

    def most_similar_cosmul(
        self,
        positive: str | Sequence[str],
        negative: str | Sequence[str] = (),
        topn: int = 10,
    ) -> Neighbours:
        """Give the words nearest to all of some and far from others, by products: 3CosMul."""
        words = [*_listed(positive), *_listed(negative)]
        num_near = len(_listed(positive))
        if not num_near:
            raise UsageError("give at least one word")
        cosines_NV = (1 + self._cosines(self.unit(words))) / 2
        near, far = cosines_NV[:num_near].prod(0), cosines_NV[num_near:].prod(0)
        return self._best(near / (far + EPSILON), words, topn)

    def similar_by_vector(self, vector: NDArray[np.float32], topn: int = 10) -> Neighbours:
        """Give the words nearest to a vector."""
        scores_V = self._cosines(_unit(np.asarray(vector, np.float32))[None])[0]
        return self._best(scores_V, [], topn)

    def nearest(self, words: str | Sequence[str], topn: int = 10) -> list[Neighbours]:
        """Give the nearest words of each word, by one matrix product for many."""
        words = _listed(words)
        found: list[Neighbours] = []
        step = max(1, SCORES_AT_ONCE // max(len(self), 1))
        for start in range(0, len(words), step):
            part = words[start : start + step]
            scores_NV = self._cosines(self.unit(part))
            pairs = zip(scores_NV, part, strict=True)
            found += [self._best(scores_V, [word], topn) for scores_V, word in pairs]
        return found

    def _cosines(self, unit_ND: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the cosine of each of N vectors of length 1 with all words."""
        cosines_NV: NDArray[np.float32] = (unit_ND @ self.vectors.T) / self.norms
        return cosines_NV

    def _best(
        self, scores_V: NDArray[np.float32], left_out: Sequence[str], topn: int
    ) -> Neighbours:
        if topn < 1:
            raise UsageError(f"topn must be at least 1, got {topn}")
        scores_V[[self.key_to_index[word] for word in left_out]] = -np.inf
        count = min(topn, len(self) - len(set(left_out)))
        if count < 1:
            return []
        best = np.argpartition(-scores_V, count - 1)[:count]
        best = best[np.lexsort((best, -scores_V[best]))]
        return [(self.index_to_key[place], float(scores_V[place])) for place in best.tolist()]


def _listed(words: str | Sequence[str]) -> list[str]:
    """Give words as a list; a string is one word and not its characters, as gensim has it."""
    return [words] if isinstance(words, str) else list(words)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = np.linalg.norm(vector)
    return vector / norm if norm else vector
