"""A padded batch of rows of words: what `batches` makes and taggers on vectors read."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class LexiconBags:
    """The words of a lexicon that stand in rows: a bag for each place and each part of a word."""

    word_ids_N: Tensor
    weights_N: Tensor
    """float32; those of a place sum to the number of bags."""
    offsets_X: Tensor
    """Where each bag begins; X is ``B * T * 4``, the parts of a place one after the other."""


@dataclass(frozen=True, slots=True)
class WordBatch:
    """Padded rows; ids are int64."""

    word_ids_BT: Tensor
    mask_BT: Tensor
    """True at words, which come first."""
    bigram_ids_BT: Tensor | None = None
    """The pair of a place and the next one."""
    character_ids_BTW: Tensor | None = None
    """The spelling of each word, 0 behind its end."""
    lexicon: LexiconBags | None = None

    def to(self, device: torch.device) -> "WordBatch":
        """Give the batch on a device."""
        bags = self.lexicon
        return WordBatch(
            self.word_ids_BT.to(device),
            self.mask_BT.to(device),
            None if self.bigram_ids_BT is None else self.bigram_ids_BT.to(device),
            None if self.character_ids_BTW is None else self.character_ids_BTW.to(device),
            None
            if bags is None
            else LexiconBags(
                bags.word_ids_N.to(device), bags.weights_N.to(device), bags.offsets_X.to(device)
            ),
        )
