"""Linear maps for inference on a CPU: the weight is laid out once as the matrix unit wants it.

The plain map lays it out anew at each call, and reads and writes its result once more for the
activation or the sum behind it. `models.bert` uses these where `can_pack` says so.
"""

import torch
from torch import Tensor, nn

EXPECTED_ROWS = 2_048
"""Rows that the layout is chosen for; others work too."""


def can_pack(weight: Tensor) -> bool:
    """Say whether `PackedLinear` works here: bfloat16 on a CPU whose build has oneDNN."""
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.bfloat16
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
    )


class PackedLinear:
    """``x @ weight.T + bias``, then GELU if asked for; equal to the plain map up to rounding."""

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        self.weight = torch.ops.mkldnn._reorder_linear_weight(
            weight.detach().contiguous(), EXPECTED_ROWS
        )
        self.bias = bias.detach()
        self.activation: tuple[str, list[float], str] = (
            ("gelu", [], "none") if gelu else ("none", [], "")
        )

    @classmethod
    def of(cls, *linears: nn.Linear, gelu: bool = False) -> "PackedLinear":
        """Pack one map, or several of the same input as one with their outputs side by side."""
        weight = torch.cat([linear.weight for linear in linears])
        bias = torch.cat([linear.bias for linear in linears])
        return cls(weight, bias, gelu=gelu)

    def __call__(self, x: Tensor) -> Tensor:
        """Map the last axis of `x`."""
        out: Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.weight, self.bias, *self.activation
        )
        return out

    def add(self, x: Tensor, other: Tensor) -> Tensor:
        """Map the last axis of `x`, and add `other`, which has the result's shape."""
        out: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
            x, other, self.weight, self.bias, "add"
        )
        return out
