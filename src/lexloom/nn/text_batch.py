"""A padded batch of texts as tokens and units: what `batches` makes and encoders read."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Padded texts, int64: what the encoder reads."""

    input_ids_BT: Tensor
    attention_mask_BT: Tensor
    unit_ids_BT: Tensor
    """The unit of each token; U, one past the last, at special tokens and padding."""
    shape_ids_BT: Tensor
    num_units_B: Tensor

    @property
    def max_units(self) -> int:
        """How many units the longest text has; at least 1."""
        return max(1, int(self.num_units_B.max()))
