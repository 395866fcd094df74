"""Take the padding out of a batch, so that only real positions are computed.

A padded batch is ``(B, T, ...)``; packed it is ``(M, ...)`` with M real positions, in the same
order, and rows of filler behind them if asked for.
"""

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

FILLED_TO = 64
"""Rows of few-sized batches are a multiple of it: what the matrix unit is quickest at."""


@dataclass(frozen=True, slots=True)
class Packing:
    """Where the real positions of a padded batch lie."""

    batch_size: int
    num_positions: int
    index_M: Tensor
    """Flat positions ``b * T + t`` of the real ones, ascending, int64."""
    num_filler: int
    """Rows behind the real ones that hold some position again; what comes of them is dropped."""
    offsets: Tensor
    """Where each row's positions start among the packed, and the end of the last, int64,
    shape ``(B + 1,)``."""

    @classmethod
    def of(cls, mask_BT: Tensor, *, few_sizes: bool = False) -> Self:
        """Find the real positions: those where the mask is not zero.

        With `few_sizes` filler brings their number to one of few, for each new size of a matrix
        product is compiled anew: to a multiple of 64, or of more where that adds less than 1 in 8.
        """
        index_M = mask_BT.flatten().nonzero().squeeze(-1)
        step = max(FILLED_TO, (1 << len(index_M).bit_length()) // 16) if few_sizes else 1
        return cls(
            batch_size=mask_BT.shape[0],
            num_positions=mask_BT.shape[1],
            index_M=index_M,
            num_filler=-len(index_M) % step,
            offsets=F.pad((mask_BT != 0).sum(1).cumsum(0), (1, 0)),
        )

    def pack(self, x_BTD: Tensor) -> Tensor:
        """Give the real positions of a padded tensor and the filler, shape ``(M, ...)``."""
        index = F.pad(self.index_M, (0, self.num_filler)) if self.num_filler else self.index_M
        return x_BTD.flatten(0, 1).index_select(0, index)

    def unpack(self, x_MD: Tensor) -> Tensor:
        """Give the padded tensor back, shape ``(B, T, ...)``, zero at the padding."""
        x_BTD = x_MD.new_zeros(self.batch_size * self.num_positions, *x_MD.shape[1:])
        # index_copy keeps the gradient of what is copied
        x_BTD = torch.index_copy(x_BTD, 0, self.index_M, x_MD[: len(self.index_M)])
        return x_BTD.view(self.batch_size, self.num_positions, *x_MD.shape[1:])
