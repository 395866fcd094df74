"""From counts to probabilities: what each smoothing takes from seen n-grams, and who gets it.

A method says for the n-grams of one order which share of its context's probability each keeps
(``own``) and what is left for the context as a whole (``left``); with ``lower``, the distribution
of the context without its first word, the share that is left becomes probability:

- interpolate: ``p(w|h) = own + left * lower(w)``, for every word;
- back off: ``p(w|h) = own`` for seen words, and ``left`` is shared among the others as `lower`
  says;
- uniform: as interpolate, but `lower` gives each word the same, and `own` holds its part already.

Below the single words lies the uniform distribution over the vocabulary, the unknown word and the
end of a sentence with it and the beginning without. A context that was never seen says nothing: the
shorter one is asked instead (except for add-k, whose formula holds for it too).

`discounts` says how much is taken off a count. Comparison of all: Chen and Goodman, 1999, An
empirical study of smoothing techniques for language modeling, Computer Speech and Language 13.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.counts import Counts, Level, Nodes, continuation_counts
from lexloom.vectors.ngram.discounts import (
    absolute_discount,
    good_turing_ratios,
    kneser_ney_discounts,
)
from lexloom.vectors.ngram.vocabulary import BEGIN_ID

Floats = NDArray[np.float64]

ALL_SEEN = 1e-9
"""Below this share of the lower distribution, what a context lacks is rounding error."""


@dataclass(frozen=True, slots=True)
class Group:
    """The n-grams of one order: their counts, and the context of each."""

    counts: Counts
    contexts: Nodes
    num_contexts: int
    num_words: int
    """Words that can be predicted: the whole vocabulary but the beginning of a sentence."""

    def sums(self, values: Floats | Counts | NDArray[np.bool_]) -> Floats:
        """Add up the values of each context's n-grams."""
        found = np.bincount(self.contexts, values, self.num_contexts)
        return np.asarray(found, np.float64)


@dataclass(frozen=True, slots=True)
class Shares:
    """What a smoothing makes of the n-grams of one order."""

    own: Floats
    """What each n-gram keeps of its context's probability."""
    left: Floats
    """What each context has left for all; nothing is said about contexts without n-grams."""
    discounts: tuple[float, ...] = ()
    """What was taken off the counts 1, 2 ..., or the ratios that they were multiplied with."""
    is_fallback: bool = False
    """Whether the counts of counts gave no discounts, so that fixed ones were taken."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to smooth."""

    shares: Callable[[Group, NgramConfig], Shares]
    lower: Literal["interpolate", "back off", "uniform"]
    continuations: bool = False
    """Whether lower orders count the words that an n-gram is seen behind (`counts`)."""


@dataclass(slots=True)
class Estimate:
    """Probabilities and back-off weights, one array an order."""

    probabilities: list[Floats] = field(default_factory=list)
    backoffs: list[Floats] = field(default_factory=list)
    """Weight of the lower distribution behind each n-gram; none for the highest order."""
    discounts: list[tuple[float, ...]] = field(default_factory=list)
    fallback_orders: list[int] = field(default_factory=list)
    """Orders whose discounts could not be computed."""


def estimate(levels: list[Level], config: NgramConfig) -> Estimate:
    """Give the probability of each n-gram behind its context, and the weights to back off with."""
    method = METHODS[config.smoothing]
    all_counts = continuation_counts(levels) if method.continuations else [x.counts for x in levels]
    num_words = len(levels[0]) - 1
    found = Estimate()
    lower = np.array([1 / num_words])
    for order, (level, counts) in enumerate(zip(levels, all_counts, strict=True), start=1):
        num_contexts = len(levels[order - 2]) if order > 1 else 1
        group = Group(counts, level.parents, num_contexts, num_words)
        shares = method.shares(group, config)
        found.discounts.append(shares.discounts)
        if shares.is_fallback:
            found.fallback_orders.append(order)
        own, weights = _with_lower(group, shares, method, lower[level.suffixes])
        if order == 1:
            own = _with_unseen(group, own, float(weights[0]) / num_words)
        else:
            found.backoffs.append(weights)
        found.probabilities.append(own)
        lower = own
    return found


