"""How a training goes, whatever the model: rates, schedule, precision, when to look and to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lexloom.errors import ConfigError

ScheduleName = Literal["linear", "cosine", "constant", "trapezoid"]

Range = tuple[Callable[[float], bool], str]
POSITIVE: Range = (lambda value: value > 0, "above 0")
NOT_NEGATIVE: Range = (lambda value: value >= 0, "at least 0")
COUNT: Range = (lambda value: value >= 1, "at least 1")
SHARE: Range = (lambda value: 0.0 <= value < 1.0, "in [0, 1)")
SEED: Range = (lambda value: 0 <= value < 2**63, "at least 0 and below 2**63")
OPEN_SHARE: Range = (lambda value: 0.0 < value < 1.0, "in (0, 1)")

RANGES: Mapping[str, Range] = {
    "num_epochs": COUNT,
    "max_steps": COUNT,
    "batch_size": COUNT,
    "num_micro_batches": COUNT,
    "learning_rate": POSITIVE,
    "head_learning_rate": POSITIVE,
    "embedding_learning_rate": NOT_NEGATIVE,
    "weight_decay": NOT_NEGATIVE,
    "adam_beta1": SHARE,
    "adam_beta2": SHARE,
    "adam_epsilon": POSITIVE,
    "warmup_ratio": SHARE,
    "max_grad_norm": POSITIVE,
    "ema_decay": OPEN_SHARE,
    "patience": COUNT,
    "evaluate_every_steps": COUNT,
    "save_every_steps": COUNT,
    "seed": SEED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Settings of one training run."""

    num_epochs: int = 30
    """How often every example is seen, at most."""
    max_steps: int | None = None
    """Optimizer steps after which the run ends, whatever the epoch; None for whole epochs."""
    batch_size: int = 16
    """Examples a step, those of all processes together."""
    num_micro_batches: int = 1
    """Parts in which a process computes its share of a step, one after the other."""
    learning_rate: float = 1e-4
    """Highest rate of the encoder's parameters."""
    head_learning_rate: float = 1e-3
    """Highest rate of parameters that start from nothing."""
    embedding_learning_rate: float = 1e-4
    """Highest rate of the word embeddings; 0 leaves them as they are."""
    weight_decay: float = 0.01
    """Decoupled decay of matrices (Loshchilov and Hutter, 2019, arXiv:1711.05101)."""
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    schedule: ScheduleName = "linear"
    """How the rate goes on after its rise: see `train.schedule`."""
    warmup_ratio: float = 0.1
    """Share of all steps in which the rate rises from 0, in [0, 1)."""
    max_grad_norm: float = 1.0
    """Longer gradients are shortened to this length."""
    ema_decay: float | None = None
    """Share of the old in a running mean of the parameters, which is scored and kept instead of
    the last ones; in (0, 1), None for no mean."""
    patience: int | None = None
    """Evaluations without a better dev score after which the run stops; None for never."""
    evaluate_every_steps: int | None = None
    """Steps between evaluations; None for the end of each epoch."""
    save_every_steps: int | None = None
    """Steps between saved states; None for every two minutes."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Products in bfloat16 or float32; auto takes bfloat16 where the processor is fast at it."""
    gradient_checkpointing: bool = False
    """Keep only the inputs of blocks and compute the rest again: less memory, a third slower."""
    compile: bool = False
    """Let torch compile the blocks; pays for long runs on a GPU."""
    parallel: Literal["replicate", "shard"] = "replicate"
    """Under ``torchrun``: the whole model in each process, or its parameters, gradients and moments
    shared out among them."""
    tensorboard: bool = False
    """Write metrics for TensorBoard too."""
    seed: int = 13

    def __post_init__(self) -> None:
        """Check ranges."""
        for name, (accepts, range_) in RANGES.items():
            if (value := getattr(self, name)) is not None and not accepts(value):
                raise ConfigError(f"{name} must be {range_}, got {value}")
