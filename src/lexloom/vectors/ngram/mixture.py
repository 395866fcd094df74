"""Two language models as one: the weighted mean of their probabilities (Jelinek and Mercer, 1980).

Models that err in different places are better together than the better one alone; an n-gram model
and a neural one do (Bengio et al., 2003, section 4).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError, InputError, UsageError
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.language import LanguageModel
from lexloom.vectors.ngram.model import TokenScores
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Ids, Sentences, Vocabulary

Floats = NDArray[np.float64]

NUM_HALVINGS = 40
READING = ("unit", "lowercase")
"""Settings in which both models must agree."""


class Mixture:
    """A language model that is ``weight`` times the first and the rest of 1 times the second."""

    def __init__(self, first: LanguageModel, second: LanguageModel, weight: float) -> None:
        """Set up.

        Raises:
            ConfigError: If the weight is not in [0, 1].
            UsageError: If the models do not read text alike, or do not know the same words.
        """
        if not 0.0 <= weight <= 1.0:
            raise ConfigError(f"weight must be in [0, 1], got {weight}")
        self.first, self.second = first, second
        self.weight = weight
        self.vocabulary: Vocabulary = first.vocabulary
        self.config: NgramConfig = first.config
        self._second_ids = _ids_of_second(first, second)

    @property
    def order(self) -> int:
        """Words that a prediction hangs on, the predicted one with them."""
        return max(self.first.order, self.second.order)

    def with_weight(self, weight: float) -> "Mixture":
        """Give the mixture of the same models with another weight."""
        return Mixture(self.first, self.second, weight)

    def score_tokens(self, sentences: Sentences) -> TokenScores:
        """Give the log probability (base 10) of each token; 0 where a sentence begins."""
        first, second = self._both(sentences)
        with np.errstate(divide="ignore"):  # a model of weight 0 adds nothing
            logs = np.log(self.weight), np.log1p(-self.weight)
        ten = np.log(10.0)
        mixed = np.logaddexp(first.log_probs * ten + logs[0], second.log_probs * ten + logs[1])
        log_probs = np.where(sentences.ids == BEGIN_ID, 0.0, mixed / ten)
        return TokenScores(log_probs, np.maximum(first.orders, second.orders))

    def _both(self, sentences: Sentences) -> tuple[TokenScores, TokenScores]:
        others = Sentences(self._second_ids[sentences.ids], sentences.starts)
        return self.first.score_tokens(sentences), self.second.score_tokens(others)

    def distribution(self, context: Ids | Sequence[int]) -> Floats:
        """Give the probability of every word behind a context of ids, indexed by id."""
        others = self._second_ids[np.asarray(context, np.int64)]
        second = self.second.distribution(others)[self._second_ids]
        return self.weight * self.first.distribution(context) + (1 - self.weight) * second

    def best_weight(self, sentences: Sentences) -> float:
        """Give the weight that makes a text likeliest; one that neither model was trained on.

        Raises:
            InputError: If there is no token, or one that both models hold for impossible.
        """
        first, second = self._both(sentences)
        is_token = sentences.ids != BEGIN_ID
        return best_weight(first.log_probs[is_token], second.log_probs[is_token])


def best_weight(first: Floats, second: Floats) -> float:
    """Give the weight of the first of two models, by their log probabilities (base 10) of tokens.

    The likelihood is concave in the weight, so its slope is halved in on.

    Raises:
        InputError: If there is no token, or one that both models hold for impossible.
    """
    best = np.maximum(first, second)
    if not len(best) or np.isneginf(best).any():
        raise InputError(
            "there is no text to choose the weight by, or both models hold it for impossible",
            hint="give text with words that a model knows",
        )
    ones, others = 10 ** (first - best), 10 ** (second - best)
    low, high = 0.0, 1.0
    for _ in range(NUM_HALVINGS):
        weight = (low + high) / 2
        slope = ((ones - others) / (weight * ones + (1 - weight) * others)).sum()
        low, high = (weight, high) if slope > 0 else (low, weight)
    return round((low + high) / 2, 6)


def _ids_of_second(first: LanguageModel, second: LanguageModel) -> Ids:
    """Give the second model's id of each id of the first."""
    for name in READING:
        one, other = getattr(first.config, name), getattr(second.config, name)
        if one != other:
            raise UsageError(
                f"the two models do not read text alike: {name} is {one} and {other}",
                hint=f"train both with the same {name}",
            )
    words, others = first.vocabulary.words, second.vocabulary.words
    if only := set(words) ^ set(others):
        raise UsageError(
            f"the two models do not know the same words: {len(only):,} of them, such as"
            f" {min(only)!r}, are known to one only",
            hint="train both on the same text with the same min_count and max_words",
        )
    numbers = {word: number for number, word in enumerate(others)}
    return np.fromiter(map(numbers.__getitem__, words), np.int32, len(words))
