"""The training loop: a generator of step reports; saving, scoring and stopping are `run`'s."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lexloom.errors import TrainingError
from lexloom.nn.precision import choose_dtype
from lexloom.seeds import derive
from lexloom.train.config import TrainConfig


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


def make_optimizer(model: nn.Module, config: TrainConfig, *, encoder: str) -> torch.optim.AdamW:
    """Make AdamW with three rates: word embeddings, the rest of the encoder, and everything else.

    Args:
        model: The model; parameters whose rate is 0 are frozen.
        config: Rates and decay.
        encoder: Prefix of the names of the pre-trained parameters.
    """
    rates: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if name.startswith(encoder) and "word_embeddings" in name:
            rate = config.embedding_learning_rate
        elif name.startswith(encoder):
            rate = config.learning_rate
        else:
            rate = config.head_learning_rate
        if rate == 0.0:
            parameter.requires_grad_(False)
            continue
        decay = config.weight_decay if parameter.dim() > 1 else 0.0
        rates.setdefault((rate, decay), []).append(parameter)
    groups = [
        {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in rates.items()
    ]
    return torch.optim.AdamW(groups, fused=True)


def steps(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
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
    dtype = choose_dtype(config.precision)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for step in range(position.step, position.num_steps):
        model.train()
        torch.manual_seed(derive(config.seed, "step", step))
        factor = learning_rate_factor(
            step, num_steps=position.num_steps, warmup_ratio=config.warmup_ratio
        )
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            losses = losses_at(step)
        total = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        grad_norm = float(nn.utils.clip_grad_norm_(parameters, config.max_grad_norm))
        if not torch.isfinite(total) or grad_norm != grad_norm or grad_norm == float("inf"):
            raise TrainingError(
                f"step {step + 1}: the loss or its gradient is not finite",
                hint="lower learning_rate, or set precision to fp32",
            )
        optimizer.step()
        yield StepReport(
            step=step + 1,
            epoch=(step + 1) / position.steps_per_epoch,
            losses={name: float(loss.detach()) for name, loss in losses.items()},
            learning_rate=config.learning_rate * factor,
            grad_norm=grad_norm,
        )
