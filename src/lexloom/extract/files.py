"""An extractor's directory: encoder and heads, tokenizer, schema, thresholds, and what trained it.

`models.checkpoint` holds the tensor formats. The config saved in the directory decides everything;
its name decides nothing.
"""

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

import lexloom
from lexloom.annotations.schema import Schema
from lexloom.artifacts import MANIFEST, sealed_directory, verify_directory, write_json, write_text
from lexloom.config import from_mapping
from lexloom.errors import ArtifactError, ConfigError, LexloomError
from lexloom.extract.confidence import Calibration
from lexloom.extract.decode import DecodeConfig
from lexloom.models.bert import BertConfig
from lexloom.models.checkpoint import (
    CONFIG,
    filled,
    quantized,
    read_config,
    read_tensors,
    write_tensors,
)
from lexloom.models.span_extractor import SpanExtractor, SpanExtractorConfig
from lexloom.tokens.units import SHAPES, UnitTokenizer

MODEL_TYPE = "lexloom-span-extractor"
SCHEMA, TOKENIZER = "schema.toml", "tokenizer.json"
CARD = "README.md"
"""The model card among the notices."""
MAX_SHARD_BYTES = 15_000_000


@dataclass(frozen=True, slots=True)
class ExtractorFiles:
    """Everything that an extractor is."""

    name: str
    sha256: str
    """Of the directory; empty before it is saved."""
    model: SpanExtractor
    tokenizer: UnitTokenizer
    schema: Schema
    decode: DecodeConfig
    window_sentences: int | None = None
    """Most sentences that are read at once; None for as many as fit, as in its training texts."""
    calibration: Calibration = field(default_factory=Calibration)
    """From scores to confidences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Settings:
    """The ``config.json`` of an extractor."""

    model_type: str
    name: str
    lexloom_version: str
    encoder: BertConfig
    shapes: tuple[str, ...]
    span_rank: int
    pair_size: int
    head_dropout_prob: float
    decode: DecodeConfig
    window_sentences: int | None
    # models that were saved before there was calibration lack it
    calibration: Calibration = field(default_factory=Calibration)

    def __post_init__(self) -> None:
        """Check that there is such a shape."""
        _ = self.shape

    @property
    def shape(self) -> SpanExtractorConfig:
        """The shape of the model."""
        return SpanExtractorConfig(
            encoder=self.encoder,
            num_shapes=len(self.shapes),
            span_rank=self.span_rank,
            pair_size=self.pair_size,
            head_dropout_prob=self.head_dropout_prob,
        )


def save_extractor(
    files: ExtractorFiles,
    path: Path,
    *,
    notices: Mapping[str, str] | None = None,
    int8: bool = False,
) -> None:
    """Write an extractor's directory; what stood there stays until the new one is whole.

    Args:
        files: The extractor.
        path: The directory.
        notices: Texts that go beside it by their file names, such as a model card.
        int8: Store matrices as int8 with one scale a row, else as they are.
    """
    config = files.model.config
    settings = _Settings(
        model_type=MODEL_TYPE,
        name=files.name,
        lexloom_version=lexloom.__version__,
        encoder=config.encoder,
        shapes=SHAPES,
        span_rank=config.span_rank,
        pair_size=config.pair_size,
        head_dropout_prob=config.head_dropout_prob,
        decode=files.decode,
        window_sentences=files.window_sentences,
        calibration=files.calibration,
    )
    tensors = {name: tensor.contiguous() for name, tensor in files.model.state_dict().items()}
    with sealed_directory(path) as directory:
        write_json(directory / CONFIG, asdict(settings))
        shard = MAX_SHARD_BYTES if int8 else 0
        write_tensors(directory, quantized(tensors) if int8 else tensors, max_shard_bytes=shard)
        files.tokenizer.save(directory / TOKENIZER)
        write_text(directory / SCHEMA, files.schema.dumps())
        for name, text in (notices or {}).items():
            write_text(directory / name, text)


def load_extractor_files(path: Path, *, dtype: torch.dtype = torch.float32) -> ExtractorFiles:
    """Read an extractor's directory after checking every file against its manifest.

    Raises:
        ArtifactError: If the directory is missing, incomplete, altered, or no extractor's.
        UnsafeArtifactError: If its weights are a pickle.
    """
    values = read_config(path)
    if values.get("model_type") != MODEL_TYPE:
        raise ArtifactError(
            f"{path} is no extractor: its config says model_type {values.get('model_type')!r}",
            hint="train one with lexloom train extractor --init on it",
        )
    tensors = read_tensors(path)
    sha256 = verify_directory(path)
    settings = _read_settings(values, path)
    tensors = {name: tensor.to(torch.float32) for name, tensor in tensors.items()}
    model = filled(lambda: SpanExtractor(settings.shape), tensors, where=path)
    return ExtractorFiles(
        name=settings.name,
        sha256=sha256,
        model=model.to(dtype).eval(),
        tokenizer=UnitTokenizer.load(path / TOKENIZER),
        schema=Schema.load(path / SCHEMA),
        decode=settings.decode,
        window_sentences=settings.window_sentences,
        calibration=settings.calibration,
    )


def write_calibration(source: Path, target: Path, calibration: Calibration) -> None:
    """Write an extractor's directory anew with another calibration; the rest stays as it is.

    Args:
        source: An extractor's directory.
        target: The directory to write, which may be `source`; what stood there stays until the
            new one is whole.
        calibration: What is written.

    Raises:
        ArtifactError: If the directory is damaged or no extractor's, or cannot be written.
    """
    verify_directory(source)
    settings = _read_settings(read_config(source), source)
    with sealed_directory(target) as directory:
        for file in source.iterdir():
            if file.name not in (MANIFEST, CONFIG) and file.is_file():
                shutil.copyfile(file, directory / file.name)
        write_json(directory / CONFIG, asdict(replace(settings, calibration=calibration)))


def stored_calibration(path: Path, model: SpanExtractor) -> Calibration | None:
    """Give the calibration of a saved extractor, or None if no extractor of these weights is there.

    A training that was over before the call so keeps what `write_calibration` wrote since.
    """
    try:
        stored = load_extractor_files(path)
    except LexloomError:
        return None
    saved, given = stored.model.state_dict(), model.state_dict()
    if saved.keys() != given.keys():
        return None
    same = all(torch.equal(saved[name], given[name].cpu().float()) for name in saved)
    return stored.calibration if same else None


def _read_settings(values: dict[str, Any], path: Path) -> _Settings:
    try:
        settings = from_mapping(_Settings, values, where=str(path / CONFIG))
    except ConfigError as error:
        raise ArtifactError(error.message, hint=error.hint or "get the model again") from error
    if settings.shapes != SHAPES:
        raise ArtifactError(
            f"{path} was trained with other word shapes than this version knows",
            hint=f"it was saved by lexloom {settings.lexloom_version}",
        )
    return settings
