"""A training's state on the disk: whole or absent, and enough to go on exactly.

The state is parameters, the optimizer's moments and the position; randomness needs no state, for
`loop.steps` derives it from the step's number.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from lexloom.artifacts import sealed_directory, verify_directory, write_json
from lexloom.errors import ArtifactError
from lexloom.train.optim import MasterAdamW

MODEL, OPTIMIZER, PROGRESS = "model.safetensors", "optimizer.safetensors", "progress.json"


@dataclass(kw_only=True, slots=True)
class Progress:
    """What a run has done so far."""

    step: int = 0
    best_score: float = -1.0
    best_epoch: int = 0
    finished: bool = False
    fingerprint: str = ""
    """Of the config and the data; a state of another fingerprint is not continued."""
    history: list[dict[str, float]] = field(default_factory=list)
    """One row of dev scores an epoch."""


def save_state(path: Path, optimizer: MasterAdamW, progress: Progress) -> None:
    """Write the state; what stood at `path` stays until the new one is whole."""
    with sealed_directory(path) as directory:
        save_file(contiguous(optimizer.full_state()), directory / MODEL)
        save_file(contiguous(optimizer.moments()), directory / OPTIMIZER)
        write_json(directory / PROGRESS, asdict(progress))


def load_state(path: Path, optimizer: MasterAdamW) -> Progress:
    """Fill the model and the optimizer, and give the progress.

    Raises:
        ArtifactError: If the state is damaged or does not fit the model.
    """
    verify_directory(path)
    try:
        optimizer.load_full_state(load_file(path / MODEL))
        optimizer.load_moments(load_file(path / OPTIMIZER))
    except (RuntimeError, KeyError) as error:
        raise ArtifactError(
            f"the state in {path} does not fit this model", hint="train into another folder"
        ) from error
    return _read_progress(path)


def load_progress(path: Path) -> Progress:
    """Give the progress alone, before it is known whether the state fits the model.

    Raises:
        ArtifactError: If the state is damaged.
    """
    verify_directory(path)
    return _read_progress(path)


def _read_progress(path: Path) -> Progress:
    return Progress(**json.loads((path / PROGRESS).read_text(encoding="utf-8")))


def contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give tensors as safetensors wants them: dense and each with memory of its own."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
