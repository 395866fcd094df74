"""BERT with one linear head: a class or a score for a text or a pair of texts, or a tag a token.

Parameters carry Hugging Face's names (``BertForSequenceClassification`` and
``BertForTokenClassification``; the siamese form is ours). `head_files` saves and loads them, `bert`
is the encoder.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.errors import ConfigError, ShapeError
from lexloom.models.bert import BertConfig, BertModel
from lexloom.nn.dropout import Dropout

HeadTask = Literal["classifier", "regressor", "tagger"]
Pooling = Literal["cls", "mean"]
PairForm = Literal["joint", "siamese"]
COSINE_SCALE, COSINE_SHIFT = 4.0, -2.0
"""The line on which a siamese regressor begins: cosines of sentences are about 0.5 with a deviation
of about 0.25, and scores are learnt with mean 0 and deviation 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadConfig:
    """The shape of an encoder with a head, and what its outputs stand for."""

    encoder: BertConfig
    task: HeadTask
    labels: tuple[str, ...]
    """Names of the outputs in their order; a regressor has one."""
    pooling: Pooling = "cls"
    """A text's vector: the pooled first position, as published, or the mean of all positions."""
    pair_form: PairForm = "joint"
    """Two texts read as one, or each by itself and compared by the cosine of their vectors (Reimers
    and Gurevych, 2019, arXiv:1908.10084), which is for regressors."""
    classifier_dropout: float = 0.1
    """Probability of dropping a channel in front of the head, in [0, 1)."""

    def __post_init__(self) -> None:
        """Check what the modules below take for granted."""
        if not 0.0 <= self.classifier_dropout < 1.0:
            raise ConfigError(
                f"classifier_dropout must be in [0, 1), got {self.classifier_dropout}"
            )
        if self.pair_form == "siamese" and self.task != "regressor":
            raise ConfigError(
                f"pair_form 'siamese' is for regressors, not for a {self.task}",
                hint="leave pair_form at 'joint'",
            )
        if len(set(self.labels)) != len(self.labels):
            raise ConfigError("two labels have the same name")
        least, most = (1, 1) if self.task == "regressor" else (2, None)
        if len(self.labels) < least or (most is not None and len(self.labels) > most):
            wanted = "one output" if most else "at least two labels"
            raise ConfigError(f"a {self.task} needs {wanted}, got {len(self.labels)}")


class BertWithLinearHead(nn.Module):
    """An encoder, dropout and one linear layer, which reads texts or tokens."""

    def __init__(self, config: HeadConfig, *, with_pooler: bool) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config.encoder, with_pooler=with_pooler)
        self.dropout = Dropout(config.classifier_dropout)
        self.classifier = nn.Linear(config.encoder.hidden_size, len(config.labels))
        self.classifier.apply(self.bert.initialize)


class BertForSequenceClassification(BertWithLinearHead):
    """A class or a score for each text or pair."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__(config, with_pooler=config.pooling == "cls")

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


class BertForSiameseRegression(nn.Module):
    """A score for each pair, on a line with the cosine of its texts' vectors."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config.encoder, with_pooler=config.pooling == "cls")
        self.classifier = nn.Linear(1, 1)
        nn.init.constant_(self.classifier.weight, COSINE_SCALE)
        nn.init.constant_(self.classifier.bias, COSINE_SHIFT)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        """Give scores ``(B, 1)``, in float32, for ids ``(B, T)`` of two texts one after the other.

        Raises:
            ShapeError: If there is no second text.
        """
        if token_type_ids is None:
            raise ShapeError("this model compares two texts, got one", hint="give --pair")
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        ids_BT, mask_BT = split_pairs(input_ids, attention_mask, token_type_ids)
        out = self.bert(ids_BT, mask_BT, unpad=True)
        vectors_BD = out.pooler_output
        if vectors_BD is None:
            vectors_BD = mean_state(out.last_hidden_state, mask_BT)
        first_BD, second_BD = vectors_BD.float().chunk(2)
        cosine_B = F.cosine_similarity(first_BD, second_BD, dim=-1)
        # bfloat16 has too few digits to rank cosines
        head = self.classifier
        return F.linear(cosine_B[:, None], head.weight.float(), head.bias.float())


def split_pairs(
    input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor
) -> tuple[Tensor, Tensor]:
    """Part ``[CLS] a [SEP] b [SEP]`` into ``[CLS] a [SEP]`` and ``[CLS] b [SEP]``.

    Returns:
        Ids and mask ``(2B, T)``: the first texts, then the second ones.
    """
    real_BT = attention_mask != 0
    length_B1 = (real_BT & (token_type_ids == 0)).sum(1, keepdim=True)
    place_T = torch.arange(input_ids.shape[1], device=input_ids.device)
    first_BT = place_T < length_B1
    # the second text stands behind the first one; the place before it becomes its [CLS]
    shifted_BT = (place_T + length_B1 - 1).clamp_max(input_ids.shape[1] - 1)
    second_ids_BT = input_ids.gather(1, shifted_BT)
    second_ids_BT[:, 0] = input_ids[:, 0]
    second_BT = place_T < real_BT.sum(1, keepdim=True) - length_B1 + 1
    mask = torch.cat([first_BT, second_BT])
    ids = torch.cat([input_ids, second_ids_BT])
    longest = int(mask.sum(1).max())
    return ids[:, :longest], mask[:, :longest].to(attention_mask.dtype)


class BertForTokenClassification(BertWithLinearHead):
    """A tag for each token."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__(config, with_pooler=False)

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


HeadModel = BertForSequenceClassification | BertForSiameseRegression | BertForTokenClassification


def make_head_model(config: HeadConfig) -> HeadModel:
    """Give an untrained model of the config's kind."""
    if config.task == "tagger":
        return BertForTokenClassification(config)
    if config.pair_form == "siamese":
        return BertForSiameseRegression(config)
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
