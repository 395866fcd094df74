"""A training's state on the disk: whole or absent, and enough to go on exactly.

The state is parameters, the optimizer's moments and the position; randomness needs no state, for
`loop.steps` derives it from the step's number. Processes that share out a model each write a file
of their rows; any number of processes can read them.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor

from lexloom.artifacts import (
    behind_link,
    replace_directory,
    room_for,
    seal,
    sealed_directory,
    verify_directory,
    write_json,
)
from lexloom.errors import ArtifactError
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel

MODEL, OPTIMIZER, PROGRESS = "model.safetensors", "optimizer.safetensors", "progress.json"
ALONE = Parallel()


@dataclass(kw_only=True, slots=True)
class Progress:
    """What a run has done so far."""

    step: int = 0
    best_score: float | None = None
    """None before the first evaluation."""
    best_step: int = 0
    num_waited: int = 0
    """Evaluations since the best one."""
    finished: bool = False
    fingerprint: str = ""
    """Of the config and the data; a state of another fingerprint is not continued."""
    history: list[dict[str, float]] = field(default_factory=list)
    """One row of dev scores an evaluation."""


def save_state(
    path: Path, optimizer: MasterAdamW, progress: Progress, parallel: Parallel = ALONE
) -> None:
    """Write the state; what stood at `path` stays until the new one is whole.

    Raises:
        ArtifactError: If there is no room for it.
    """
    groups = {MODEL: optimizer.full_state(), OPTIMIZER: optimizer.moments()}
    if parallel.is_sharded:
        _save_shares(path, groups, progress, parallel)
    elif parallel.is_first:
        with sealed_directory(path) as directory:
            for file, tensors in groups.items():
                save_file(contiguous(tensors), directory / file)
            write_json(directory / PROGRESS, asdict(progress))
    parallel.wait()


def _save_shares(
    path: Path, groups: dict[str, dict[str, Tensor]], progress: Progress, parallel: Parallel
) -> None:
    path = behind_link(path)  # else what is moved there might come from another disk
    directory = path.with_name(f".{path.name}.new")
    if parallel.is_first:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    parallel.wait()
    for file, tensors in groups.items():
        mine = {
            name: tensor.to_local() if isinstance(tensor, DTensor) else tensor
            for name, tensor in tensors.items()
            if isinstance(tensor, DTensor) or parallel.is_first
        }
        with room_for(path):
            save_file(contiguous(mine), directory / f"{file}.{parallel.rank:05}")
    parallel.wait()
    if parallel.is_first:
        write_json(directory / PROGRESS, asdict(progress))
        seal(directory)
        replace_directory(directory, path)


class SavedTensors(Mapping[str, Tensor]):
    """The whole tensors of a state's files, each read when it is asked for."""

    def __init__(self, directory: Path, file: str) -> None:
        self._files: dict[str, list[Any]] = {}
        for path in sorted(directory.glob(f"{file}*")):
            opened: Any = safe_open(path, framework="pt")
            for name in opened.keys():  # noqa: SIM118 - it is no mapping
                self._files.setdefault(name, []).append(opened)

    def __getitem__(self, name: str) -> Tensor:
        """Read a tensor, its rows from all files one below the other."""
        parts: list[Tensor] = [opened.get_tensor(name) for opened in self._files[name]]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(self._files)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._files)


def load_state(path: Path, optimizer: MasterAdamW) -> Progress:
    """Fill the model and the optimizer, and give the progress.

    Raises:
        ArtifactError: If the state is damaged or does not fit the model.
    """
    progress = load_progress(path)
    try:
        optimizer.load_full_state(SavedTensors(path, MODEL))
        optimizer.load_moments(SavedTensors(path, OPTIMIZER))
    except (RuntimeError, KeyError) as error:
        raise ArtifactError(
            f"the state in {path} does not fit this model", hint="train into another folder"
        ) from error
    return progress


def load_progress(path: Path) -> Progress:
    """Give the progress alone, before it is known whether the state fits the model.

    Raises:
        ArtifactError: If the state is damaged.
    """
    verify_directory(path)
    return Progress(**json.loads((path / PROGRESS).read_text(encoding="utf-8")))


def contiguous(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give tensors as safetensors wants them: dense and each with memory of its own."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}


def whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gather tensors that are shared out; every process must ask."""
    return {
        name: tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        for name, tensor in tensors.items()
    }
