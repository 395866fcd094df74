"""Gated convolutions whose reach doubles from layer to layer, for rows of words.

As iterated dilated convolutions (Strubell et al., 2017, arXiv:1702.02098) with gated linear units
(Dauphin et al., 2017, arXiv:1612.08083) and residuals. All places are computed at once, so it is
faster than `bilstm` where matrices are.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.nn.dropout import Dropout

MAX_DILATION = 4
"""After the layer with this distance the next one begins with neighbours again."""


class DilatedConvolutions(nn.Module):
    """A projection and layers that each read a place and one on either side of it."""

    def __init__(
        self, input_size: int, hidden_size: int, num_hidden_layers: int, dropout: float
    ) -> None:
        """Set up; see `BiLSTM` for the arguments."""
        super().__init__()
        self.project = nn.Linear(input_size, hidden_size)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_size) for _ in range(num_hidden_layers))
        self.layers = nn.ModuleList(
            nn.Linear(3 * hidden_size, 2 * hidden_size) for _ in range(num_hidden_layers)
        )
        self.dilations = dilations(num_hidden_layers)
        self.dropout = Dropout(dropout)
        self.norm = nn.LayerNorm(hidden_size)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Give states ``(B, T, hidden_size)``; at padding they mean nothing."""
        h_BTH = self.project(x_BTD)
        is_word_BT1 = mask_BT[..., None]
        for dilation, norm, layer in zip(self.dilations, self.norms, self.layers, strict=True):
            # what is read beyond a row's end is zero, be it padding or not there at all
            inner_BTH = norm(h_BTH).where(is_word_BT1, 0.0)
            window = torch.cat(
                [_shift(inner_BTH, dilation), inner_BTH, _shift(inner_BTH, -dilation)], -1
            )
            h_BTH = h_BTH + self.dropout(F.glu(layer(window)))
        out_BTH: Tensor = self.norm(h_BTH)
        return out_BTH


def dilations(num_hidden_layers: int) -> list[int]:
    """Give the distance to a layer's neighbours: 1, 2, 4, and again."""
    steps = MAX_DILATION.bit_length()
    return [1 << (number % steps) for number in range(num_hidden_layers)]


def _shift(x_BTD: Tensor, by: int) -> Tensor:
    """Move rows by some places towards their end, or their beginning; zeros come in."""
    by = max(-x_BTD.shape[1], min(x_BTD.shape[1], by))
    if by >= 0:
        return F.pad(x_BTD[:, : x_BTD.shape[1] - by], (0, 0, by, 0))
    return F.pad(x_BTD[:, -by:], (0, 0, 0, -by))
