"""AdamW on float32 masters of the parameters, so that the model itself may be bfloat16.

Sums of many small steps need more digits than bfloat16 has; products do not (Micikevicius et al.,
2018, arXiv:1710.03740). Gradients are widened and summed, the masters stepped, and the model
overwritten. A parameter that is float32 already is its own master.

On a CPU a compiled kernel does all that in one pass, where there is one.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from lexloom.nn.kernels.adamw import AdamWSettings, Stepped, adamw_step, square_sum
from lexloom.nn.kernels.attention import DTYPES
from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.train.config import TrainConfig

AVERAGE = "average"


class MasterAdamW:
    """The optimizer of a run: three rates, decay on matrices, gradients cut to a length.

    Word embeddings, the rest of the pre-trained encoder and new parameters have rates of their own;
    parameters whose rate is 0 are frozen.
    """

    def __init__(self, model: nn.Module, config: TrainConfig, *, encoder_prefix: str) -> None:
        self.model = model
        self.max_grad_norm = config.max_grad_norm
        self.ema_decay = config.ema_decay
        self.masters: dict[str, Tensor] = {}
        groups: dict[tuple[float, float], list[Tensor]] = {}
        for name, parameter in model.named_parameters():
            rate = _rate(name, config, encoder_prefix) if parameter.requires_grad else 0.0
            parameter.requires_grad_(rate > 0)
            if rate > 0:
                is_wide = parameter.dtype == torch.float32
                master = parameter if is_wide else parameter.detach().float().clone()
                self.masters[name] = master
                decay = config.weight_decay if parameter.dim() > 1 else 0.0
                groups.setdefault((rate, decay), []).append(master)
        self.averages: dict[str, Tensor] = {}
        if self.ema_decay is not None:
            self.averages = {name: m.detach().clone() for name, m in self.masters.items()}
        self.adamw = torch.optim.AdamW(
            [
                {"params": members, "lr": rate, "initial_lr": rate, "weight_decay": decay}
                for (rate, decay), members in groups.items()
            ],
            betas=(config.adam_beta1, config.adam_beta2),
            eps=config.adam_epsilon,
            fused=True,
        )
        self._kernels = kernels() if all(_fits_kernel(*pair) for pair in self._pairs()) else None
        self._factor = 1.0
        """What the kernel shortens the gradients by; torch's way does so in `clip`."""

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.model.parameters():
            parameter.grad = None
        for master in self.masters.values():
            master.grad = None

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of `loss` to those that are there."""
        self.gather()  # so that what is added up is wide
        loss.backward()  # type: ignore[no-untyped-call]

    def gather(self) -> None:
        """Widen the gradients of the model, and add them to those of the masters."""
        for parameter, master in self._pairs():
            if parameter is master or parameter.grad is None:
                continue
            added = parameter.grad.float()
            parameter.grad = None
            master.grad = added if master.grad is None else master.grad.add_(added)

    def clip(self) -> float:
        """Cut the gradient to the limit, and give the length that it had."""
        if self._kernels is None:
            self.gather()
            norm: Any = nn.utils.clip_grad_norm_(self.masters.values(), self.max_grad_norm)
            return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
        gradients = [self._gradient(*pair) for pair in self._pairs()]
        found = [gradient for gradient in gradients if gradient is not None]
        length = math.sqrt(square_sum(self._kernels, found))
        self._factor = min(1.0, self.max_grad_norm / (length + 1e-6))
        return length

    def step(self, rate_factor: float) -> None:
        """Step with the given share of the highest rates, and write the result into the model."""
        for group in self.adamw.param_groups:
            group["lr"] = group["initial_lr"] * rate_factor
        if self._kernels is None:
            self.adamw.step()
        else:
            self._step_in_one_pass(self._kernels)
        if self.ema_decay is not None:
            self._average(self.ema_decay)
        if self._kernels is None:
            self._write_model(self.masters)

    def _average(self, decay: float) -> None:
        """Take the masters into the running mean, in which the first weights have no share.

        It is the sum of all steps' weights, each times ``decay ** age``, over the sum of those
        factors, as Adam corrects its moments (Kingma and Ba, 2015, section 3). Without that a short
        run would be scored, and kept, with much of what it began with.
        """
        counts = [state["step"] for state in self.adamw.state.values()]
        step = int(torch.stack(counts).max()) if counts else 1
        with torch.no_grad():
            means = [local(mean) for mean in self.averages.values()]
            masters = [local(master) for master in self.masters.values()]
            torch._foreach_lerp_(means, masters, (1 - decay) / (1 - decay**step))

    def _pairs(self) -> list[tuple[Tensor, Tensor]]:
        """Give each trained parameter and its master, which may be the same."""
        parameters = dict(self.model.named_parameters())
        return [(parameters[name], master) for name, master in self.masters.items()]

    def _gradient(self, parameter: Tensor, master: Tensor) -> Tensor | None:
        """Give the gradient where it is the only one; it is gathered if there is one of each."""
        if parameter.grad is not None and master.grad is not None and parameter is not master:
            self.gather()
        gradient = parameter.grad if master.grad is None else master.grad
        return None if gradient is None else gradient.contiguous()

    def _step_in_one_pass(self, found: Kernels) -> None:
        groups = {id(master): g for g in self.adamw.param_groups for master in g["params"]}
        items = []
        for parameter, master in self._pairs():
            gradient = self._gradient(parameter, master)
            if gradient is None:
                continue
            group, state = groups[id(master)], self.adamw.state[master]
            if not state:
                state["step"] = torch.tensor(0.0)
                state["exp_avg"] = torch.zeros_like(master)
                state["exp_avg_sq"] = torch.zeros_like(master)
            state["step"] += 1
            settings = AdamWSettings(
                rate=group["lr"],
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                epsilon=group["eps"],
                weight_decay=group["weight_decay"],
                step=int(state["step"]),
                gradient_factor=self._factor,
            )
            narrow = None if parameter is master else parameter
            moments = state["exp_avg"], state["exp_avg_sq"]
            items.append((Stepped(master, gradient, *moments, narrow), settings))
        adamw_step(found, items)

    def _write_model(self, tensors: dict[str, Tensor]) -> None:
        """Round wide tensors into the model's own format."""
        parameters = dict(self.model.named_parameters())
        names = [name for name, tensor in tensors.items() if parameters[name] is not tensor]
        if names:
            with torch.no_grad():
                torch._foreach_copy_(
                    [local(parameters[name]) for name in names],
                    [local(tensors[name]) for name in names],
                )

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Let the model be the running mean, if there is one, while the block lasts."""
        kept = {}
        if self.averages:
            kept = {name: master.detach().clone() for name, master in self.masters.items()}
            self._write_model(self.averages)
        try:
            yield
        finally:
            if isinstance(self.model, FSDPModule):
                self.model.reshard()  # without a backward pass the outermost part stays gathered
            self._write_model(kept)

    def full_state(self) -> dict[str, Tensor]:
        """Give the model's tensors, in float32 where there is a master."""
        return self.model.state_dict() | self.masters

    def load_full_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Set the masters and the model from what `full_state` gave, whole tensors.

        Raises:
            KeyError: If the names differ.
            RuntimeError: If a shape does.
        """
        targets = self.model.state_dict()
        if unknown := tensors.keys() - targets.keys():
            raise KeyError(min(unknown))
        with torch.no_grad():
            for name, target in targets.items():
                tensor = tensors[name]
                copy_whole(target, tensor)
                if name in self.masters:
                    copy_whole(self.masters[name], tensor)

    def moments(self) -> dict[str, Tensor]:
        """Give Adam's state and the running mean, one tensor a name and kind."""
        state = {
            f"{name}:{key}": torch.as_tensor(value)
            for name, master in self.masters.items()
            for key, value in self.adamw.state.get(master, {}).items()
        }
        return state | {f"{name}:{AVERAGE}": tensor for name, tensor in self.averages.items()}

    def load_moments(self, tensors: Mapping[str, Tensor]) -> None:
        """Set Adam's state and the running mean from what `moments` gave, whole tensors."""
        for full_name, tensor in tensors.items():
            name, _, key = full_name.rpartition(":")
            master = self.masters[name]
            if key == AVERAGE:
                copy_whole(self.averages[name], tensor)
            elif tensor.dim() == 0:
                self.adamw.state[master][key] = tensor.to(master.device)
            else:
                moment = torch.zeros_like(master)
                copy_whole(moment, tensor)
                self.adamw.state[master][key] = moment


