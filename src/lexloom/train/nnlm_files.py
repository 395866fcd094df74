"""The directory of a neural language model: settings, words, word vectors and the other weights.

The word vectors stand in a file of their own, as those of ``lexloom vectors train`` do, so that
`vectors.keyed.WordVectors` opens the directory; ``model.safetensors`` holds the rest.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from lexloom.artifacts import sealed_directory, verify_directory, write_json, write_text
from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ArtifactError, ConfigError
from lexloom.models.checkpoint import (
    CONFIG,
    check_tensors,
    read_config,
    read_tensors,
    without_memory,
    write_tensors,
)
from lexloom.models.nnlm import Nnlm, NnlmConfig
from lexloom.train.nnlm_model import NeuralModel
from lexloom.vectors.formats import NAME, TENSORS, read_vectors
from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.language import NEURAL
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, SPECIAL, Vocabulary
from lexloom.vectors.vocabulary import FILE_NAME as WORDS

EMBEDDINGS = "body.word_embeddings.weight"


def save(model: NeuralModel, path: Path, *, notices: Mapping[str, str] | None = None) -> None:
    """Write a model's directory in float32; what stood there stays until the new one is whole.

    Args:
        model: The model.
        path: The directory.
        notices: Texts that go beside it by their file names, such as a model card.
    """
    tensors = {k: v.detach().float().contiguous() for k, v in model.module.state_dict().items()}
    values = {
        "model_type": NEURAL,
        "model": to_mapping(model.module.config),
        "reading": to_mapping(model.config),
    }
    words = {"words": model.vocabulary.words, "counts": model.counts.tolist()}
    with sealed_directory(path) as directory:
        save_file({NAME: tensors.pop(EMBEDDINGS)}, directory / TENSORS)
        write_tensors(directory, tensors)
        write_json(directory / CONFIG, values)
        # escaped, so that lone surrogates can be written too
        write_text(directory / WORDS, json.dumps(words) + "\n")
        for name, text in (notices or {}).items():
            write_text(directory / name, text)


def load(path: Path | str) -> NeuralModel:
    """Read a model that `save` wrote.

    Raises:
        ArtifactError: If it is missing, truncated, altered, or no such model.
    """
    path = Path(path)
    verify_directory(path)
    values = read_config(path)
    if values.get("model_type") != NEURAL:
        raise ArtifactError(
            f"{path} is no neural language model", hint="give OUT/model of `lexloom train nnlm`"
        )
    try:
        config = from_mapping(NnlmConfig, values["model"], where="model")
        reading = from_mapping(NgramConfig, values["reading"], where="reading")
        _check(config, reading)
        table = read_vectors(path)
        vocabulary = _vocabulary(table.words, config)
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise ArtifactError(
            f"{path} is damaged: {error}", hint="copy or train the model again"
        ) from error
    tensors = read_tensors(path) | {EMBEDDINGS: torch.from_numpy(np.array(table.vectors_VD))}
    with without_memory():
        module = Nnlm(config)
    check_tensors(module.state_dict(), tensors, where=path)
    module.to_empty(device="cpu")
    module.load_state_dict(tensors)
    counts: Any = table.counts
    if torch.cuda.is_available():
        module.to("cuda")
    return NeuralModel(module, vocabulary, reading, counts)


def _check(config: NnlmConfig, reading: NgramConfig) -> None:
    if reading.order != config.context_size + 1:
        raise ValueError(
            f"it reads {reading.order - 1} words before one, and the network {config.context_size}"
        )
    if config.bos_token_id != BEGIN_ID:
        raise ValueError(f"sentences begin with {config.bos_token_id}, not {BEGIN_ID}")


def _vocabulary(words: list[str], config: NnlmConfig) -> Vocabulary:
    if words[: len(SPECIAL)] != list(SPECIAL):
        raise ValueError("its vocabulary does not begin with the special words")
    if len(set(words)) < len(words):
        raise ValueError("its vocabulary holds a word twice")
    if len(words) != config.vocab_size:
        raise ValueError(f"it has {len(words)} words, and a network for {config.vocab_size}")
    return Vocabulary(words)
