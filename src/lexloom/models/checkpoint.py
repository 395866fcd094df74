"""Models to and from Hugging Face directories: ``config.json`` and ``model.safetensors``.

`bert` holds the model itself. Matrices may be stored as int8 with one scale a row, which models
that ship with the package use; they are widened when read. Pickles are never read.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lexloom.artifacts import MANIFEST, sealed_directory, verify_directory, write_json
from lexloom.config import from_mapping
from lexloom.errors import ArtifactError, ConfigError, UnsafeArtifactError
from lexloom.models.bert import BertConfig, BertModel
from lexloom.models.bert_pretraining import BertForPreTraining

M = TypeVar("M", bound=torch.nn.Module)

CONFIG, WEIGHTS = "config.json", "model.safetensors"
SCALE_SUFFIX = ".int8_scale"
PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")

TIED = ("cls.predictions.decoder.",)
"""Copies of other tensors in published checkpoints."""
HEADS = ("cls.", "bert.pooler.")

# keys of published configs that change nothing in the encoder's output
IGNORED_KEYS = frozenset([
    "_name_or_path", "architectures", "model_type", "transformers_version",
    "gradient_checkpointing", "use_cache", "torch_dtype", "dtype", "classifier_dropout",
    "bos_token_id", "eos_token_id", "problem_type", "id2label", "label2id", "directionality",
    "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
    "pooler_size_per_head", "pooler_type", "output_past", "is_decoder", "add_cross_attention",
    "tie_word_embeddings", "classifier_pooling", "pair_form",
])  # fmt: skip


def load_bert(path: Path, *, dtype: torch.dtype = torch.float32) -> BertModel:
    """Read a BERT encoder from a Hugging Face directory, with its pooler if it was saved.

    Raises:
        ArtifactError: If the directory lacks a file, or a file is truncated, altered or does not
            fit its config.
        UnsafeArtifactError: If its weights are a pickle.
        ConfigError: If its config asks for something that this encoder does not do.
    """
    tensors = read_tensors(path)
    config = bert_config(read_config(path))
    # a checkpoint of a larger model holds the encoder under "bert.", and heads beside it
    if any(name.startswith("bert.") for name in tensors):
        tensors = {name[5:]: t for name, t in tensors.items() if name.startswith("bert.")}
    tensors.pop("embeddings.position_ids", None)
    with_pooler = "pooler.dense.weight" in tensors
    return filled(lambda: BertModel(config, with_pooler=with_pooler), tensors, where=path).to(dtype)


def save_bert(model: BertModel, path: Path) -> None:
    """Write a Hugging Face directory and its manifest; what stood there stays until it is whole."""
    with sealed_directory(path) as directory:
        write_json(directory / CONFIG, bert_config_values(model.config))
        write_tensors(directory, {k: v.contiguous() for k, v in model.state_dict().items()})


def load_pretraining(path: Path, *, with_pairs: bool) -> BertForPreTraining:
    """Read a BERT to go on pre-training; heads that were not saved start from nothing.

    Raises:
        ArtifactError, UnsafeArtifactError, ConfigError: As `load_bert`.
    """
    tensors = read_tensors(path)
    tensors.pop("embeddings.position_ids", None)
    if not any(name.startswith("bert.") for name in tensors):
        tensors = {f"bert.{name}": tensor for name, tensor in tensors.items()}
    tensors = {name: t for name, t in tensors.items() if not name.startswith(TIED)}
    config = bert_config(read_config(path))

    def make() -> BertForPreTraining:
        return BertForPreTraining(config, with_pairs=with_pairs)

    expected = outline(make)
    fresh = {name: tensor for name, tensor in expected.items() if name.startswith(HEADS)}
    used = {name: t for name, t in tensors.items() if name in expected}
    heads = tensors.keys() - used.keys()
    unknown = {name: tensors[name] for name in heads if not name.startswith(HEADS)}
    check_tensors(expected, fresh | used | unknown, where=path)
    model = make()
    model.load_state_dict(model.state_dict() | used)
    return model


def save_pretraining(
    model: BertForPreTraining, directory: Path, tensors: Mapping[str, Tensor] | None = None
) -> None:
    """Write config and weights into a directory that `artifacts.sealed_directory` gave.

    Args:
        model: What is saved.
        directory: Where to.
        tensors: The model's tensors, where those in it are one process's share.
    """
    architecture = "BertForPreTraining" if model.with_pairs else "BertForMaskedLM"
    values = bert_config_values(model.config) | {"architectures": [architecture]}
    write_json(directory / CONFIG, values)
    tensors = model.state_dict() if tensors is None else tensors
    write_tensors(directory, {k: v.float().contiguous() for k, v in tensors.items()})


def bert_config(values: Mapping[str, Any]) -> BertConfig:
    """Read a Hugging Face BERT config; a key that is not known is refused.

    Raises:
        ConfigError: If the config is not BERT's, or asks for another kind of positions.
    """
    known = dict(values)
    if "hidden_size" not in known and "model_type" not in known:
        kind = known.get("format")
        named = f"a {kind!r}" if isinstance(kind, str) else "of another kind"
        raise ConfigError(f"this model is {named}, not BERT", hint="give a BERT directory")
    if known.get("model_type", "bert") != "bert":
        raise ConfigError(
            f"this is a {known['model_type']!r} model, not BERT", hint="give a BERT directory"
        )
    positions = known.pop("position_embedding_type", "absolute")
    if positions != "absolute":
        raise ConfigError(
            f"position_embedding_type {positions!r} is not done here",
            hint="give a BERT with absolute positions",
        )
    return from_mapping(
        BertConfig, {k: v for k, v in known.items() if k not in IGNORED_KEYS}, where="config.json"
    )


def bert_config_values(config: BertConfig) -> dict[str, Any]:
    """Give the ``config.json`` of an encoder; the extensions of it only where used."""
    values = dataclasses.asdict(config)
    if config.norm_position == "post":
        del values["norm_position"]
    if config.positions == "learned":
        del values["positions"]
    return {"model_type": "bert", "architectures": ["BertModel"], **values}


def read_config(path: Path) -> dict[str, Any]:
    """Read the ``config.json`` of a model directory.

    Raises:
        ArtifactError: If it is missing or damaged.
    """
    if not path.is_dir():
        raise ArtifactError(f"there is no model directory {path}", hint="check the path")
    try:
        values = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} has no {CONFIG}", hint="give a model directory") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{path / CONFIG} is damaged: {error}", hint="get the model again"
        ) from error
    if not isinstance(values, dict):
        raise ArtifactError(
            f"{path / CONFIG} must hold a table of settings", hint="get the model again"
        )
    return values


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a model directory, int8 matrices widened to float32.

    A directory with a manifest is checked against it first.

    Raises:
        ArtifactError: If a file is missing, truncated or altered.
        UnsafeArtifactError: If there is only a pickle.
    """
    if not path.is_dir():
        raise ArtifactError(f"there is no model directory {path}", hint="check the path")
    if (path / MANIFEST).exists():
        verify_directory(path)
    files = sorted(path.glob("model*.safetensors"))
    if not files:
        pickles = [file.name for file in path.iterdir() if file.suffix in PICKLE_SUFFIXES]
        if pickles:
            raise UnsafeArtifactError(
                f"{path / pickles[0]} is a pickle, which can run any code when it is read",
                hint=f"convert the weights to {WEIGHTS}",
            )
        raise ArtifactError(f"{path} has no {WEIGHTS}", hint="give a model directory")
    tensors: dict[str, Tensor] = {}
    for file in files:
        try:
            tensors |= load_file(file)
        except (SafetensorError, OSError) as error:
            raise ArtifactError(
                f"{file} is no whole safetensors file: {error}",
                hint="it was truncated or altered; get the model again",
            ) from error
    return dequantized(tensors)


