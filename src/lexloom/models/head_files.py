"""Directories of classifiers, regressors and taggers, in the form that transformers opens.

``config.json`` names the labels and the kind of the head; `heads` holds the modules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from lexloom.artifacts import sealed_directory, write_json, write_text
from lexloom.errors import ArtifactError, ConfigError
from lexloom.models.checkpoint import (
    CONFIG,
    bert_config,
    bert_config_values,
    filled,
    read_config,
    read_tensors,
    write_tensors,
)
from lexloom.models.heads import HeadConfig, HeadModel, HeadTask, make_head_model
from lexloom.tokens.units import load_tokenizer

TOKENIZER, TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
ARCHITECTURES: Mapping[HeadTask, str] = {
    "classifier": "BertForSequenceClassification",
    "regressor": "BertForSequenceClassification",
    "tagger": "BertForTokenClassification",
}
SIAMESE = "BertForSiameseRegression"
"""Of our own; transformers does not know it."""
PROBLEM_TYPES: Mapping[HeadTask, str] = {
    "classifier": "single_label_classification",
    "regressor": "regression",
}
SPECIAL_TOKENS = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                  "cls_token": "[CLS]", "mask_token": "[MASK]"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeadFiles:
    """A model with its tokenizer, and how many tokens it reads at once."""

    model: HeadModel
    tokenizer: Tokenizer
    max_tokens: int

    @property
    def config(self) -> HeadConfig:
        """The model's shape and labels."""
        return self.model.config


def save_head(files: HeadFiles, path: Path, *, notices: Mapping[str, str] | None = None) -> None:
    """Write a model's directory in float32; what stood there stays until the new one is whole.

    Args:
        files: The model.
        path: The directory.
        notices: Texts that go beside it by their file names, such as a model card.
    """
    tensors = {k: v.detach().float().contiguous() for k, v in files.model.state_dict().items()}
    tokenizer = Tokenizer.from_str(files.tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(files.max_tokens)
    with sealed_directory(path) as directory:
        write_json(directory / CONFIG, config_values(files.config))
        write_tensors(directory, tensors)
        tokenizer.save(str(directory / TOKENIZER))
        write_json(directory / TOKENIZER_CONFIG, _tokenizer_config(files))
        for name, text in (notices or {}).items():
            write_text(directory / name, text)


def _tokenizer_config(files: HeadFiles) -> dict[str, Any]:
    """Say to transformers how the tokenizer is used."""
    known = files.tokenizer.get_vocab(with_added_tokens=True)
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": files.max_tokens,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        **{name: token for name, token in SPECIAL_TOKENS.items() if token in known},
    }


def config_values(config: HeadConfig) -> dict[str, Any]:
    """Give the ``config.json`` of a model with a head."""
    values = bert_config_values(config.encoder)
    values["architectures"] = [ARCHITECTURES[config.task]]
    values["id2label"] = {str(number): label for number, label in enumerate(config.labels)}
    values["label2id"] = {label: number for number, label in enumerate(config.labels)}
    values["classifier_dropout"] = config.classifier_dropout
    if config.task in PROBLEM_TYPES:
        values["problem_type"] = PROBLEM_TYPES[config.task]
    if config.task != "tagger" and config.pooling != "cls":
        values["classifier_pooling"] = config.pooling
    if config.pair_form == "siamese":
        values |= {"architectures": [SIAMESE], "pair_form": config.pair_form}
    return values


def load_head(path: Path, *, dtype: torch.dtype = torch.float32) -> HeadFiles:
    """Read a model with a head, saved here or by transformers.

    Raises:
        ArtifactError: If the directory is missing, incomplete, altered, or of another kind.
        UnsafeArtifactError: If its weights are a pickle.
        ConfigError: If its config asks for something that is not done here.
    """
    values = read_config(path)
    task = _task(values, path)
    tensors = read_tensors(path)
    config = _head_config(values, task, tensors, path)
    kept = {name: tensor.float() for name, tensor in tensors.items() if _is_used(name, config)}
    model = filled(lambda: make_head_model(config), kept, where=path)
    tokenizer = load_tokenizer(path / TOKENIZER)
    longest = config.encoder.max_position_embeddings
    limit = (tokenizer.truncation or {}).get("max_length", longest)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return HeadFiles(model.to(dtype).eval(), tokenizer, min(limit, longest))


def _task(values: Mapping[str, Any], path: Path) -> HeadTask:
    names = values.get("architectures") or ["nothing"]
    if names[0] == ARCHITECTURES["tagger"]:
        return "tagger"
    if names[0] == SIAMESE:
        return "regressor"
    if names[0] != ARCHITECTURES["classifier"]:
        raise ArtifactError(
            f"{path} is no classifier, regressor or tagger: its config names {names[0]}",
            hint="train one with lexloom train classifier, regressor or tagger --init on it",
        )
    problem = values.get("problem_type")
    if problem == "multi_label_classification":
        raise ConfigError(
            f"{path} gives several labels a text, which is not done here",
            hint="give a model with one label a text",
        )
    names_of = values.get("id2label")
    is_single = isinstance(names_of, dict) and len(names_of) == 1
    return (
        "regressor" if problem == "regression" or (problem is None and is_single) else "classifier"
    )


def _head_config(
    values: Mapping[str, Any], task: HeadTask, tensors: Mapping[str, Tensor], path: Path
) -> HeadConfig:
    weight = tensors.get("classifier.weight")
    if weight is None:
        raise ArtifactError(f"the model in {path} lacks 'classifier.weight'", hint="train it again")
    encoder = bert_config({k: v for k, v in values.items() if k != "classifier_dropout"})
    dropout = values.get("classifier_dropout")
    pooling = values.get("classifier_pooling", "cls")
    if pooling not in ("cls", "mean"):
        raise ConfigError(
            f"classifier_pooling must be 'cls' or 'mean', got {pooling!r}",
            hint=f"it stands in {path / CONFIG}",
        )
    return HeadConfig(
        encoder=encoder,
        task=task,
        labels=_labels(values, len(weight), path),
        pooling=pooling,
        pair_form="siamese" if values.get("architectures") == [SIAMESE] else "joint",
        classifier_dropout=encoder.hidden_dropout_prob if dropout is None else dropout,
    )


def _labels(values: Mapping[str, Any], count: int, path: Path) -> tuple[str, ...]:
    """Give the labels by number; a config that transformers wrote may leave out two of them."""
    names = values.get("id2label") or {str(number): f"LABEL_{number}" for number in range(count)}
    wanted = [str(number) for number in range(count)]
    if not isinstance(names, dict) or sorted(names) != sorted(wanted):
        raise ArtifactError(
            f"{path / CONFIG}: id2label does not name the model's {count} outputs",
            hint="its config does not fit it",
        )
    return tuple(str(names[number]) for number in wanted)


def _is_used(name: str, config: HeadConfig) -> bool:
    """Say whether a saved tensor belongs to the model, or only came with its encoder."""
    if name == "bert.embeddings.position_ids":
        return False
    has_pooler = config.task != "tagger" and config.pooling == "cls"
    return has_pooler or not name.startswith("bert.pooler.")
