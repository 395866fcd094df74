"""AdamW on float32 copies of the parameters, so that the model itself may be bfloat16.

Sums of many small steps need more digits than bfloat16 has; products do not (Micikevicius et al.,
2018, arXiv:1710.03740). Gradients are widened, the copies stepped, and the model overwritten.
"""

import torch
from torch import Tensor, nn

from lexloom.train.config import TrainConfig


class MasterAdamW:
    """The optimizer of a run: three rates, decay on matrices, gradients cut to a length.

    Word embeddings, the rest of the pre-trained encoder and new parameters have rates of their own;
    parameters whose rate is 0 are frozen.
    """

    def __init__(self, model: nn.Module, config: TrainConfig, *, encoder_prefix: str) -> None:
        self.model = model
        self.max_grad_norm = config.max_grad_norm
        self.masters: dict[str, Tensor] = {}
        groups: dict[tuple[float, float], list[Tensor]] = {}
        for name, parameter in model.named_parameters():
            rate = _rate(name, config, encoder_prefix)
            parameter.requires_grad_(rate > 0)
            if rate > 0:
                master = parameter.detach().float().clone()
                self.masters[name] = master
                decay = config.weight_decay if parameter.dim() > 1 else 0.0
                groups.setdefault((rate, decay), []).append(master)
        self.adamw = torch.optim.AdamW(
            [
                {"params": members, "lr": rate, "initial_lr": rate, "weight_decay": decay}
                for (rate, decay), members in groups.items()
            ],
            fused=True,
        )

    def backward(self, loss: Tensor) -> float:
        """Compute the gradients of `loss`, cut them, and give the length they had."""
        parameters = dict(self.model.named_parameters())
        for parameter in parameters.values():
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        for name, master in self.masters.items():
            gradient = parameters[name].grad
            master.grad = None if gradient is None else gradient.float()
        return float(nn.utils.clip_grad_norm_(self.masters.values(), self.max_grad_norm))

    def step(self, rate_factor: float) -> None:
        """Step with the given share of the highest rates, and write the result into the model."""
        for group in self.adamw.param_groups:
            group["lr"] = group["initial_lr"] * rate_factor
        self.adamw.step()
        self.write_model()

    def write_model(self) -> None:
        """Round the masters into the model's own format."""
        parameters = dict(self.model.named_parameters())
        with torch.no_grad():
            torch._foreach_copy_(
                [parameters[name] for name in self.masters], list(self.masters.values())
            )

    def full_state(self) -> dict[str, Tensor]:
        """Give the model's tensors, in float32 where there is a master."""
        return self.model.state_dict() | self.masters

    def load_full_state(self, tensors: dict[str, Tensor]) -> None:
        """Set the masters and the model from what `full_state` gave."""
        self.model.load_state_dict(tensors)
        for name, master in self.masters.items():
            master.copy_(tensors[name])

    def moments(self) -> dict[str, Tensor]:
        """Give Adam's state, one tensor a name and moment."""
        return {
            f"{name}:{key}": torch.as_tensor(value)
            for name, master in self.masters.items()
            for key, value in self.adamw.state.get(master, {}).items()
        }

    def load_moments(self, tensors: dict[str, Tensor]) -> None:
        """Set Adam's state from what `moments` gave."""
        for full_name, tensor in tensors.items():
            name, _, key = full_name.rpartition(":")
            self.adamw.state[self.masters[name]][key] = tensor


def _rate(name: str, config: TrainConfig, encoder_prefix: str) -> float:
    if not name.startswith(encoder_prefix):
        return config.head_learning_rate
    return config.embedding_learning_rate if "word_embeddings" in name else config.learning_rate
