"""How a training goes, whatever the model: rates, schedule, precision, when to look and to stop."""

from dataclasses import dataclass
from typing import Literal

from lexloom.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Settings of one training run."""

    num_epochs: int = 30
    """How often every example is seen, at most."""
    batch_size: int = 16
    """Examples a step."""
    learning_rate: float = 1e-4
    """Highest rate of the encoder's parameters."""
    head_learning_rate: float = 1e-3
    """Highest rate of parameters that start from nothing."""
    embedding_learning_rate: float = 1e-4
    """Highest rate of the word embeddings; 0 leaves them as they are."""
    weight_decay: float = 0.01
    """Decoupled decay of matrices (Loshchilov and Hutter, 2019, arXiv:1711.05101)."""
    warmup_ratio: float = 0.1
    """Share of all steps in which the rate rises from 0, in [0, 1)."""
    max_grad_norm: float = 1.0
    """Longer gradients are shortened to this length."""
    patience: int | None = None
    """Epochs without a better dev score after which the run stops; None for never."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Products in bfloat16 or float32; auto takes bfloat16 where the processor is fast at it."""
    seed: int = 13

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("num_epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("learning_rate", "head_learning_rate", "max_grad_norm"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("embedding_learning_rate", "weight_decay"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not 0.0 <= self.warmup_ratio < 1.0:
            raise ConfigError(f"warmup_ratio must be in [0, 1), got {self.warmup_ratio}")
        if self.patience is not None and self.patience < 1:
            raise ConfigError(f"patience must be at least 1, got {self.patience}")