def write_tensors(
    directory: Path, tensors: Mapping[str, Tensor], *, max_shard_bytes: int = 0
) -> None:
    """Write tensors into a directory, in shards of at most `max_shard_bytes` unless that is 0."""
    shards: list[dict[str, Tensor]] = [{}]
    size_bytes = 0
    for name, tensor in tensors.items():
        added = tensor.numel() * tensor.element_size()
        if max_shard_bytes and shards[-1] and size_bytes + added > max_shard_bytes:
            shards.append({})
            size_bytes = 0
        shards[-1][name] = tensor
        size_bytes += added
    if len(shards) == 1:
        save_file(shards[0], directory / WEIGHTS, metadata={"format": "pt"})
        return
    names = [f"model-{n:05}-of-{len(shards):05}.safetensors" for n in range(1, len(shards) + 1)]
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, directory / name, metadata={"format": "pt"})
    index = {key: name for name, shard in zip(names, shards, strict=True) for key in shard}
    write_json(directory / f"{WEIGHTS}.index.json", {"metadata": {}, "weight_map": index})


def filled(make: Callable[[], M], tensors: Mapping[str, Tensor], *, where: Path) -> M:
    """Make a model and fill it; every name and shape must fit.

    It is made without memory first, so that a config which asks for more than there is costs none.

    Raises:
        ArtifactError: If a tensor is missing, too many, or of another shape.
    """
    check_tensors(outline(make), tensors, where=where)
    model = make()
    model.load_state_dict(dict(tensors))
    return model


