"""BERT with one linear head: a class or a score for a text or a pair of texts, or a tag a token.

Parameters carry Hugging Face's names (``BertForSequenceClassification`` and
``BertForTokenClassification``). `head_files` saves and loads them, `bert` is the encoder.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from lexloom.errors import ConfigError
from lexloom.models.bert import BertConfig, BertModel
from lexloom.nn.dropout import Dropout

HeadTask = Literal["classifier", "regressor", "tagger"]
Pooling = Literal["cls", "mean"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadConfig:
    """The shape of an encoder with a head, and what its outputs stand for."""

    encoder: BertConfig
    task: HeadTask
    labels: tuple[str, ...]
    """Names of the outputs in their order; a regressor has one."""
    pooling: Pooling = "cls"
    """A text's vector: the pooled first position, as published, or the mean of all positions."""
    classifier_dropout: float = 0.1
    """Probability of dropping a channel in front of the head, in [0, 1)."""

    def __post_init__(self) -> None:
        """Check what the modules below take for granted."""
        if not 0.0 <= self.classifier_dropout < 1.0:
            raise ConfigError(
                f"classifier_dropout must be in [0, 1), got {self.classifier_dropout}"
            )
        if len(set(self.labels)) != len(self.labels):
            raise ConfigError("two labels have the same name")
        least, most = (1, 1) if self.task == "regressor" else (2, None)
        if len(self.labels) < least or (most is not None and len(self.labels) > most):
            wanted = "one output" if most else "at least two labels"
            raise ConfigError(f"a {self.task} needs {wanted}, got {len(self.labels)}")


class BertForSequenceClassification(nn.Module):
    """A class or a score for each text or pair."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config.encoder, with_pooler=config.pooling == "cls")
        self.dropout = Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(config.encoder.hidden_size, len(config.labels))
        self.classifier.apply(self.bert.initialize)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """Give logits, or scores, ``(B, C)`` for ids ``(B, T)``."""
        out = self.bert(input_ids, attention_mask, token_type_ids, unpad=True)
        pooled_BD = out.pooler_output
        if pooled_BD is None:
            pooled_BD = mean_state(out.last_hidden_state, attention_mask)
        logits_BC: Tensor = self.classifier(self.dropout(pooled_BD))
        return logits_BC


class BertForTokenClassification(nn.Module):
    """A tag for each token."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config.encoder, with_pooler=False)
        self.dropout = Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(config.encoder.hidden_size, len(config.labels))
        self.classifier.apply(self.bert.initialize)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """Give logits ``(B, T, C)`` for ids ``(B, T)``; at padding they mean nothing."""
        out = self.bert(input_ids, attention_mask, token_type_ids, unpad=True)
        logits_BTC: Tensor = self.classifier(self.dropout(out.last_hidden_state))
        return logits_BTC


HeadModel = BertForSequenceClassification | BertForTokenClassification


def make_head_model(config: HeadConfig) -> HeadModel:
    """Give an untrained model of the config's kind."""
    if config.task == "tagger":
        return BertForTokenClassification(config)
    return BertForSequenceClassification(config)


def mean_state(h_BTD: Tensor, mask_BT: Tensor | None) -> Tensor:
    """Give the mean of each row's real positions, ``(B, D)``; summed in float32."""
    if mask_BT is None:
        return h_BTD.float().mean(1).to(h_BTD.dtype)
    weight_BT1 = (mask_BT != 0).float()[:, :, None]
    sums_BD = (h_BTD.float() * weight_BT1).sum(1)
    return (sums_BD / weight_BT1.sum(1).clamp_min(1.0)).to(h_BTD.dtype)


@torch.no_grad()
def rescale_head(model: HeadModel, *, scale: float, shift: float) -> None:
    """Let a regressor give ``scale * score + shift`` in place of its score."""
    model.classifier.weight.mul_(scale)
    model.classifier.bias.mul_(scale).add_(shift)
