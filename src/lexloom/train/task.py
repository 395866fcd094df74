"""What the trainer asks of a task: a model, its batches, a loss and a dev score.

A task is made of one objective of `train`, the batches of `batches` and a model of `models`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn

from lexloom.errors import TrainingError

T = TypeVar("T")


class Batch(Protocol):
    """Examples as tensors."""

    @property
    def num_tokens(self) -> int:
        """How many real tokens it holds, without padding."""
        ...

    @property
    def num_targets(self) -> Mapping[str, int]:
        """By what each loss is divided, by the loss's name."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of each batch a process computes, and in how many parts by turns."""

    rank: int = 0
    world_size: int = 1
    num_micro_batches: int = 1

    def parts(self, items: Sequence[T]) -> list[Sequence[T]]:
        """Cut a batch: neighbours stay together, none comes twice, and sizes differ by one at most.

        A single process leaves empty parts out.

        Raises:
            TrainingError: If there are fewer items than parts of several processes.
        """
        num_parts = self.world_size * self.num_micro_batches
        if self.world_size > 1 and len(items) < num_parts:
            raise TrainingError(
                f"a batch of {len(items)} cannot be shared by {num_parts} parts",
                hint="raise batch_size, or start fewer processes",
            )
        cuts = [len(items) * part // num_parts for part in range(num_parts + 1)]
        parts = [items[start:end] for start, end in pairwise(cuts)]
        mine = parts[self.rank * self.num_micro_batches :][: self.num_micro_batches]
        return [part for part in mine if len(part)]


@runtime_checkable
class Recomputing(Protocol):
    """A module that can keep the inputs of its blocks only, and compute the rest again."""

    gradient_checkpointing: bool


class Task(Protocol):
    """What is trained."""

    encoder_prefix: str
    """Prefix of the names of the pre-trained parameters."""

    @property
    def model(self) -> nn.Module:
        """What is trained."""
        ...

    def num_batches(self) -> int:
        """Give the number of steps of an epoch."""
        ...

    def batches(self, epoch: int, index: int, share: Share) -> Sequence[Any]:
        """Give a process's share of one step's batch, in the parts to be computed by turns.

        A pure function of its arguments, so that a position in training is one number.
        """
        ...

    def losses(self, batch: Any) -> dict[str, Tensor]:
        """Give the losses of one part, each a sum over its targets."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Score the model on dev data; the key ``score``, higher is better, decides."""
        ...
