"""Several processes that train one model, started by ``torchrun``: replicated or sharded.

Replicated, each process holds the whole model and gradients are summed once a step. Sharded,
parameters, gradients and moments are shared out, and each block is gathered when it is needed
(FSDP2; Rajbhandari et al., 2020, arXiv:1910.02054, stage 3). One process alone needs neither.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lexloom.train.config import TrainConfig


@dataclass(frozen=True, slots=True)
class Parallel:
    """This process's place among the others."""

    rank: int = 0
    world_size: int = 1
    is_sharded: bool = False

    @property
    def is_first(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    @property
    def loss_factor(self) -> float:
        """What the loss is multiplied by, for sharded gradients come as means over processes."""
        return float(self.world_size) if self.is_sharded else 1.0

    def names(self, part: int) -> tuple[str | int, ...]:
        """Name the randomness of a part of a step; the very first has no name."""
        return () if self.rank == part == 0 else ("rank", self.rank, "part", part)

    def summed(self, values: Mapping[str, float]) -> dict[str, float]:
        """Add up named numbers over all processes, each of which gives the same names."""
        if self.world_size == 1:
            return dict(values)
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        totals = torch.tensor(list(values.values()), dtype=torch.float64, device=device)
        dist.all_reduce(totals)
        return dict(zip(values, totals.tolist(), strict=True))

    def any(self, is_true: bool) -> bool:
        """Whether it is true in any process."""
        return self.summed({"any": float(is_true)})["any"] > 0

    def sum_gradients(self, masters: Mapping[str, Tensor]) -> None:
        """Add up the gradients over all processes, where the model is replicated."""
        if self.world_size == 1 or self.is_sharded:
            return
        for master in masters.values():
            if master.grad is None:  # unused here, but perhaps not elsewhere
                master.grad = torch.zeros_like(master)
        gradients = [master.grad for master in masters.values() if master.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, total in zip(gradients, parts, strict=True):
            gradient.copy_(total.view_as(gradient))

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.world_size > 1:
            dist.barrier()


def join(config: TrainConfig) -> Parallel:
    """Join the other processes of ``torchrun``, if it started this one."""
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        return Parallel()
    if not dist.is_initialized():
        has_gpu = torch.cuda.is_available()
        if has_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl" if has_gpu else "gloo")
    return Parallel(dist.get_rank(), world_size, is_sharded=config.parallel == "shard")


def shard(model: nn.Module, dtype: torch.dtype) -> None:
    """Share out a float32 model, block by block; products are computed in `dtype`."""
    from torch.distributed.fsdp import (
        MixedPrecisionPolicy,
        fully_shard,
        register_fsdp_forward_method,
    )

    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    for block in blocks(model):
        fully_shard(block, mp_policy=policy)
    fully_shard(model, mp_policy=policy)
    for name in getattr(model, "forward_methods", ()):
        register_fsdp_forward_method(model, name)


def blocks(model: nn.Module) -> list[nn.Module]:
    """Give the model's repeated blocks: the units of sharding and compiling."""
    return [module for module in model.modules() if getattr(module, "is_block", False)]
