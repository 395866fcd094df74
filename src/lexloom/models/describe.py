"""Say what lies in a model directory, from its config and the headers of its weights; no torch.

`registry` fetches such directories, `checkpoint` loads them.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from lexloom.artifacts import MANIFEST, verify_directory
from lexloom.errors import ArtifactError


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDescription:
    """What a model directory holds."""

    path: str
    model_type: str
    """The architecture as `config.json` names it; empty when it does not."""
    num_parameters: int
    """Numbers in all tensors, quantisation scales included."""
    dtypes: Mapping[str, int]
    """Storage type -> how many tensors are stored so."""
    size_bytes: int
    """Size of all files."""
    sha256: str | None
    """Hash of the sealed directory; None when it carries no manifest."""
    config: Mapping[str, Any]


def describe(path: Path) -> ModelDescription:
    """Read a model directory's config and the headers of its weights; a manifest is verified.

    Raises:
        ArtifactError: If the directory, its config or its weights are missing or damaged.
    """
    if not path.is_dir():
        raise ArtifactError(f"there is no directory {path}", hint="check the path")
    config = _read_config(path)
    shards = sorted(path.glob("*.safetensors"))
    if not shards:
        raise ArtifactError(
            f"{path} holds no .safetensors file", hint="give a Hugging Face directory"
        )
    num_parameters = 0
    dtypes: Counter[str] = Counter()
    for shard in shards:
        for shape, dtype in _tensors(shard):
            num_parameters += math.prod(shape)
            dtypes[dtype] += 1
    return ModelDescription(
        path=str(path),
        model_type=str(config.get("model_type", "")),
        num_parameters=num_parameters,
        dtypes=dict(dtypes),
        size_bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        sha256=verify_directory(path) if (path / MANIFEST).exists() else None,
        config=config,
    )


def _read_config(path: Path) -> dict[str, Any]:
    file = path / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError(
            f"{path} lacks a readable config.json", hint="give a Hugging Face directory"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{file} is damaged: {error}", hint="copy the model again") from error
    if not isinstance(config, dict):
        raise ArtifactError(f"{file} must hold a JSON object", hint="copy the model again")
    return config


def _tensors(file: Path) -> list[tuple[list[int], str]]:
    try:
        with safe_open(file, framework="np") as tensors:
            slices = [tensors.get_slice(name) for name in tensors.keys()]  # noqa: SIM118
            return [(piece.get_shape(), piece.get_dtype()) for piece in slices]
    except (SafetensorError, OSError) as error:
        raise ArtifactError(f"{file} is damaged: {error}", hint="copy the model again") from error
