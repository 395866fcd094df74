"""An n-gram model in arrays, and what it says of many tokens at once.

`train` makes one from text, `arpa` and `files` read and write it, `ask` answers with words.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.counts import Keys
from lexloom.vectors.ngram.lookup import KeyTable
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Ids, Sentences, Vocabulary

Logs = NDArray[np.float32]
"""Logarithms to the base 10."""

TOKENS_AT_ONCE = 1 << 16
"""Tokens whose arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class NgramLevel:
    """The n-grams of one order that the model knows, sorted by their keys (see `counts`)."""

    keys: Keys
    log_probs: Logs
    """Of the last word behind the others."""
    log_backoffs: Logs
    """Weight of the shorter context where the n-gram is a context and a word is not seen behind it;
    0 where it is no context."""

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class TokenScores:
    """What a model says of each token of an array of sentences."""

    log_probs: NDArray[np.float64]
    """Base 10; 0 at the beginnings of sentences, which are given."""
    orders: NDArray[np.int8]
    """Tokens of the longest n-gram that was found; 0 at the beginnings."""


class NgramModel:
    """An n-gram language model."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        levels: Sequence[NgramLevel],
        config: NgramConfig,
    ) -> None:
        self.vocabulary = vocabulary
        self.levels = list(levels)
        self.config = config
        assert len(self.levels[0]) == len(vocabulary)

    @property
    def order(self) -> int:
        """Words of the longest n-gram."""
        return len(self.levels)

    @property
    def num_words(self) -> int:
        """Words that can be predicted: all but the beginning of a sentence."""
        return len(self.vocabulary) - 1

    @property
    def is_uniform_below(self) -> bool:
        """Whether unseen words share alike, as in add-k, and no shorter context is asked."""
        return self.config.smoothing == "add-k"

    @functools.cached_property
    def tables(self) -> list[KeyTable]:
        """The n-grams from pairs on, ready to be found; built when first asked for."""
        return [KeyTable(level.keys) for level in self.levels[1:]]

    def score(self, sentence: Sequence[str]) -> float:
        """Give the log probability (base 10) of a sentence of words, its end with it."""
        scores = self.score_tokens(self.vocabulary.encode_sentences([sentence]))
        return float(scores.log_probs.sum())

    def score_sentences(self, sentences: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Give the log probability (base 10) of each sentence, its end with it."""
        encoded = self.vocabulary.encode_sentences(sentences)
        if not len(encoded.starts):
            return np.zeros(0)
        return np.add.reduceat(self.score_tokens(encoded).log_probs, encoded.starts)

    def perplexity(self, sentences: Sequence[Sequence[str]]) -> float:
        """Give the perplexity of sentences; their ends count as tokens, unknown words too."""
        num_tokens = sum(map(len, sentences)) + len(sentences)
        if not num_tokens:
            return math.nan
        return float(10.0 ** -(self.score_sentences(sentences).sum() / num_tokens))

    def score_tokens(self, sentences: Sentences) -> TokenScores:
        """Give the log probability of each token behind the tokens before it in its sentence."""
        size = len(sentences.ids)
        is_start = np.zeros(size + 1, np.bool_)
        is_start[sentences.starts] = is_start[-1] = True
        log_probs, orders = np.empty(size), np.empty(size, np.int8)
        warm_up = self.order - 1  # so far back a token depends on others
        for begin in range(0, size, TOKENS_AT_ONCE):
            first, end = max(0, begin - warm_up), min(size, begin + TOKENS_AT_ONCE)
            part = self._score(sentences.ids[first:end], is_start[first : end + 1])
            log_probs[begin:end] = part.log_probs[begin - first :]
            orders[begin:end] = part.orders[begin - first :]
        is_given = is_start[:-1] & (sentences.ids == BEGIN_ID)
        log_probs[is_given], orders[is_given] = 0, 0
        return TokenScores(log_probs, orders)

    def _score(self, ids: Ids, is_start: NDArray[np.bool_]) -> TokenScores:
        """Climb from words to longer n-grams, with the tokens whose context is still known."""
        is_start = is_start.copy()
        is_start[-1] = True  # behind the last token there is none
        log_probs = self.levels[0].log_probs[ids].astype(np.float64)
        orders = np.ones(len(ids), np.int8)
        ends, nodes = np.arange(len(ids)), ids
        for order, (level, table) in enumerate(zip(self.levels[1:], self.tables, strict=True), 2):
            goes_on = ~is_start[ends + 1]
            contexts, ends = nodes[goes_on], ends[goes_on] + 1
            if self.is_uniform_below:
                self._forget_shorter(log_probs, is_start, order)
            nodes = table.find(contexts.astype(np.int64) * len(self.vocabulary) + ids[ends])
            is_found = nodes >= 0
            log_probs[ends] += self.levels[order - 2].log_backoffs[contexts]
            ends, nodes = ends[is_found], nodes[is_found]
            log_probs[ends] = level.log_probs[nodes]
            orders[ends] = order
        return TokenScores(log_probs, orders)

    def _forget_shorter(
        self, log_probs: NDArray[np.float64], is_start: NDArray[np.bool_], order: int
    ) -> None:
        """Make each token that has a context of ``order - 1`` tokens as likely as any other."""
        has_context = np.ones(len(log_probs), np.bool_)
        for distance in range(order - 1):
            has_context[distance:] &= ~is_start[: len(log_probs) - distance]
            has_context[:distance] = False
        log_probs[has_context] = -math.log10(self.num_words)

    def distribution(self, context: Ids | Sequence[int]) -> NDArray[np.float64]:
        """Give the probability of every word behind a context of ids, indexed by id.

        A context that begins a sentence begins with `vocabulary.BEGIN_ID`, which itself is never
        predicted: its probability is 0.
        """
        probabilities = np.power(10.0, self.levels[0].log_probs.astype(np.float64))
        probabilities[BEGIN_ID] = 0
        context = [int(id) for id in context][max(0, len(context) - self.order + 1) :]
        for length in range(1, len(context) + 1):
            if self.is_uniform_below:
                probabilities[:] = 1 / self.num_words
            node = self._node(context[len(context) - length :])
            if node is not None:
                self._look_behind(node, length, probabilities)
        probabilities[BEGIN_ID] = 0
        return probabilities

    def _look_behind(self, node: int, length: int, probabilities: NDArray[np.float64]) -> None:
        """Make of a distribution that of the context that is one word longer, in place."""
        vocab_size, level = len(self.vocabulary), self.levels[length]
        first, end = np.searchsorted(level.keys, [node * vocab_size, (node + 1) * vocab_size])
        probabilities *= 10.0 ** float(self.levels[length - 1].log_backoffs[node])
        words = level.keys[first:end] - node * vocab_size
        probabilities[words] = np.power(10.0, level.log_probs[first:end].astype(np.float64))

    def _node(self, words: Sequence[int]) -> int | None:
        """Give the node of an n-gram, or None where it is not known."""
        node = words[0]
        for word, level in zip(words[1:], self.levels[1:], strict=False):
            key = node * len(self.vocabulary) + word
            node = int(np.searchsorted(level.keys, key))
            if node == len(level) or level.keys[node] != key:
                return None
        return node
