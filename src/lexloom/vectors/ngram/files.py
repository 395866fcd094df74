"""The directory of an n-gram model: arrays, vocabulary and settings, sealed by a manifest."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from lexloom.artifacts import sealed_directory, verify_directory, write_text
from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ArtifactError, ConfigError, UsageError
from lexloom.vectors.ngram.arpa import read_arpa
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.model import NgramLevel, NgramModel
from lexloom.vectors.ngram.vocabulary import SPECIAL, Vocabulary

FORMAT = "lexloom n-gram model 1"
ARRAYS, WORDS, SETTINGS = "ngrams.safetensors", "vocabulary.json", "config.json"


def check_folder(path: Path) -> None:
    """Refuse to write over what is no n-gram model; to be asked before the work.

    Raises:
        UsageError: If something else stands at `path`.
    """
    if path.is_dir() and (not any(path.iterdir()) or (path / ARRAYS).is_file()):
        return
    if path.exists() or not path.name:
        raise UsageError(
            f"{path} exists and is no n-gram model, so it is not written over",
            hint="name a new folder",
        )


def save(model: NgramModel, path: Path | str) -> None:
    """Write the model's directory, whole or not at all.

    Raises:
        UsageError: If something else stands at `path`.
    """
    path = Path(path)
    check_folder(path)
    with sealed_directory(path) as folder:
        arrays = {
            f"{name}.{order}": getattr(level, name)
            for order, level in enumerate(model.levels, start=1)
            for name in ("keys", "log_probs", "log_backoffs")
        }
        save_file(arrays, folder / ARRAYS)
        # escaped, so that lone surrogates can be written too
        write_text(folder / WORDS, json.dumps(model.vocabulary.words) + "\n")
        settings = {"format": FORMAT, **to_mapping(model.config)}
        write_text(folder / SETTINGS, json.dumps(settings, indent=2) + "\n")


def load(path: Path | str) -> NgramModel:
    """Read a model: a directory that was saved, or an ARPA file.

    Raises:
        ArtifactError: If it is missing, truncated, altered or no model.
    """
    path = Path(path)
    if path.is_file():
        return read_arpa(path)
    if not path.exists():
        raise ArtifactError(f"there is no n-gram model {path}", hint="check the path")
    verify_directory(path)
    try:
        return _load(path)
    except (OSError, ValueError, TypeError, KeyError, SafetensorError, ConfigError) as error:
        raise ArtifactError(
            f"{path} is no n-gram model: {error}",
            hint="give a folder of 'lexloom ngram train', or an ARPA file",
        ) from error


def _load(path: Path) -> NgramModel:
    settings: dict[str, Any] = dict(json.loads((path / SETTINGS).read_text(encoding="utf-8")))
    found = settings.pop("format", None)
    if found != FORMAT:
        raise ValueError(f"its format is {found!r}, not {FORMAT!r}")
    config = from_mapping(NgramConfig, settings, where=SETTINGS)
    words = list(json.loads((path / WORDS).read_text(encoding="utf-8")))
    if words[: len(SPECIAL)] != list(SPECIAL):
        raise ValueError("its vocabulary does not begin with the special words")
    if len(set(words)) < len(words) or not all(isinstance(word, str) for word in words):
        raise ValueError("its vocabulary holds a word twice, or what is no word")
    arrays = load_file(path / ARRAYS)
    levels = [
        NgramLevel(
            arrays[f"keys.{order}"], arrays[f"log_probs.{order}"], arrays[f"log_backoffs.{order}"]
        )
        for order in range(1, config.order + 1)
    ]
    if len(levels[0]) != len(words):
        raise ValueError(f"it has {len(words)} words, and probabilities for {len(levels[0])}")
    num_contexts = 1
    for order, level in enumerate(levels, start=1):
        _check(level, order, num_contexts * len(words))
        num_contexts = len(level)
    return NgramModel(Vocabulary(words), levels, config)


def _check(level: NgramLevel, order: int, end: int) -> None:
    """Check that the arrays of an order fit each other, and their keys the order below."""
    logs = (level.log_probs, level.log_backoffs)
    if level.keys.dtype != np.int64 or any(values.dtype != np.float32 for values in logs):
        raise ValueError(f"its arrays of order {order} are not of 64-bit keys and 32-bit numbers")
    if level.keys.ndim != 1 or any(values.shape != level.keys.shape for values in logs):
        raise ValueError(f"its arrays of order {order} differ in length")
    keys = level.keys
    if len(keys) and (keys[0] < 0 or keys[-1] >= end or (np.diff(keys) <= 0).any()):
        raise ValueError(f"its keys of order {order} are not sorted, or out of range")
    if any(np.isnan(values).any() or np.isposinf(values).any() for values in logs):
        raise ValueError(f"its arrays of order {order} hold what is no number")
