"""Every word of a corpus with the words before it: the batches of a neural language model.

Contexts do not reach over the beginning of a sentence: what would lie before it is the mark of the
beginning again. `nn.context_batch` holds what comes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.seeds import derive

Ids = NDArray[np.int32]
Places = NDArray[np.int64]


class Contexts:
    """The words of sentences that can be predicted, and what stands before each."""

    def __init__(self, ids: Ids, starts: Places, context_size: int) -> None:
        """Set up.

        Args:
            ids: The words of sentences that lie behind one another, shape ``(T,)``; each sentence
                begins with a mark that is not predicted.
            starts: Where each sentence starts, ascending.
            context_size: Words before the one that is predicted.
        """
        self.ids = ids
        self.context_size = context_size
        lengths = np.diff(starts, append=len(ids))
        self.depths = (np.arange(len(ids)) - np.repeat(starts, lengths)).astype(np.int32)
        """Words before each in its sentence."""
        self.targets: Places = np.flatnonzero(self.depths)
        """Places in `ids` of the words that are predicted."""

    def __len__(self) -> int:
        return len(self.targets)

    def before(self, places: Places, ids: Ids | None = None) -> NDArray[np.int64]:
        """Give the contexts of words, the nearest last; shape ``(B, N)``.

        Args:
            places: Where the words stand.
            ids: Other words in the places of the corpus's own.
        """
        back = np.minimum(np.arange(self.context_size, 0, -1), self.depths[places][:, None])
        return (self.ids if ids is None else ids)[places[:, None] - back].astype(np.int64)


@dataclass(frozen=True, slots=True)
class UnknownWords:
    """How a model gets to know the unknown word, of which a corpus need not have any.

    Words that are seen once stand for those that are not seen: a share of them is read as the
    unknown word, drawn anew each epoch.
    """

    id: int
    share: float
    """Of the words that are seen once; in [0, 1]."""

    def replaced(self, ids: Ids, counts_V: NDArray[np.int64], *seed: int | str) -> Ids:
        """Give the corpus of one epoch."""
        places = np.flatnonzero(counts_V[ids] == 1)
        draw = np.random.default_rng(derive(0, "unknown", *seed))
        drawn = places[draw.random(len(places)) < self.share]
        replaced = ids.copy()
        replaced[drawn] = self.id
        return replaced

    def expected_counts(self, counts_V: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give how often each word is a target of an epoch, about; words seen once count whole.

        Whoever draws words against the targets needs it: the unknown word is one of them more often
        than it is seen.
        """
        expected_V = counts_V.copy()
        expected_V[self.id] += round(self.share * np.count_nonzero(counts_V == 1))
        return expected_V


def epoch_order(num_targets: int, *, seed: int, epoch: int) -> Places:
    """Give the order in which an epoch goes through the targets."""
    return np.random.default_rng(derive(seed, "order", epoch)).permutation(num_targets)


def batch_numbers(order: Places, index: int, num_batches: int) -> Sequence[int]:
    """Give the targets of one of the batches into which an epoch falls; sizes differ by one."""
    first, end = (len(order) * number // num_batches for number in (index, index + 1))
    numbers: list[int] = order[first:end].tolist()
    return numbers
