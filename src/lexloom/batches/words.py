"""Rows of words to padded batches for taggers on vectors, and the states that are learnt.

Long rows are read in parts, so that every word gets a tag. `labelled` does this for subwords.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.nn.word_batch import LexiconBags, WordBatch
from lexloom.tokens.word_features import NUM_PARTS, PADDING, WordFeatures, WordFeaturizer

SENTENCE_ENDS = frozenset("。！？!?.;；…\n")

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowPart:
    """Words ``[start, start + len(features))`` of a row."""

    row: int
    start: int
    features: WordFeatures


@dataclass(frozen=True, slots=True)
class TaggedPart:
    """A part and the number of each word's state."""

    part: RowPart
    states_T: Ids


@dataclass(frozen=True, slots=True)
class TaggedBatch:
    """Rows and their states."""

    words: WordBatch
    states_BT: Tensor
    """0 at padding."""

    @property
    def num_tokens(self) -> int:
        """How many words it holds."""
        return int(self.words.mask_BT.sum())

    @property
    def num_targets(self) -> dict[str, int]:
        """By what the loss is divided: its words."""
        return {"states": self.num_tokens}


def encode_rows(
    featurizer: WordFeaturizer, rows: Sequence[Sequence[str]], *, max_words: int
) -> list[RowPart]:
    """Encode rows in parts of at most `max_words`; rows without words give none."""
    return [
        RowPart(number, start, featurizer.encode(row[start:stop]))
        for number, row in enumerate(rows)
        for start, stop in parts_of(row, max_words)
    ]


def parts_of(row: Sequence[str], max_words: int) -> Iterator[tuple[int, int]]:
    """Cut a row behind the last sentence that fits, or where the room ends if it is a long one."""
    start = 0
    while start < len(row):
        stop = min(len(row), start + max_words)
        if stop < len(row):
            least = start + max_words // 2
            ends = (at + 1 for at in range(stop - 1, least, -1) if row[at] in SENTENCE_ENDS)
            stop = next(ends, stop)
        yield start, stop
        start = stop


def collate_words(features: Sequence[WordFeatures]) -> WordBatch:
    """Pad rows into one batch."""
    longest = max(len(row) for row in features)
    lengths_B = np.array([len(row) for row in features])
    return WordBatch(
        word_ids_BT=_padded([row.word_ids_T for row in features], longest),
        mask_BT=torch.from_numpy(np.arange(longest) < lengths_B[:, None]),
        bigram_ids_BT=_bigrams(features, longest),
        character_ids_BTW=_spellings(features, longest),
        lexicon=_bags(features, longest),
    )


def collate_tagged(parts: Sequence[TaggedPart]) -> TaggedBatch:
    """Pad rows and their states into one batch."""
    words = collate_words([item.part.features for item in parts])
    states = _padded([item.states_T for item in parts], words.mask_BT.shape[1])
    return TaggedBatch(words, states)


def _padded(rows: Sequence[Ids], longest: int) -> Tensor:
    padded = np.full((len(rows), longest), PADDING, np.int64)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return torch.from_numpy(padded)


def _bigrams(features: Sequence[WordFeatures], longest: int) -> Tensor | None:
    rows = [row.bigram_ids_T for row in features if row.bigram_ids_T is not None]
    return _padded(rows, longest) if rows else None


def _spellings(features: Sequence[WordFeatures], longest: int) -> Tensor | None:
    rows = [row.spellings for row in features if row.spellings is not None]
    if not rows:
        return None
    widest = max(len(word) for row in rows for word in row)
    padded = np.full((len(rows), longest, max(1, widest)), PADDING, np.int64)
    for number, row in enumerate(rows):
        for place, word in enumerate(row):
            padded[number, place, : len(word)] = word
    return torch.from_numpy(padded)


def _bags(features: Sequence[WordFeatures], longest: int) -> LexiconBags | None:
    rows = [row.lexicon for row in features if row.lexicon is not None]
    if not rows:
        return None
    size = longest * NUM_PARTS
    slots_N = np.concatenate([row.slots_N + number * size for number, row in enumerate(rows)])
    ends_X = np.cumsum(np.bincount(slots_N, minlength=len(rows) * size))
    return LexiconBags(
        word_ids_N=torch.from_numpy(np.concatenate([row.word_ids_N for row in rows])),
        weights_N=torch.from_numpy(np.concatenate([row.weights_N for row in rows])),
        offsets_X=torch.from_numpy(np.concatenate([[0], ends_X[:-1]]).astype(np.int64)),
    )