def _with_lower(
    group: Group, shares: Shares, method: Method, lower: Floats
) -> tuple[Floats, Floats]:
    """Give the probabilities of seen n-grams, and the weight of each context's lower words."""
    is_context = group.sums(group.counts) > 0
    left = np.where(is_context, shares.left, 1.0)
    if method.lower == "interpolate":
        return shares.own + left[group.contexts] * lower, left
    if method.lower == "uniform":
        return shares.own, left
    seen = group.counts > 0
    unseen_share = 1 - group.sums(np.where(seen, lower, 0.0))
    # where every word was seen there is nobody to give to: the seen ones keep all of it
    none_left = is_context & (unseen_share < ALL_SEEN) & (left > 0)
    kept = np.where(none_left, group.sums(shares.own), 1.0)
    own = shares.own / np.where(kept > 0, kept, 1.0)[group.contexts]
    weights = np.where(none_left, 0.0, left / np.maximum(unseen_share, ALL_SEEN))
    return own, np.where(is_context, weights, 1.0)


def _with_unseen(group: Group, own: Floats, backoff: float) -> Floats:
    """Give the words that were never counted their part; nothing predicts a beginning."""
    own = np.where((group.counts == 0) & (own == 0), backoff, own)
    own[BEGIN_ID] = 1.0  # it is given, not predicted: log 0 in ARPA files
    return own


def _maximum_likelihood(group: Group, config: NgramConfig) -> Shares:
    """``c(hw) / c(h)``: nothing is left for what was not seen."""
    return Shares(group.counts / _total(group)[group.contexts], np.zeros(group.num_contexts))


def _add_k(group: Group, config: NgramConfig) -> Shares:
    """``(c(hw) + k) / (c(h) + k V)`` (Lidstone, 1920)."""
    added = config.k * group.num_words
    total = group.sums(group.counts) + added
    return Shares((group.counts + config.k) / total[group.contexts], added / total)


def _witten_bell(group: Group, config: NgramConfig) -> Shares:
    """``(c(hw) + T(h) lower(w)) / (c(h) + T(h))``, T(h) the distinct words seen behind h."""
    num_distinct = group.sums(group.counts > 0)
    total = np.maximum(group.sums(group.counts) + num_distinct, 1)
    return Shares(group.counts / total[group.contexts], num_distinct / total)


def _absolute(group: Group, config: NgramConfig) -> Shares:
    """``max(c(hw) - D, 0) / c(h)``, D one for the order (Ney, Essen and Kneser, 1994)."""
    discount, is_fallback = absolute_discount(group.counts)
    table = np.array([0, discount])
    return _discounted(group, table, is_fallback=is_fallback)


def _kneser_ney(group: Group, config: NgramConfig) -> Shares:
    """``max(c(hw) - D(c), 0) / c(h)``, with discounts for 1, 2, and 3 or more."""
    discounts, is_fallback = kneser_ney_discounts(group.counts)
    return _discounted(group, np.array([0, *discounts]), is_fallback=is_fallback)


def _discounted(group: Group, table: Floats, *, is_fallback: bool) -> Shares:
    """Take ``table[c]`` off each count c, its last entry off all that are as large or larger."""
    taken = table[np.minimum(group.counts, len(table) - 1)]
    total = _total(group)
    own = (group.counts - taken) / total[group.contexts]
    return Shares(own, group.sums(taken) / total, tuple(table[1:].tolist()), is_fallback)


def _good_turing(group: Group, config: NgramConfig) -> Shares:
    """``d(c) c / c(h)``: small counts are multiplied with Good's and Turing's ratios (Katz, 1987).

    Where no count of a context is small nothing would be left; then one more token is thought to
    have been seen, of none of its words.
    """
    ratios, is_fallback = good_turing_ratios(group.counts)
    table = np.array([1.0, *ratios, 1.0])
    kept = group.counts * table[np.minimum(group.counts, len(table) - 1)]
    total = _total(group)
    left = total - group.sums(kept)
    has_none = left <= ALL_SEEN * total
    left, total = np.where(has_none, 1.0, left), np.where(has_none, total + 1, total)
    return Shares(kept / total[group.contexts], left / total, tuple(ratios), is_fallback)


def _total(group: Group) -> Floats:
    """Give each context's count; 1 instead of 0, to divide by."""
    return np.maximum(group.sums(group.counts), 1)


METHODS: Mapping[str, Method] = {
    "kneser-ney": Method(_kneser_ney, "interpolate", continuations=True),
    "absolute": Method(_absolute, "interpolate"),
    "witten-bell": Method(_witten_bell, "interpolate"),
    "good-turing": Method(_good_turing, "back off"),
    "add-k": Method(_add_k, "uniform"),
    "maximum-likelihood": Method(_maximum_likelihood, "back off"),
}
