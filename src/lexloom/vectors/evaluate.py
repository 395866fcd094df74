"""Score word vectors: similarity of word pairs against people's, and analogies by section.

What the vectors do not know is left out of a score and counted beside it, so that a score is never
read without its coverage. `vectors.evaluation_sets` reads the sets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import UsageError
from lexloom.vectors.evaluation_sets import Pair, Question, Questions
from lexloom.vectors.keyed import EPSILON, WordVectors

MAX_ANALOGY_WORDS = 300_000
"""Answers are looked for among so many words, the most frequent, if nothing else is said."""
QUESTIONS_AT_ONCE = 256

Method = Literal["3cosadd", "3cosmul"]


@dataclass(frozen=True, slots=True)
class SimilarityScore:
    """How vectors and people agree about pairs."""

    name: str
    spearman: float | None
    """The correlation of ranks over the pairs that are known; None for fewer than two."""
    num_pairs: int
    num_known: int
    """Pairs of which both words have a vector."""


@dataclass(frozen=True, slots=True)
class SectionScore:
    """How many analogies of a kind are answered right."""

    section: str
    num_questions: int
    num_known: int
    """Questions of which all four words are among those that are searched."""
    num_correct: int

    @property
    def accuracy(self) -> float | None:
        """Give the share of the known questions that are answered right."""
        return self.num_correct / self.num_known if self.num_known else None


@dataclass(frozen=True, slots=True)
class AnalogyScore:
    """How many analogies are answered right, in all and by section."""

    name: str
    method: Method
    num_words: int
    """Words among which the answers were searched."""
    total: SectionScore
    sections: list[SectionScore]


def similarity(vectors: WordVectors, pairs: Sequence[Pair], name: str = "") -> SimilarityScore:
    """Correlate the cosines of word pairs with people's scores (Spearman)."""
    known = [
        (a, b, pair.score)
        for pair in pairs
        if (a := _known(vectors, pair.first)) is not None
        and (b := _known(vectors, pair.second)) is not None
    ]
    spearman = None
    if len(known) >= 2:
        places = np.array([(a, b) for a, b, _ in known])
        unit_N2D = vectors.vectors[places] / vectors.norms[places][..., None]
        cosines = np.einsum("nd,nd->n", unit_N2D[:, 0], unit_N2D[:, 1])
        spearman = correlate_ranks(cosines, np.array([score for *_, score in known]))
    return SimilarityScore(name, spearman, len(pairs), len(known))


def analogies(
    vectors: WordVectors,
    questions: Questions,
    name: str = "",
    *,
    method: Method = "3cosadd",
    max_words: int = MAX_ANALOGY_WORDS,
) -> AnalogyScore:
    """Answer analogies by the nearest word that is none of the three given.

    Args:
        vectors: The vectors, the most frequent words first.
        questions: The analogies.
        name: What the score is called.
        method: 3CosAdd (Mikolov et al., 2013) or 3CosMul (Levy and Goldberg, 2014).
        max_words: Answers are searched among so many words; others are unknown.
    """
    if max_words < 1:
        raise UsageError(f"max_words must be at least 1, got {max_words}")
    num_words = min(max_words, len(vectors))
    unit_VD = vectors.vectors[:num_words] / vectors.norms[:num_words, None]
    sections = []
    for section, asked in questions.items():
        places = [
            found
            for question in asked
            if (found := _places(vectors, question, num_words)) is not None
        ]
        correct = sum(
            int((_answers(unit_VD, part, method) == part[:, 3]).sum())
            for part in _parts(np.array(places, np.int64).reshape(-1, 4))
        )
        sections.append(SectionScore(section, len(asked), len(places), correct))
    total = SectionScore(
        "total",
        sum(section.num_questions for section in sections),
        sum(section.num_known for section in sections),
        sum(section.num_correct for section in sections),
    )
    return AnalogyScore(name, method, num_words, total, sections)


def correlate_ranks(first: NDArray[np.floating], second: NDArray[np.floating]) -> float | None:
    """Give Spearman's correlation; equal values share the mean of their ranks.

    None where all values of a side are equal, for which there is none.
    """
    a, b = (_ranks(np.asarray(values)) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale else None


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks


def _answers(
    unit_VD: NDArray[np.float32], places_N4: NDArray[np.int64], method: Method
) -> NDArray[np.int64]:
    a_ND, b_ND, c_ND = (unit_VD[places_N4[:, column]] for column in range(3))
    if method == "3cosadd":
        scores_NV = (b_ND - a_ND + c_ND) @ unit_VD.T
    else:
        a_NV, b_NV, c_NV = ((1 + side @ unit_VD.T) / 2 for side in (a_ND, b_ND, c_ND))
        scores_NV = b_NV * c_NV / (a_NV + EPSILON)
    np.put_along_axis(scores_NV, places_N4[:, :3], -np.inf, axis=1)
    best: NDArray[np.int64] = scores_NV.argmax(1)
    return best


def _parts(places_N4: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(places_N4), QUESTIONS_AT_ONCE):
        yield places_N4[start : start + QUESTIONS_AT_ONCE]


def _places(vectors: WordVectors, question: Question, num_words: int) -> list[int] | None:
    words = (question.a, question.b, question.c, question.d)
    places = [place for word in words if (place := _known(vectors, word)) is not None]
    return places if len(places) == 4 and max(places) < num_words else None


def _known(vectors: WordVectors, word: str) -> int | None:
    """Give the place of a word, or else of its lower case."""
    place = vectors.key_to_index.get(word)
    return vectors.key_to_index.get(word.lower()) if place is None else place
