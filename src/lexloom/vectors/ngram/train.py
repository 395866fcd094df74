"""Train an n-gram model: read, count by sorting, smooth."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lexloom.config import check_one_of
from lexloom.errors import ConfigError
from lexloom.logs import get_logger
from lexloom.vectors.ngram.config import SMOOTHINGS, NgramConfig
from lexloom.vectors.ngram.counts import Level, count_ngrams
from lexloom.vectors.ngram.model import Logs, NgramLevel, NgramModel
from lexloom.vectors.ngram.smoothing import Estimate, Floats, estimate
from lexloom.vectors.ngram.vocabulary import UNKNOWN_ID, Sentences, read_corpus

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NgramReport:
    """What a training saw."""

    num_sentences: int
    num_words: int
    """Words of the corpus, without the borders of sentences."""
    num_unknown: int
    """How many of them the vocabulary left out."""
    num_ngrams: list[int] = field(default_factory=list)
    """Distinct n-grams by order."""
    discounts: list[tuple[float, ...]] = field(default_factory=list)
    """By order: what was taken off the counts 1, 2 ..., or their ratios (see `smoothing`)."""
    fallback_orders: list[int] = field(default_factory=list)
    """Orders whose discounts could not be computed from the counts, so that fixed ones stand."""


def train(
    sentences: Iterable[Sequence[str]],
    config: NgramConfig,
    *,
    on_words: Callable[[int], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> tuple[NgramModel, NgramReport]:
    """Train on sentences of units; `units.sentences` makes them of text.

    About 100 bytes a word are held. The same sentences give the same model, bit for bit.

    Args:
        sentences: Each a list of words; empty ones are passed over.
        config: The settings.
        on_words: Called with the number of words that were read since the last call.
        on_step: Called with what is done next, once the text is read.

    Raises:
        ConfigError: If the order is larger than any sentence, or the smoothing is none to train.
        InputError: If the corpus holds fewer than two words, or the vocabulary would be empty.
    """
    check_one_of(config.smoothing, SMOOTHINGS, where="smoothing")
    vocabulary, corpus = read_corpus(sentences, config, on_words=on_words)
    _check_order(corpus, config.order)
    say = on_step or _ignore
    say("counting n-grams")
    levels = count_ngrams(corpus, len(vocabulary), config.order)
    say("smoothing")
    found = estimate(levels, config)
    if found.fallback_orders:
        _log.warning(
            "the counts allow no discounts for n-grams of %s words, so fixed ones are used;"
            " the text is small, or made by a program",
            ", ".join(map(str, found.fallback_orders)),
        )
    model = NgramModel(vocabulary, _in_logs(levels, found), config)
    report = NgramReport(
        num_sentences=len(corpus.starts),
        num_words=len(corpus.ids) - 2 * len(corpus.starts),
        num_unknown=int(np.count_nonzero(corpus.ids == UNKNOWN_ID)),
        num_ngrams=[len(level) for level in levels],
        discounts=found.discounts,
        fallback_orders=found.fallback_orders,
    )
    return model, report


def _ignore(step: str) -> None:
    """Nobody asked."""


def _check_order(corpus: Sentences, order: int) -> None:
    longest = int(corpus.lengths.max())
    if order > longest:
        raise ConfigError(
            f"order must be at most {longest}, got {order}: the longest sentence has"
            f" {longest - 2} words, {longest} with its borders",
            hint=f"set order={min(longest, 5)}, or give longer sentences",
        )


def _in_logs(levels: list[Level], found: Estimate) -> list[NgramLevel]:
    backoffs: list[Floats | None] = [*found.backoffs, None]
    return [
        NgramLevel(level.keys, _log10(probabilities), _log10(weights, len(level)))
        for level, probabilities, weights in zip(levels, found.probabilities, backoffs, strict=True)
    ]


def _log10(values: Floats | None, size: int = 0) -> Logs:
    """Give logarithms; the highest order has no weights to back off with."""
    if values is None:
        return np.zeros(size, np.float32)
    with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity, as it should be
        return np.log10(values).astype(np.float32) + np.float32(0)
