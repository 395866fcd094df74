"""Contexts and the words that follow them, as tensors; `batches.contexts` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Negatives:
    """Words drawn against all targets of a batch, each at most once."""

    ids_S: Tensor
    log_inclusion_S: Tensor
    """Logarithm of the probability with which a draw holds the word, at most 0."""


@dataclass(frozen=True, slots=True)
class ContextBatch:
    """B contexts of N words, and what follows each."""

    context_BN: Tensor
    labels_B: Tensor
    negatives: Negatives | None = None
    """None for the whole vocabulary."""

    @property
    def num_tokens(self) -> int:
        """How many words are predicted."""
        return len(self.labels_B)

    @property
    def num_targets(self) -> Mapping[str, int]:
        """By what the loss is divided."""
        return {"words": len(self.labels_B)}

    def to(self, device: torch.device) -> "ContextBatch":
        """Give the batch on a device."""
        negatives = self.negatives and Negatives(
            self.negatives.ids_S.to(device), self.negatives.log_inclusion_S.to(device)
        )
        return ContextBatch(self.context_BN.to(device), self.labels_B.to(device), negatives)
