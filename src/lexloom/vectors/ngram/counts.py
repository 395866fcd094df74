"""Counts of n-grams by sorting: a tree whose branches are the n-grams, in arrays.

The node of an n-gram is its place among the sorted n-grams of its order; that of one word is the
word's id. The key of an n-gram is ``node of its first n-1 words * vocab_size + its last word``, so
keys are whole numbers whatever the order, and the sorted keys of a context lie together.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.ngram.vocabulary import BEGIN_ID, Sentences

Keys = NDArray[np.int64]
Nodes = NDArray[np.int32]
Counts = NDArray[np.int64]

KEY_BITS = 64
"""Of the numbers that are sorted: a key, and where it stands."""


@dataclass(frozen=True, slots=True)
class Level:
    """The distinct n-grams of one order, sorted by their keys."""

    keys: Keys
    parents: Nodes
    """Node, one order lower, of the words before the last: the context."""
    suffixes: Nodes
    """Node, one order lower, of the words behind the first."""
    counts: Counts
    """How often each is seen; 0 for the beginning of a sentence, which nothing predicts."""
    begins: NDArray[np.bool_]
    """Whether the first word is the beginning of a sentence."""

    def __len__(self) -> int:
        return len(self.keys)


def count_ngrams(sentences: Sentences, vocab_size: int, order: int) -> list[Level]:
    """Count the n-grams of every order up to `order`, within sentences."""
    ids = sentences.ids
    is_start = np.zeros(len(ids) + 1, np.bool_)
    is_start[sentences.starts] = True
    is_start[-1] = True  # behind the last token there is nothing to predict
    levels = [_words(ids, vocab_size)]
    ends = np.arange(len(ids))
    nodes = ids
    for _ in range(order - 1):
        goes_on = ~is_start[ends + 1]
        parents = nodes[goes_on]
        by_position = np.zeros(len(ids), np.int32)
        by_position[ends] = nodes
        ends = ends[goes_on] + 1
        keys, nodes, counts = distinct(parents.astype(np.int64) * vocab_size + ids[ends])
        suffixes = np.zeros(len(keys), np.int32)
        suffixes[nodes] = by_position[ends]
        own_parents = (keys // vocab_size).astype(np.int32)
        begins = levels[-1].begins[own_parents]
        levels.append(Level(keys, own_parents, suffixes, counts, begins))
    return levels


def _words(ids: NDArray[np.int32], vocab_size: int) -> Level:
    counts = np.bincount(ids, minlength=vocab_size)
    counts[BEGIN_ID] = 0
    words = np.arange(vocab_size)
    root = np.zeros(vocab_size, np.int32)
    return Level(words, root, root, counts, words == BEGIN_ID)


def distinct(keys: Keys) -> tuple[Keys, Nodes, Counts]:
    """Give the sorted distinct keys, the place of each key among them, and their counts.

    Like ``numpy.unique``, but where a key and its position fit into 64 bits together they are
    sorted as one number, which is several times faster than sorting positions by keys.
    """
    if not len(keys):
        return keys, np.zeros(0, np.int32), np.zeros(0, np.int64)
    num_bits = (len(keys) - 1).bit_length()
    if int(keys.max()).bit_length() + num_bits <= KEY_BITS:
        shift = np.uint64(num_bits)
        packed = (keys.view(np.uint64) << shift) | np.arange(len(keys), dtype=np.uint64)
        packed.sort()
        ordered = (packed >> shift).view(np.int64)
        packed &= np.uint64((1 << num_bits) - 1)
        positions = packed.view(np.int64)
    else:
        positions = np.argsort(keys, kind="stable")
        ordered = keys[positions]
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    places = np.empty(len(keys), np.int32)
    places[positions] = np.cumsum(is_first, dtype=np.int32) - 1
    return ordered[firsts], places, np.diff(firsts, append=len(keys))


def continuation_counts(levels: list[Level]) -> list[Counts]:
    """Give, for each order, how many distinct words each n-gram is seen behind.

    Of the highest order, and of n-grams that begin a sentence, which nothing stands before, the
    plain counts (Chen and Goodman, 1999, section 4.1.6; Heafield et al., 2013).
    """
    found = []
    for level, above in itertools.pairwise(levels):
        adjusted = np.bincount(above.suffixes, minlength=len(level))
        found.append(np.where(level.begins, level.counts, adjusted))
    return [*found, levels[-1].counts]
