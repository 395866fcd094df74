"""Texts and sentence pairs as examples for pre-training, and the order in which they come.

`masked` hides tokens in them. Three kinds of pairs: one part follows the other in its document or
comes from elsewhere (Devlin et al., 2019, section 3.1); one part follows the other or they are
swapped (Lan et al., 2020, arXiv:1909.11942, section 3.1); two labelled texts mean the same or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lexloom.batches.masked import Example, Ids
from lexloom.seeds import derive

POOL_BATCHES = 64
"""Batches' worth of shuffled examples that are sorted by length at a time."""
PairKind = Literal["next", "order"]
TOGETHER, APART = 0, 1


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The ids that frame a text."""

    cls: int
    sep: int
    pad: int
    mask: int
    unk: int

    def single(self, ids: NDArray[Any]) -> Example:
        """Frame one text."""
        input_ids = np.concatenate(([self.cls], ids, [self.sep])).astype(np.int64)
        return Example(input_ids, self._is_special(input_ids))

    def pair(self, first: NDArray[Any], second: NDArray[Any], label: int) -> Example:
        """Frame two texts."""
        parts = ([self.cls], first, [self.sep], second, [self.sep])
        input_ids = np.concatenate(parts).astype(np.int64)
        types = np.zeros(len(input_ids), dtype=np.int64)
        types[len(first) + 2 :] = 1
        return Example(input_ids, self._is_special(input_ids), types, label)

    def _is_special(self, input_ids: Ids) -> NDArray[np.bool_]:
        special = (self.cls, self.sep, self.pad, self.mask)
        found: NDArray[np.bool_] = np.isin(input_ids, special)
        return found


class Texts(Protocol):
    """Training texts, each of one or more sentences of one document."""

    lengths: NDArray[np.int64]
    """Tokens of each text."""

    def sentences(self, number: int) -> Sequence[NDArray[Any]]:
        """Give the token ids of a text's sentences."""
        ...


class Source(Protocol):
    """Examples by number."""

    lengths: NDArray[np.int64]
    """About how many tokens each example has; decides which ones share a batch."""

    def example(self, number: int, draw: np.random.Generator) -> Example:
        """Make one example; chance comes from `draw` alone."""
        ...


class SingleTexts:
    """Each text by itself."""

    def __init__(self, texts: Texts, special: SpecialIds, *, max_length: int) -> None:
        self.lengths = texts.lengths
        self._texts, self._special, self._room = texts, special, max_length - 2

    def example(self, number: int, draw: np.random.Generator) -> Example:
        """Give the text, cut to what fits."""
        return self._special.single(np.concatenate(self._texts.sentences(number))[: self._room])


class SentencePairs:
    """Each text cut in two at a sentence's border, or in its middle if it has just one.

    Half of the pairs are spoilt: the second part is another text's, or comes first.
    """

    def __init__(
        self, texts: Texts, special: SpecialIds, *, kind: PairKind, max_length: int
    ) -> None:
        self.lengths = texts.lengths
        self._texts, self._special, self._room = texts, special, max_length - 3
        self._kind = kind

    def example(self, number: int, draw: np.random.Generator) -> Example:
        """Give a pair that belongs together, or by even chance one that does not."""
        first, second = self._halves(number, draw)
        label = APART if draw.random() < 0.5 else TOGETHER
        if label == APART and self._kind == "order":
            first, second = second, first
        elif label == APART:
            # another text, and never this one
            other = (number + 1 + draw.integers(max(1, len(self.lengths) - 1))) % len(self.lengths)
            second = self._halves(int(other), draw)[1]
        return self._special.pair(*fit_pair(first, second, self._room), label)

    def _halves(self, number: int, draw: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        sentences = self._texts.sentences(number)
        if len(sentences) == 1:
            middle = len(sentences[0]) // 2
            return sentences[0][:middle], sentences[0][middle:]
        cut = int(draw.integers(1, len(sentences)))
        return np.concatenate(sentences[:cut]), np.concatenate(sentences[cut:])


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two encoded texts and whether they belong together: 0, or 1 for not."""

    first: Ids
    second: Ids
    label: int


class LabelledPairs:
    """Pairs that came with a label."""

    def __init__(
        self, pairs: Sequence[LabelledPair], special: SpecialIds, *, max_length: int
    ) -> None:
        self._pairs, self._special, self._room = pairs, special, max_length - 3
        self.lengths = np.array([len(p.first) + len(p.second) for p in pairs], dtype=np.int64)

    def example(self, number: int, draw: np.random.Generator) -> Example:
        """Give the pair."""
        pair = self._pairs[number]
        return self._special.pair(*fit_pair(pair.first, pair.second, self._room), pair.label)


def fit_pair(
    first: NDArray[Any], second: NDArray[Any], room: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Cut the ends of two texts so that they fit, the longer one first."""
    most = max(room // 2, room - len(second))
    first = first[:most]
    return first, second[: room - len(first)]


def sorted_batches(
    lengths: NDArray[np.int64], *, seed: int, epoch: int, batch_size: int
) -> list[NDArray[np.int64]]:
    """Give one epoch's batches: shuffled, with similar lengths together; full ones alone.

    The order is a pure function of its arguments. Fewer examples than a batch are one batch.
    """
    draw = np.random.default_rng(derive(seed, "epoch", epoch))
    order = draw.permutation(len(lengths))
    num_full = len(order) // batch_size * batch_size
    order = order[: num_full or len(order)]
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), batch_size * POOL_BATCHES):
        pool = order[start : start + batch_size * POOL_BATCHES]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += np.array_split(pool, max(1, len(pool) // batch_size))
    return [batches[number] for number in draw.permutation(len(batches))]
