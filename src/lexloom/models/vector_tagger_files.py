"""Directories of taggers on vectors: config, weights, and the strings that have a number.

`vector_tagger` holds the model, `head_files` the directories of models on an encoder.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.artifacts import sealed_directory, write_json, write_text
from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ArtifactError
from lexloom.models.checkpoint import (
    CONFIG,
    filled,
    read_config,
    read_tensors,
    write_tensors,
)
from lexloom.models.vector_tagger import Table, VectorTagger, VectorTaggerConfig
from lexloom.tokens.word_features import Lexicon, Numbering, WordFeaturizer

VOCABULARY = "vocabulary.json"
MODEL_TYPE, ARCHITECTURE = "lexloom_vector_tagger", "VectorTagger"
RESERVED = ("model_type", "architectures", "max_words")


@dataclass(frozen=True, slots=True)
class VectorTaggerFiles:
    """A tagger, what it knows by number, and how many words it reads at once."""

    model: VectorTagger
    featurizer: WordFeaturizer
    max_words: int

    @property
    def config(self) -> VectorTaggerConfig:
        """The model's shape and labels."""
        return self.model.config

    @property
    def max_tokens(self) -> int:
        """How many words it reads at once, as `HeadFiles` says it."""
        return self.max_words


def save_vector_tagger(
    files: VectorTaggerFiles, path: Path, *, notices: Mapping[str, str] | None = None
) -> None:
    """Write a model's directory in float32; what stood there stays until the new one is whole."""
    tensors = {k: v.detach().float().contiguous() for k, v in files.model.state_dict().items()}
    values = {"model_type": MODEL_TYPE, "architectures": [ARCHITECTURE]}
    known = files.featurizer
    vocabulary = {
        "words": known.words.strings,
        "bigrams": known.bigrams and known.bigrams.strings,
        "characters": known.characters and known.characters.strings,
        "lexicon": known.lexicon and known.lexicon.numbering.strings,
        "lexicon_counts": known.lexicon and known.lexicon.counts,
    }
    with sealed_directory(path) as directory:
        own = values | {"max_words": files.max_words} | to_mapping(files.config)
        write_json(directory / CONFIG, own)
        # escaped, for a string may hold half of a character, which UTF-8 cannot say
        write_text(directory / VOCABULARY, json.dumps(vocabulary) + "\n")
        write_tensors(directory, tensors)
        for name, text in (notices or {}).items():
            write_text(directory / name, text)


def is_vector_tagger(path: Path) -> bool:
    """Say whether a model directory holds a tagger on vectors, by its config.

    Raises:
        ArtifactError: If it has no config that can be read.
    """
    return read_config(path).get("model_type") == MODEL_TYPE


def load_vector_tagger(path: Path) -> VectorTaggerFiles:
    """Read a tagger on vectors.

    Raises:
        ArtifactError: If the directory is missing, incomplete, altered, or of another kind.
        UnsafeArtifactError: If its weights are a pickle.
        ConfigError: If its config asks for something that is not done here.
    """
    values = read_config(path)
    if values.get("model_type") != MODEL_TYPE:
        raise ArtifactError(
            f"{path} is no tagger on vectors", hint="train one with lexloom train tagger --vectors"
        )
    tensors = read_tensors(path)
    own = {name: value for name, value in values.items() if name not in RESERVED}
    config = from_mapping(VectorTaggerConfig, own, where=CONFIG)
    featurizer = _featurizer(path)
    _check_sizes(config, featurizer, path)
    model = filled(lambda: VectorTagger(config), tensors, where=path)
    max_words = values.get("max_words")
    if not isinstance(max_words, int) or max_words < 1:
        raise ArtifactError(f"{path / CONFIG}: max_words must be at least 1, got {max_words!r}")
    return VectorTaggerFiles(model.eval(), featurizer, max_words)


def _featurizer(path: Path) -> WordFeaturizer:
    file = path / VOCABULARY
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        words, bigrams, characters, lexicon = (
            _strings(values, name) for name in ("words", "bigrams", "characters", "lexicon")
        )
        counts = values["lexicon_counts"]
        if words is None or (counts is not None and not all(isinstance(n, int) for n in counts)):
            raise TypeError
    except OSError as error:
        raise ArtifactError(
            f"{path} lacks a readable {VOCABULARY}", hint="train it again"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{file} is damaged", hint="train it again") from error
    return WordFeaturizer(
        Numbering(words),
        None if bigrams is None else Numbering(bigrams),
        None if characters is None else Numbering(characters),
        None if lexicon is None else Lexicon(lexicon, counts),
    )


def _strings(values: Mapping[str, Any], name: str) -> list[str] | None:
    strings = values[name]
    if strings is not None and not all(isinstance(text, str) for text in strings):
        raise TypeError(name)
    return None if strings is None else list(strings)


def _check_sizes(config: VectorTaggerConfig, known: WordFeaturizer, path: Path) -> None:
    """Raise unless each table has a row for each string."""
    sizes: list[tuple[str, Table | None, Numbering | None]] = [
        ("words", config.words, known.words),
        ("bigrams", config.bigrams, known.bigrams),
        ("characters", config.characters, known.characters),
        ("lexicon", config.lexicon, known.lexicon.numbering if known.lexicon else None),
    ]
    for name, table, numbering in sizes:
        num_ids = numbering.num_ids if numbering else None
        if (table.num_ids if table else None) != num_ids:
            raise ArtifactError(
                f"{path}: the config has {table and dataclasses.asdict(table)} for its {name}, the "
                f"vocabulary {num_ids} numbers",
                hint="they are of different models; copy it again",
            )