def outline(make: Callable[[], torch.nn.Module]) -> dict[str, Tensor]:
    """Give the tensors that a model will have, without their numbers."""
    with without_memory():
        return make().state_dict()


@contextmanager
def without_memory() -> Iterator[None]:
    """Make tensors that have a shape and no memory, and draw nothing."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Leaves tensors as they are where they would be drawn: without memory that takes seconds."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch."""
        kwargs = kwargs or {}
        if func.__name__.endswith(("normal_", "uniform_")):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def check_tensors(
    expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor], *, where: Path
) -> None:
    """Compare the names and shapes of tensors with what a model will have.

    Raises:
        ArtifactError: If a tensor is missing, too many, or of another shape.
    """
    missing, unknown = expected.keys() - tensors.keys(), tensors.keys() - expected.keys()
    if missing or unknown:
        what = f"lacks {min(missing)!r}" if missing else f"has the unknown tensor {min(unknown)!r}"
        raise ArtifactError(f"the model in {where} {what}", hint="its config does not fit it")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            raise ArtifactError(
                f"the tensor {name!r} in {where} has shape {tuple(tensor.shape)}, the config asks "
                f"for {tuple(expected[name].shape)}",
                hint="its config does not fit it",
            )


def quantized(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Store each matrix as int8 with one float16 scale a row, symmetric; vectors as float16."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2:
            out[name] = tensor.half() if tensor.is_floating_point() else tensor
            continue
        flat = tensor.float().flatten(1)
        scale = (flat.abs().amax(dim=1) / 127).clamp_min(1e-7).half()
        levels = (flat / scale.float()[:, None]).round().clamp(-127, 127)
        out[name] = levels.to(torch.int8).view(tensor.shape)
        out[name + SCALE_SUFFIX] = scale
    return out


def dequantized(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Widen what `quantized` stored to float32; other tensors stay as they are.

    Raises:
        ArtifactError: If an int8 matrix has no scale.
    """
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALE_SUFFIX):
            continue
        if tensor.dtype == torch.int8:
            scale = tensors.get(name + SCALE_SUFFIX)
            if scale is None:
                raise ArtifactError(f"the int8 tensor {name!r} has no {name + SCALE_SUFFIX!r}")
            tensor = tensor.float() * scale.float().view(-1, *[1] * (tensor.dim() - 1))
        out[name] = tensor
    return out
