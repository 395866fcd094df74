"""AdamW in one pass over the memory; `train.optim` has the same by torch's operations.

An optimizer's step does little with much memory. Torch's takes five passes where the model is
bfloat16: widen the gradient, measure it, shorten it, step, and round into the model.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lexloom.nn.kernels.attention import DTYPES
from lexloom.nn.kernels.library import Kernels
from lexloom.nn.kernels.row_parts import on_threads

STRETCH = 1 << 20
"""Numbers that a thread does at once."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A parameter with its gradient and moments, contiguous, of one shape, on the CPU."""

    parameter: Tensor
    """float32."""
    gradient: Tensor
    """float32 or bfloat16."""
    first_moment: Tensor
    second_moment: Tensor
    narrow: Tensor | None
    """The parameter in bfloat16, which is overwritten; None where there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AdamWSettings:
    """The numbers of one step, named as in Loshchilov and Hutter (2019, arXiv:1711.05101)."""

    rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    step: int
    """Counted from 1."""
    gradient_factor: float
    """What gradients are multiplied with before all else."""

    def numbers(self) -> list[float]:
        """Give what the kernel takes, in its order."""
        return [
            self.gradient_factor,
            1.0 - self.rate * self.weight_decay,
            self.rate / (1.0 - self.beta1**self.step),
            1.0 - self.beta1,
            self.beta2,
            1.0 - self.beta2,
            (1.0 - self.beta2**self.step) ** -0.5,
            self.epsilon,
        ]


def adamw_step(found: Kernels, items: Sequence[tuple[Stepped, AdamWSettings]]) -> None:
    """Step parameters in place, on torch's number of threads; the result is that of one."""

    def step(part: tuple[Stepped, AdamWSettings, int]) -> None:
        item, settings, start = part
        numbers = settings.numbers()
        found.functions.lexloom_adamw(
            DTYPES[item.gradient.dtype],
            _address(item.gradient, start),
            _address(item.parameter, start),
            _address(item.first_moment, start),
            _address(item.second_moment, start),
            None if item.narrow is None else _address(item.narrow, start),
            min(STRETCH, item.parameter.numel() - start),
            (ctypes.c_float * len(numbers))(*numbers),
            found.instruction_set,
        )

    parts = [
        (item, settings, start)
        for item, settings in items
        for start in range(0, item.parameter.numel(), STRETCH)
    ]
    on_threads(step, parts, torch.get_num_threads())


def square_sum(found: Kernels, tensors: Sequence[Tensor]) -> float:
    """Give the sum of the squares of all numbers of contiguous tensors, float32 or bfloat16."""

    def summed(part: tuple[Tensor, int]) -> float:
        tensor, start = part
        result = ctypes.c_double()
        found.functions.lexloom_square_sum(
            DTYPES[tensor.dtype],
            _address(tensor, start),
            min(STRETCH, tensor.numel() - start),
            ctypes.byref(result),
            found.instruction_set,
        )
        return result.value

    parts = [(tensor, start) for tensor in tensors for start in range(0, tensor.numel(), STRETCH)]
    return sum(on_threads(summed, parts, torch.get_num_threads()))


def _address(tensor: Tensor, start: int) -> int:
    return tensor.data_ptr() + start * tensor.element_size()
