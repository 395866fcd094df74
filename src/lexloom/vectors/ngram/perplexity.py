"""The perplexity of texts, read and scored a batch at a time."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lexloom.errors import InputError
from lexloom.vectors.ngram.language import LanguageModel
from lexloom.vectors.ngram.units import join_units, sentences
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, UNKNOWN_ID

SENTENCES_AT_ONCE = 1 << 14


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """What the model says of one sentence."""

    text: str
    log10_prob: float | None
    """Of the sentence and its end; None where the model holds it for impossible."""
    num_tokens: int
    """Its units and its end."""
    num_unknown: int
    """How many of them the model does not know."""


@dataclass(slots=True)
class PerplexityReport:
    """What the model says of texts."""

    num_sentences: int = 0
    num_tokens: int = 0
    """Units and ends of sentences."""
    num_unknown: int = 0
    log10_prob: float = 0.0
    log10_prob_known: float = 0.0
    """Of the tokens that the model knows."""
    num_found: dict[int, int] = field(default_factory=dict)
    """Tokens by the order of the longest n-gram that was found for them."""

    @property
    def perplexity(self) -> float:
        """Of all tokens."""
        return _perplexity(self.log10_prob, self.num_tokens)

    @property
    def perplexity_known(self) -> float:
        """Of the tokens that the model knows; unknown ones still are context of others."""
        return _perplexity(self.log10_prob_known, self.num_tokens - self.num_unknown)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON; None stands for infinity."""
        values = {
            "num_sentences": self.num_sentences,
            "num_tokens": self.num_tokens,
            "num_unknown": self.num_unknown,
            "log10_prob": self.log10_prob,
            "perplexity": self.perplexity,
            "perplexity_known": self.perplexity_known,
            "num_found": {str(order): count for order, count in sorted(self.num_found.items())},
        }
        return {name: _finite(value) for name, value in values.items()}


def score_texts(
    model: LanguageModel,
    texts: Iterable[str],
    *,
    on_words: Callable[[int], None] | None = None,
    on_sentence: Callable[[SentenceScore], None] | None = None,
) -> PerplexityReport:
    """Score texts, cut into sentences and units as those that the model was trained on.

    Args:
        model: The model.
        texts: The texts.
        on_words: Called with the number of units scored since the last call.
        on_sentence: Called with the score of each sentence, in order.

    Raises:
        InputError: If the texts hold no sentence.
    """
    report = PerplexityReport()
    units = (sentence for text in texts for sentence in sentences(text, model.config))
    while batch := list(itertools.islice(units, SENTENCES_AT_ONCE)):
        for score in _score(model, batch, report):
            if on_sentence is not None:
                on_sentence(score)
        if on_words is not None:
            on_words(sum(map(len, batch)))
    if not report.num_sentences:
        raise InputError("the texts hold no sentence to score", hint="give text with words in it")
    return report


def _score(
    model: LanguageModel, batch: list[list[str]], report: PerplexityReport
) -> Iterator[SentenceScore]:
    encoded = model.vocabulary.encode_sentences(batch)
    scores = model.score_tokens(encoded)
    is_unknown, is_token = encoded.ids == UNKNOWN_ID, encoded.ids != BEGIN_ID
    report.num_sentences += len(batch)
    report.num_tokens += int(is_token.sum())
    report.num_unknown += int(is_unknown.sum())
    report.log10_prob += float(scores.log_probs.sum())
    report.log10_prob_known += float(scores.log_probs[~is_unknown].sum())
    for order, count in enumerate(np.bincount(scores.orders[is_token]).tolist()):
        if count:
            report.num_found[order] = report.num_found.get(order, 0) + count
    log_probs = np.add.reduceat(scores.log_probs, encoded.starts).tolist()
    unknown = np.add.reduceat(is_unknown.astype(np.int64), encoded.starts).tolist()
    for sentence, log_prob, num_unknown in zip(batch, log_probs, unknown, strict=True):
        text = join_units(sentence, model.config.unit)
        yield SentenceScore(text, _finite(log_prob), len(sentence) + 1, num_unknown)


def _perplexity(log10_prob: float, num_tokens: int) -> float:
    if not num_tokens:
        return math.nan
    exponent = -log10_prob / num_tokens
    return math.pow(10, exponent) if exponent < 300 else math.inf


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
