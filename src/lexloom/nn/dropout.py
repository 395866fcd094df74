"""Dropout that a CPU can afford (Srivastava et al., 2014).

The library's mask takes longer there than the layer it regularises; this one compares random bytes
with a threshold, so the probability is rounded to a 256th.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


def dropout(x: Tensor, p: float) -> Tensor:
    """Drop each element with probability `p` and scale the others up; same shape and dtype."""
    if p == 0.0 or not x.numel():
        return x
    # a compiler cannot follow bytes of numpy's, and makes the library's mask part of other loops
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return F.dropout(x, p, training=True)
    num_dropped = of_256(p)
    kept = random_bytes(x.numel()) >= num_dropped
    return x * (kept.view(x.shape).to(x.dtype) * (256 / (256 - num_dropped)))


def of_256(p: float) -> int:
    """Give how many of the 256 values of a byte drop with probability `p`, which is above 0."""
    return min(255, max(1, round(p * 256)))


def random_bytes(count: int) -> Tensor:
    """Draw bytes, uint8, by a seed that is one draw from torch's generator."""
    seed = int(torch.randint(2**62, ()))
    bits = np.random.Generator(np.random.SFC64(seed)).bytes(count)
    return torch.from_numpy(np.frombuffer(bytearray(bits), np.uint8))


class Dropout(nn.Module):
    """Dropout while training."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Give a tensor of the shape and dtype of `x`; `x` itself outside of training."""
        return dropout(x, self.p) if self.training else x

    def extra_repr(self) -> str:
        """Show the probability."""
        return f"p={self.p}"