def _fits_kernel(parameter: Tensor, master: Tensor) -> bool:
    is_here = not isinstance(master, DTensor) and master.device.type == "cpu"
    is_known = parameter.dtype in DTYPES and master.dtype == torch.float32
    return is_here and is_known and parameter.is_contiguous() and master.is_contiguous()


def local(tensor: Tensor) -> Tensor:
    """Give this process's share of a tensor that is shared out, or the tensor itself."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def copy_whole(target: Tensor, whole: Tensor) -> None:
    """Copy a whole tensor into `target`, or its rows where `target` is one process's share."""
    if target.shape != whole.shape:
        raise RuntimeError(f"shapes differ: {tuple(target.shape)} and {tuple(whole.shape)}")
    if not isinstance(target, DTensor):
        target.copy_(whole)
        return
    start, end = rows_of(target)
    local(target).copy_(whole[start:end])


def rows_of(sharded: DTensor) -> tuple[int, int]:
    """Give the rows ``[start, end)`` of the whole tensor that this process holds."""
    mesh, num_rows = sharded.device_mesh, sharded.shape[0]
    size = -(-num_rows // mesh.size())
    start = min(num_rows, mesh.get_local_rank() * size)
    return start, min(num_rows, start + size)


def _rate(name: str, config: TrainConfig, encoder_prefix: str) -> float:
    if not name.startswith(encoder_prefix):
        return config.head_learning_rate
    return config.embedding_learning_rate if "word_embeddings" in name else config.learning_rate
