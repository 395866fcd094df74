"""Begin a fine-tuning: a new head on an encoder that was pre-trained, and the settings of it.

Chinese characters that the vocabulary lacks are added to it, for a model without them reads
nothing but unknowns. `labelled` makes the task.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from lexloom.batches.labelled import TagPieces
from lexloom.errors import ConfigError
from lexloom.models.checkpoint import load_bert
from lexloom.models.grow import with_vocab_size
from lexloom.models.head_files import TOKENIZER, HeadFiles
from lexloom.models.heads import HeadConfig, HeadTask, PairForm, Pooling, make_head_model
from lexloom.tokens.extend import missing_characters, with_pieces
from lexloom.tokens.units import load_tokenizer
from lexloom.train.config import TrainConfig
from lexloom.train.flat_settings import from_flat

FINE_TUNING: Mapping[str, Any] = {
    "num_epochs": 4,
    "learning_rate": 1e-4,
    "head_learning_rate": 1e-3,
    "embedding_learning_rate": 1e-4,
}
"""Where a fine-tuning differs from the defaults of `TrainConfig`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadFitConfig:
    """Settings of training an encoder with a head."""

    train: TrainConfig = field(default_factory=lambda: TrainConfig(**FINE_TUNING))
    pooling: Pooling = "cls"
    """A text's vector: the pooled first position, or the mean of all positions."""
    pair_form: PairForm = "joint"
    """Two texts read as one, or each by itself and compared by their vectors' cosine, which is for
    scores and for encoders that were made for it."""
    classifier_dropout: float = 0.1
    max_tokens: int = 256
    """Tokens that are read of a text, at most; of tagged words, at once."""
    tag_pieces: TagPieces = "first"
    """Whether a word's first piece alone learns its tag, or every piece."""
    select_by: str | None = None
    """The measure whose best epoch is kept; None for the main one."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.max_tokens < 8:
            raise ConfigError(f"max_tokens must be at least 8, got {self.max_tokens}")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "HeadFitConfig":
        """Read flat settings: those of the head, and all others as those of the training.

        Raises:
            ConfigError: If a key is unknown or a value does not fit.
        """
        return from_flat(cls, values, FINE_TUNING)


def start_head(
    init: Path, task: HeadTask, labels: Sequence[str], texts: Sequence[str], config: HeadFitConfig
) -> HeadFiles:
    """Give a model to train.

    Args:
        init: A BERT directory; of a larger model the encoder is taken.
        task: What the head gives.
        labels: Names of its outputs.
        texts: What will be read; their Chinese characters join the vocabulary.
        config: Shape of the head, and the seed of new parameters.

    Raises:
        ArtifactError: If `init` is no BERT directory.
    """
    torch.manual_seed(config.train.seed)
    bert = load_bert(init)
    tokenizer = load_tokenizer(init / TOKENIZER)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if pieces := missing_characters(tokenizer, texts):
        tokenizer = with_pieces(tokenizer, pieces)
    bert = with_vocab_size(bert, tokenizer.get_vocab_size())
    # attention without dropout: written out, its mask would cost more than the attention
    encoder = replace(bert.config, attention_probs_dropout_prob=0.0)
    model = make_head_model(
        HeadConfig(
            encoder=encoder,
            task=task,
            labels=tuple(labels),
            pooling=config.pooling,
            pair_form=config.pair_form,
            classifier_dropout=config.classifier_dropout,
        )
    )
    # a pooler may be new, or not be used
    values = {k: v for k, v in bert.state_dict().items() if k in model.bert.state_dict()}
    model.bert.load_state_dict(model.bert.state_dict() | values)
    return HeadFiles(model, tokenizer, min(config.max_tokens, encoder.max_position_embeddings))
