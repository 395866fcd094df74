"""A padded batch for masked words and sentence pairs: what `batches` makes and models read."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class MaskedBatch:
    """Texts with some of their tokens hidden; all int64."""

    input_ids_BT: Tensor
    attention_mask_BT: Tensor
    token_type_ids_BT: Tensor | None
    """Which of the two parts each token is in; None where there are no pairs."""
    positions_P: Tensor
    """Flat positions ``b * T + t`` of the targets, ascending."""
    labels_P: Tensor
    """The ids that stood there."""
    pair_labels_B: Tensor | None
    """0 where the two parts belong together, 1 where not."""

    def to(self, device: torch.device) -> Self:
        """Give the batch on a device."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{k: x.to(device) for k, x in values.items() if x is not None})

    @property
    def num_tokens(self) -> int:
        """How many real tokens it holds."""
        return int(self.attention_mask_BT.sum())

    @property
    def num_targets(self) -> dict[str, int]:
        """By what each loss is divided: hidden tokens, and pairs."""
        counts = {"masked": len(self.labels_P)}
        return counts if self.pair_labels_B is None else counts | {"pairs": len(self.pair_labels_B)}
