"""How the learning rate goes through a run: a linear rise, then one of four ways on."""

import math
from collections.abc import Callable, Mapping

from lexloom.train.config import ScheduleName

TRAPEZOID_FALL = 0.2
"""Share of the steps in which a trapezoid falls at its end (Zhai et al., arXiv:2106.04560)."""

# from the share of the steps behind the warmup that are done, in [0, 1], to a factor in [0, 1]
AFTER_WARMUP: Mapping[ScheduleName, Callable[[float], float]] = {
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
    "constant": lambda _done: 1.0,
    "trapezoid": lambda done: min(1.0, (1.0 - done) / TRAPEZOID_FALL),
}


def learning_rate_factor(
    step: int, *, num_steps: int, warmup_ratio: float, schedule: ScheduleName = "linear"
) -> float:
    """Give the share of the highest rate at a step, counted from 0."""
    num_warmup = max(1, round(warmup_ratio * num_steps))
    if step < num_warmup:
        return (step + 1) / (num_warmup + 1)
    done = (step - num_warmup) / max(1, num_steps - num_warmup)
    return max(0.0, AFTER_WARMUP[schedule](min(1.0, done)))
