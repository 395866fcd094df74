"""The folder that vectors are made in: what lies where, and whether it holds what is asked for.

The folder has the encoded ``corpus``, the ``checkpoint`` of a training under way, and the ``model``
when it is done. `word2vec_run`, `cooccurrence_run` and `one_hot_run` fill it, each in its way.
"""

import dataclasses
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from lexloom.artifacts import MANIFEST, restore_directory, verify_directory
from lexloom.config import from_mapping, read_table, to_mapping
from lexloom.errors import UsageError

CORPUS, CHECKPOINT, MODEL = "corpus", "checkpoint", "model"
VECTORS, OUTPUTS, CONFIG = "vectors.safetensors", "outputs.safetensors", "config.json"
HINT = "give the same settings to go on, or another --out"
FREE = frozenset({"threads", "losses"})
"""What may differ: with other threads the same training goes on, and losses are no setting."""


def is_written(folder: Path, record: Any) -> bool:
    """Whether a folder has the model that a record describes.

    Args:
        folder: The folder; what a killed process left half done in it is undone.
        record: The dataclass that the model's ``config.json`` holds.

    Raises:
        UsageError: If it has the model of another method, other settings or another corpus.
        ArtifactError: If the model is damaged.
    """
    clear(folder)
    model = folder / MODEL
    if not (model / MANIFEST).exists():
        return False
    verify_directory(model)
    values = read_table(model / CONFIG)
    if not values.keys() <= {field.name for field in dataclasses.fields(record)}:
        raise UsageError(f"{folder} holds vectors of another method", hint="give another --out")
    check_same(from_mapping(type(record), values, where=CONFIG), record, folder)
    return True


def check_same(had: Any, given: Any, folder: Path) -> None:
    """Check that the settings of a folder are those that are given, but for `FREE`.

    Raises:
        UsageError: If one differs; it is named.
    """
    old, new = dict(_leaves(to_mapping(had))), dict(_leaves(to_mapping(given)))
    # the words of a corpus differ with what they were read from, which says more
    names = sorted(old.keys() | new.keys(), key=lambda name: name.endswith(("_hash", "num_words")))
    for name in names:
        if name.rpartition(".")[2] in FREE or old.get(name) == new.get(name):
            continue
        if name.endswith(("_hash", "num_words")):
            raise UsageError(f"{folder} holds vectors from another corpus or another start",
                             hint="give another --out, or remove it to train anew")  # fmt: skip
        raise UsageError(
            f"{folder} holds vectors with {name.rpartition('.')[2]} {old.get(name)},"
            f" not {new.get(name)}",
            hint=HINT,
        )


def clear(folder: Path) -> None:
    """Undo what a process that was killed left half done."""
    for name in (CORPUS, CHECKPOINT, MODEL):
        restore_directory(folder / name)
        for rest in folder.glob(f".{name}.*"):
            shutil.rmtree(rest, ignore_errors=True)


def save_tensors(path: Path, values: dict[str, NDArray[np.float32]]) -> None:
    """Write matrices as safetensors."""
    safetensors.numpy.save_file({k: np.ascontiguousarray(v) for k, v in values.items()}, path)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Give each setting of nested tables with its path."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
