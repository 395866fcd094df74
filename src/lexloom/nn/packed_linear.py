"""Linear maps for inference on a CPU: the weight is laid out once as the matrix unit wants it.

The plain map lays it out anew at each call, and reads and writes its result once more for the
activation or the sum behind it. `models.bert_inference` uses these.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXPECTED_ROWS = 2_048
"""Rows that the layout is chosen for; others work too."""


def can_pack(weight: Tensor) -> bool:
    """Say whether `PackedLinear` works here: bfloat16 on a CPU for which oneDNN lays it out.

    One with neither AVX-512 nor conversions of its own, such as AMD's before Zen 4, is none.
    """
    return (
        weight.device.type == "cpu"
        and weight.dtype == torch.bfloat16
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and torch.ops.mkldnn._is_mkldnn_bf16_supported()
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


class PlainLinear:
    """The same by torch's plain map, for formats and machines that cannot pack."""

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        self.weight, self.bias, self.gelu = weight.detach(), bias.detach(), gelu

    def __call__(self, x: Tensor) -> Tensor:
        """Map the last axis of `x`."""
        out = F.linear(x, self.weight, self.bias)
        return F.gelu(out) if self.gelu else out

    def add(self, x: Tensor, other: Tensor) -> Tensor:
        """Map the last axis of `x`, and add `other`, which has the result's shape."""
        return self(x) + other


def linear_for_inference(*linears: nn.Linear, gelu: bool = False) -> PackedLinear | PlainLinear:
    """Join maps of one input, outputs side by side, packed where that works; then GELU if asked."""
    weight = torch.cat([linear.weight for linear in linears])
    bias = torch.cat([linear.bias for linear in linears])
    kind = PackedLinear if can_pack(weight) else PlainLinear
    return kind(weight, bias, gelu=gelu)
