"""Settings for teaching an extractor a few types of one's own from tens to hundreds of sentences.

A model that extracts already needs few steps, and few texts leave none to choose an epoch by.
"""

import math
from pathlib import Path
from typing import Any

from lexloom.extract.files import MODEL_TYPE
from lexloom.models.checkpoint import read_config

MAX_TEXTS = 1_000
"""With more training texts the usual settings serve."""
MIN_TEXTS_FOR_DEV = 100
"""With fewer texts none is held out: the steps are fixed, and the last one is kept."""
BATCH_SIZE = 8
STEPS_PER_TEXT = 2
MIN_STEPS, MAX_STEPS = 250, 600
"""Bounds of the optimizer steps: on two cores two to six minutes."""
NUM_EVALUATIONS = 5
AT_THE_END = 10**9
"""Steps between evaluations of a run that is scored when it is done."""


def is_extractor(init: Path) -> bool:
    """Say whether a model's directory is an extractor's, and not a plain encoder's."""
    return bool(read_config(init).get("model_type") == MODEL_TYPE)


def few_shot_settings(num_texts: int, *, has_dev: bool) -> dict[str, Any]:
    """Give the settings of `TrainConfig` that suit an extractor and few texts; none for many.

    Args:
        num_texts: Texts to train on, those that are rehearsed with them.
        has_dev: Whether the model is scored on its way.
    """
    if num_texts > MAX_TEXTS:
        return {}
    num_steps = min(MAX_STEPS, max(MIN_STEPS, STEPS_PER_TEXT * num_texts))
    per_epoch = math.ceil(num_texts / BATCH_SIZE)
    return {
        "batch_size": BATCH_SIZE,
        "num_epochs": math.ceil(num_steps / per_epoch),
        "evaluate_every_steps": math.ceil(num_steps / NUM_EVALUATIONS) if has_dev else AT_THE_END,
    }
