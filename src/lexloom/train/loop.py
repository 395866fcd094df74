"""The training loop: a generator of step reports; saving, scoring and stopping are `run`'s."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lexloom.errors import TrainingError
from lexloom.nn.memory import release_unused
from lexloom.seeds import derive
from lexloom.train.config import TrainConfig
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel
from lexloom.train.reports import StepReport
from lexloom.train.schedule import learning_rate_factor
from lexloom.train.task import Share, Task

RELEASE_EVERY_STEPS = 50


@dataclass(frozen=True, slots=True)
class Position:
    """Where a training stands: the next step to do is `step`, counted from 0."""

    step: int
    steps_per_epoch: int
    num_steps: int


def steps(
    task: Task,
    optimizer: MasterAdamW,
    config: TrainConfig,
    position: Position,
    parallel: Parallel,
) -> Iterator[StepReport]:
    """Train from `position` to the end, one report a step.

    What a step does is a pure function of the parameters, the optimizer's state and the step's
    number, dropout with it, so that a resumed training equals one that was never stopped. Each loss
    is divided by the number of its targets in the whole step, so that parts and processes in which
    it is computed change nothing but the order of the sum.

    Raises:
        TrainingError: If a loss or the gradient is not finite; the step is not taken.
    """
    for step in range(position.step, position.num_steps):
        started = time.monotonic()
        task.model.train()
        factor = learning_rate_factor(
            step,
            num_steps=position.num_steps,
            warmup_ratio=config.warmup_ratio,
            schedule=config.schedule,
        )
        losses, num_tokens = _gradients(task, optimizer, config, parallel, step, position)
        grad_norm = optimizer.clip()
        if not math.isfinite(sum(losses.values()) + grad_norm):
            raise TrainingError(
                f"step {step + 1}: the loss or its gradient is not finite",
                hint="lower learning_rate, or set precision to fp32",
            )
        optimizer.step(factor)
        if (step + 1) % RELEASE_EVERY_STEPS == 0:
            release_unused()
        yield StepReport(
            step=step + 1,
            epoch=(step + 1) / position.steps_per_epoch,
            losses=losses,
            learning_rate=config.learning_rate * factor,
            grad_norm=grad_norm,
            num_tokens=num_tokens,
            duration_s=time.monotonic() - started,
        )


def _gradients(
    task: Task,
    optimizer: MasterAdamW,
    config: TrainConfig,
    parallel: Parallel,
    step: int,
    position: Position,
) -> tuple[dict[str, float], int]:
    """Add up the gradients of a step's parts; give the losses and the tokens of all processes."""
    epoch, index = divmod(step, position.steps_per_epoch)
    share = Share(parallel.rank, parallel.world_size, config.num_micro_batches)
    parts = list(task.batches(epoch, index, share))
    counts: dict[str, float] = {}
    for batch in parts:
        for name, count in batch.num_targets.items():
            counts[name] = counts.get(name, 0) + count
    counts = parallel.summed(counts | {"tokens": sum(batch.num_tokens for batch in parts)})
    num_tokens = round(counts.pop("tokens"))
    optimizer.zero_grad()
    sums = dict.fromkeys(counts, 0.0)
    for number, batch in enumerate(parts):
        # the names of the first part in the first process are those of a run without the others
        torch.manual_seed(derive(config.seed, "step", step, *parallel.names(number)))
        divided = {
            name: loss.float() / max(1.0, counts[name]) for name, loss in task.losses(batch).items()
        }
        optimizer.backward(torch.stack(list(divided.values())).sum() * parallel.loss_factor)
        for name, loss in divided.items():
            sums[name] += float(loss.detach())
    if parallel.world_size > 1:
        optimizer.gather()
        parallel.sum_gradients(optimizer.masters)
    return parallel.summed(sums), num_tokens
