"""Answers in words: what comes next, what fills a blank, and text that the model writes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError, InputError
from lexloom.seeds import derive
from lexloom.vectors.ngram.language import LanguageModel
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, END_ID, UNKNOWN_ID, Sentences, Vocabulary

BLANK = "___"
"""What stands for the word that is asked for."""
SEQUENCES_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class Answer:
    """One word, and how likely it is."""

    word: str
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateConfig:
    """How text is drawn."""

    max_words: int = 50
    """Units after which a sentence is left as it is, the prompt not counted."""
    temperature: float = 1.0
    """Below 1 the likely words become likelier, above 1 less so."""
    top_k: int | None = None
    """Only so many of the likeliest words can be drawn; None for all."""
    seed: int = 0
    """The same seed gives the same text."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.max_words < 1:
            raise ConfigError(f"max_words must be at least 1, got {self.max_words}")
        if not 0 < self.temperature < math.inf:
            raise ConfigError(f"temperature must be a number above 0, got {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top_k must be at least 1, got {self.top_k}")


def next_words(model: LanguageModel, context: Sequence[str], num_answers: int = 10) -> list[Answer]:
    """Give the likeliest words behind the beginning of a sentence; its end is one of them."""
    ids = [BEGIN_ID, *model.vocabulary.encode(context).tolist()]
    return _answers(model.vocabulary, model.distribution(ids), num_answers)


def fill_blank(model: LanguageModel, words: Sequence[str], num_answers: int = 10) -> list[Answer]:
    """Give the words that fit best where `BLANK` stands in a sentence.

    Each word of the vocabulary is put there, and the probabilities of the sentences, which differ
    in the n-grams over the blank only, are made to sum to 1.

    Raises:
        InputError: If there is not one blank, or the model holds every filling for impossible.
    """
    places = [place for place, word in enumerate(words) if word == BLANK]
    if len(places) != 1:
        raise InputError(
            f"one word must be the blank {BLANK}, got {len(places)} of them",
            hint=f"write for example: the {BLANK} barks",
        )
    before = [BEGIN_ID, *model.vocabulary.encode(words[: places[0]]).tolist()]
    behind = [*model.vocabulary.encode(words[places[0] + 1 :]).tolist(), END_ID]
    log_probs = _log_fillings(model, before[-(model.order - 1) :], behind[: model.order - 1])
    best = log_probs.max()
    if np.isneginf(best):
        raise InputError(
            "the model gives no word any probability there",
            hint="train with a smoothing other than maximum-likelihood",
        )
    probabilities = 10 ** (log_probs - best)
    return _answers(model.vocabulary, probabilities / probabilities.sum(), num_answers)


def _log_fillings(
    model: LanguageModel, before: Sequence[int], behind: Sequence[int]
) -> NDArray[np.float64]:
    """Give the log probability of each word between others, and of the others behind it."""
    if model.order == 1:
        before, behind = [BEGIN_ID], []
    found = np.empty(len(model.vocabulary))
    width = len(before) + 1 + len(behind)
    for first in range(0, len(found), SEQUENCES_AT_ONCE):
        words = np.arange(first, min(len(found), first + SEQUENCES_AT_ONCE), dtype=np.int32)
        rows = np.empty((len(words), width), np.int32)
        rows[:, : len(before)] = before
        rows[:, len(before)] = words
        rows[:, len(before) + 1 :] = behind
        scores = model.score_tokens(Sentences(rows.ravel(), np.arange(len(words)) * width))
        found[words] = scores.log_probs.reshape(rows.shape)[:, len(before) :].sum(axis=1)
    found[[BEGIN_ID, END_ID]] = -np.inf  # a border of a sentence is no filling
    return found


def generate(
    model: LanguageModel, prompt: Sequence[str], config: GenerateConfig, number: int = 0
) -> Iterator[str]:
    """Draw the words that follow a prompt one by one, until the sentence ends.

    The unknown word is never drawn. `number` tells apart the texts of one seed.
    """
    generator = np.random.default_rng(derive(config.seed, "ngram generate", number))
    ids = [BEGIN_ID, *model.vocabulary.encode(prompt).tolist()]
    for _ in range(config.max_words):
        probabilities = _sharpened(model.distribution(ids), config)
        if probabilities is None:
            return
        id = int(generator.choice(len(probabilities), p=probabilities))
        if id == END_ID:
            return
        ids.append(id)
        yield model.vocabulary.words[id]


def _sharpened(
    probabilities: NDArray[np.float64], config: GenerateConfig
) -> NDArray[np.float64] | None:
    """Apply the temperature and the limit; None where nothing can be drawn."""
    probabilities[UNKNOWN_ID] = 0
    best = probabilities.max()
    if best <= 0:
        return None
    sharpened: NDArray[np.float64] = (probabilities / best) ** (1 / config.temperature)
    if config.top_k is not None and config.top_k < len(sharpened):
        others = np.argsort(-sharpened, kind="stable")[config.top_k :]
        sharpened[others] = 0
    sharpened /= sharpened.sum()
    return sharpened


def _answers(
    vocabulary: Vocabulary, probabilities: NDArray[np.float64], num_answers: int
) -> list[Answer]:
    """Give the likeliest words; of equally likely ones the more frequent come first."""
    best = np.argsort(-probabilities, kind="stable")[:num_answers]
    return [
        Answer(vocabulary.words[id], float(probabilities[id]))
        for id in best.tolist()
        if probabilities[id] > 0
    ]
