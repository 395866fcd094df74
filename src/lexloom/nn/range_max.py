"""The strongest value of each of many ranges of a sequence, and its gradient.

Gathering many and long ones would take time and memory by the sum of their lengths. But any range
is two runs of a power of two that overlap (Bender and Farach-Colton, 2000, "The LCA Problem
Revisited"), and the maxima of all runs come from those half as long.

Dimensions: B texts, U units, X channels, P ranges, N = B * U.
"""

from typing import Any

import torch
from torch import Tensor


def range_max(x_BUX: Tensor, row: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Give the maximum over ``x[row, start:end]``, shape ``(P, X)``; zero where that is empty.

    The gradient goes to the place of the maximum; where that comes twice, to one of them or to both
    by halves.
    """
    length_P = (end - start).clamp_min(0)
    longest = int(length_P.max()) if len(row) else 0
    if longest == 0:
        return x_BUX.new_zeros(len(row), x_BUX.shape[-1])
    x_NX, first_P = x_BUX.flatten(0, 1), row * x_BUX.shape[1] + start
    if len(row) * longest <= len(x_NX):
        return _gathered_max(x_NX, first_P, length_P, longest)
    max_PX: Tensor = _RunsMax.apply(x_NX, first_P, length_P)  # type: ignore[no-untyped-call]
    return max_PX


def _gathered_max(x_NX: Tensor, first_P: Tensor, length_P: Tensor, longest: int) -> Tensor:
    """Give the maxima of ``x[first : first + length]`` from a copy of each range."""
    steps_W = torch.arange(longest, device=x_NX.device)
    outside_PW = steps_W >= length_P[:, None]
    index_PW = (first_P[:, None] + steps_W).masked_fill(outside_PW, 0)
    x_PWX = x_NX.index_select(0, index_PW.flatten()).view(*index_PW.shape, -1)
    x_PWX = x_PWX.masked_fill(outside_PW[..., None], -torch.inf)
    return x_PWX.amax(1).masked_fill((length_P == 0)[:, None], 0.0)


class _RunsMax(torch.autograd.Function):
    """The same maxima from those of runs, with the place of each kept for the gradient."""

    @staticmethod
    def forward(ctx: Any, x_NX: Tensor, first_P: Tensor, length_P: Tensor) -> Tensor:
        max_PX = x_NX.new_zeros(len(first_P), x_NX.shape[1])
        where_PX = torch.zeros(max_PX.shape, dtype=torch.int32, device=x_NX.device)
        runs_NX, length = x_NX, 1
        where_NX = torch.arange(len(x_NX), dtype=torch.int32, device=x_NX.device)[:, None]
        where_NX = where_NX.expand_as(x_NX)
        with_places = ctx.needs_input_grad[0]
        power_P = torch.frexp(length_P.float()).exponent - 1  # -1 where it is empty
        for power in range(int(power_P.max()) + 1):
            if power:
                left_NX, right_NX = runs_NX[:-length], runs_NX[length:]
                if with_places:
                    where_NX = torch.where(
                        right_NX > left_NX, where_NX[length:], where_NX[:-length]
                    )
                runs_NX, length = torch.maximum(left_NX, right_NX), 2 * length
            place_P = (power_P == power).nonzero().squeeze(1)
            left_P = first_P[place_P]
            right_P = left_P + length_P[place_P] - length
            left_PX, right_PX = (runs_NX.index_select(0, at) for at in (left_P, right_P))
            max_PX[place_P] = torch.maximum(left_PX, right_PX)
            if with_places:
                from_left, from_right = (where_NX.index_select(0, at) for at in (left_P, right_P))
                where_PX[place_P] = torch.where(right_PX > left_PX, from_right, from_left)
        ctx.save_for_backward(where_PX, power_P < 0)
        ctx.shape = x_NX.shape
        return max_PX

    @staticmethod
    def backward(ctx: Any, gradient_PX: Tensor) -> tuple[Tensor | None, ...]:
        where_PX, is_empty_P = ctx.saved_tensors
        gradient_NX = gradient_PX.new_zeros(ctx.shape)
        gradient_PX = gradient_PX.masked_fill(is_empty_P[:, None], 0.0)
        return gradient_NX.scatter_add_(0, where_PX.long(), gradient_PX), None, None
