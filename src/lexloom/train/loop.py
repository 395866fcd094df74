"""The training loop: a generator of step reports; saving, scoring and stopping are `run`'s."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lexloom.errors import TrainingError
from lexloom.seeds import derive
from lexloom.train.config import TrainConfig
from lexloom.train.optim import MasterAdamW


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one optimizer step did."""

    step: int
    """Steps done, this one with them."""
    epoch: float
    """Epochs done."""
    losses: dict[str, float]
    learning_rate: float
    grad_norm: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where a training stands: the next step to do is `step`, counted from 0."""

    step: int
    steps_per_epoch: int
    num_steps: int


def learning_rate_factor(step: int, *, num_steps: int, warmup_ratio: float) -> float:
    """Give the share of the highest rate at a step: a linear rise, then a linear fall to 0."""
    num_warmup = max(1, round(warmup_ratio * num_steps))
    if step < num_warmup:
        return (step + 1) / (num_warmup + 1)
    return max(0.0, (num_steps - step) / max(1, num_steps - num_warmup))


def steps(
    model: nn.Module,
    optimizer: MasterAdamW,
    config: TrainConfig,
    position: Position,
    *,
    losses_at: Callable[[int], dict[str, Tensor]],
) -> Iterator[StepReport]:
    """Train from `position` to the end, one report a step.

    What a step does is a pure function of the parameters, the optimizer's state and the step's
    number, dropout with it, so that a resumed training equals one that was never stopped.

    Args:
        model: The model, changed in place.
        optimizer: Its optimizer.
        config: Rates and limits.
        position: Where to begin and end.
        losses_at: Gives the losses of the batch of a step, by name; their sum is minimised.

    Raises:
        TrainingError: If a loss or the gradient is not finite; the step is not taken.
    """
    for step in range(position.step, position.num_steps):
        model.train()
        torch.manual_seed(derive(config.seed, "step", step))
        factor = learning_rate_factor(
            step, num_steps=position.num_steps, warmup_ratio=config.warmup_ratio
        )
        losses = losses_at(step)
        total = torch.stack([loss.float() for loss in losses.values()]).sum()
        grad_norm = optimizer.backward(total)
        if not (math.isfinite(float(total.detach())) and math.isfinite(grad_norm)):
            raise TrainingError(
                f"step {step + 1}: the loss or its gradient is not finite",
                hint="lower learning_rate, or set precision to fp32",
            )
        optimizer.step(factor)
        yield StepReport(
            step=step + 1,
            epoch=(step + 1) / position.steps_per_epoch,
            losses={name: float(loss.detach()) for name, loss in losses.items()},
            learning_rate=config.learning_rate * factor,
            grad_norm=grad_norm,
        )
