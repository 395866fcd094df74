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

    def rows(self, index_X: Tensor) -> "TextBatch":
        """Give the batch of some of the texts."""
        return TextBatch(
            input_ids_BT=self.input_ids_BT[index_X],
            attention_mask_BT=self.attention_mask_BT[index_X],
            unit_ids_BT=self.unit_ids_BT[index_X],
            shape_ids_BT=self.shape_ids_BT[index_X],
            num_units_B=self.num_units_B[index_X],
        )
