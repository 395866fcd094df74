"""What a training tells on its way; `loop` and `run` give these, the command line shows them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one optimizer step did, in all processes together."""

    step: int
    """Steps done, this one with them."""
    epoch: float
    """Epochs done."""
    losses: dict[str, float]
    """Each loss a target."""
    learning_rate: float
    grad_norm: float
    num_tokens: int
    """Real tokens of the step."""
    duration_s: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the model was worth at one point of a run."""

    step: int
    epoch: float
    """Epochs done."""
    scores: dict[str, float]
    is_best: bool
    losses: dict[str, float] = field(default_factory=dict)
    """Mean training losses since the last evaluation."""
