"""Self-attention over packed texts, with dropout and a compiled gradient.

For texts of a sentence's length it takes a third of the time of the products, masks and copies of
the padded form in `models.bert`, which is the way without kernels and on other devices.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from lexloom.nn.dropout import of_256, random_bytes
from lexloom.nn.kernels.attention import DTYPES
from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.nn.kernels.row_parts import on_threads

MAX_LENGTH = 512
"""Longest text that was tried: there it takes two thirds of the time of the other way, and half at
256; it has no tiles, and works in float32."""


def trains_packed(qkv: Tensor, max_length: int) -> bool:
    """Tell whether `attend_training` can be used: on a CPU with kernels, for texts not too long."""
    is_here = qkv.device.type == "cpu" and qkv.dtype in DTYPES
    # a compiler cannot follow what ctypes calls
    is_traced = torch.compiler.is_compiling()
    return is_here and max_length <= MAX_LENGTH and not is_traced and kernels() is not None


def attend_training(
    qkv_MX: Tensor, offsets: Tensor, num_heads: int, *, dropout_prob: float
) -> Tensor:
    """Attend within each text (Vaswani et al., 2017, eq. 1), with a gradient.

    Args:
        qkv_MX: Queries, keys and values of all heads side by side, shape ``(M, 3 D)``.
        offsets: Where each text starts among the rows, and the end of the last, int64. Rows behind
            that are filler: they give 0 and get no gradient.
        num_heads: How many heads share the D channels.
        dropout_prob: Probability of dropping an attention weight, rounded to a 256th.

    Returns:
        The values' averages, shape ``(M, D)``.
    """
    drops = None
    if dropout_prob > 0:
        num_weights = num_heads * int(offsets.diff().square().sum())
        drops = Drops(random_bytes(num_weights), of_256(dropout_prob))
    out_MD: Tensor = _Attention.apply(  # type: ignore[no-untyped-call]
        qkv_MX, offsets, num_heads, drops
    )
    return out_MD


class Drops(NamedTuple):
    """Which attention weights are dropped."""

    drawn: Tensor
    """A random byte for each weight, uint8, ``(T, T)`` for each head of each text."""
    num_dropped: int
    """Weights whose byte is below it are dropped."""


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv_MX: Tensor, offsets: Tensor, num_heads: int, drops: Drops | None
    ) -> Tensor:
        qkv_MX, offsets = qkv_MX.contiguous(), offsets.contiguous()
        ctx.save_for_backward(qkv_MX, offsets)
        ctx.num_heads, ctx.drops = num_heads, drops
        return attend(qkv_MX, offsets, num_heads, drops, _found())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_MD: Tensor) -> tuple[Tensor | None, ...]:
        qkv_MX, offsets = ctx.saved_tensors
        grad_MX = attend_backward(
            qkv_MX, grad_MD.contiguous(), offsets, ctx.num_heads, ctx.drops, _found()
        )
        return grad_MX, None, None, None


def attend(
    qkv_MX: Tensor, offsets: Tensor, num_heads: int, drops: Drops | None, found: Kernels
) -> Tensor:
    """Attend by the compiled kernel; tensors are contiguous, and as in `attend_training`."""
    size = qkv_MX.shape[1] // 3
    out_MD = qkv_MX.new_empty(len(qkv_MX), size)
    out_MD[int(offsets[-1]) :] = 0

    def attend_part(part: _Part) -> int:
        status: int = found.functions.lexloom_attention(
            DTYPES[qkv_MX.dtype], qkv_MX.data_ptr(), part.offsets, part.count, num_heads,
            size // num_heads, part.drawn, part.num_dropped, out_MD.data_ptr(),
            found.instruction_set,
        )  # fmt: skip
        return status

    if any(on_threads(attend_part, _parts(offsets, num_heads, drops), torch.get_num_threads())):
        raise MemoryError("no memory is left for attention")
    return out_MD


def attend_backward(
    qkv_MX: Tensor,
    grad_MD: Tensor,
    offsets: Tensor,
    num_heads: int,
    drops: Drops | None,
    found: Kernels,
) -> Tensor:
    """Give the gradient at the queries, keys and values, ``(M, 3 D)``; see `attend`."""
    grad_MX = torch.empty_like(qkv_MX)
    grad_MX[int(offsets[-1]) :] = 0
    head_dim = qkv_MX.shape[1] // 3 // num_heads

    def backward_part(part: _Part) -> int:
        status: int = found.functions.lexloom_attention_backward(
            DTYPES[qkv_MX.dtype], qkv_MX.data_ptr(), grad_MD.data_ptr(), part.offsets, part.count,
            num_heads, head_dim, part.drawn, part.num_dropped, grad_MX.data_ptr(),
            found.instruction_set,
        )  # fmt: skip
        return status

    if any(on_threads(backward_part, _parts(offsets, num_heads, drops), torch.get_num_threads())):
        raise MemoryError("no memory is left for the gradient of attention")
    return grad_MX


@dataclass(frozen=True, slots=True)
class _Part:
    """Some texts, one behind the other, as a kernel takes them."""

    offsets: int
    count: int
    drawn: int | None
    num_dropped: int


def _parts(offsets: Tensor, num_heads: int, drops: Drops | None) -> list[_Part]:
    """Give each thread texts of about the same number of positions."""
    num_texts, threads = len(offsets) - 1, torch.get_num_threads()
    ends = torch.arange(1, threads) * int(offsets[-1]) // threads
    borders = torch.unique(torch.cat([
        torch.tensor([0]), torch.searchsorted(offsets, ends), torch.tensor([num_texts])
    ])).tolist()  # fmt: skip
    parts = []
    for first, last in pairwise(borders):
        drawn, num_dropped = None, 0
        if drops is not None:
            num_weights = num_heads * int(offsets[: first + 1].diff().square().sum())
            drawn, num_dropped = drops.drawn.data_ptr() + num_weights, drops.num_dropped
        start = offsets.data_ptr() + first * offsets.element_size()
        parts.append(_Part(start, last - first, drawn, num_dropped))
    return parts


def _found() -> Kernels:
    found = kernels()
    assert found is not None, "see `trains_packed`"
    return found
