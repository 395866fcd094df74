"""BERT with the two heads it is pre-trained with: masked words and sentence pairs.

Parameters carry Hugging Face's names (``BertForPreTraining``). The word head is computed only where
a word was masked: over a large vocabulary it costs as much as the encoder. `bert` is the encoder.
"""

from dataclasses import astuple, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.models.bert import ACTIVATIONS, BertConfig, BertModel
from lexloom.nn.masked_batch import MaskedBatch


@dataclass(slots=True)
class Counts:
    """Losses in nats and right guesses, added up over batches."""

    masked_loss: float = 0.0
    num_masked_right: int = 0
    num_masked: int = 0
    pairs_loss: float = 0.0
    num_pairs_right: int = 0
    num_pairs: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Add up."""
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def scores(self) -> dict[str, float]:
        """Give means by name; ``score`` is minus the sum of the losses, higher is better."""
        scores = {
            "masked_loss": self.masked_loss / max(1, self.num_masked),
            "masked_accuracy": self.num_masked_right / max(1, self.num_masked),
        }
        if self.num_pairs:
            scores["pairs_loss"] = self.pairs_loss / self.num_pairs
            scores["pairs_accuracy"] = self.num_pairs_right / self.num_pairs
        loss = scores["masked_loss"] + scores.get("pairs_loss", 0.0)
        return {"score": -loss, **scores}


class PredictionTransform(nn.Module):
    """A layer between the encoder and the word head."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.activation = ACTIVATIONS[config.hidden_act]
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, x: Tensor) -> Tensor:
        """Give a tensor of the shape of `x`."""
        out: Tensor = self.LayerNorm(self.activation(self.dense(x)))
        return out


class MaskedWordHead(nn.Module):
    """Scores of all words; its matrix is the word embeddings, which the caller gives."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.transform = PredictionTransform(config)
        self.bias = nn.Parameter(self.transform.dense.weight.new_zeros(config.vocab_size))

    def forward(self, x: Tensor, words_VD: Tensor) -> Tensor:
        """Give logits ``(..., V)`` for states ``(..., D)``."""
        return F.linear(self.transform(x), words_VD, self.bias)


class PreTrainingHeads(nn.Module):
    """The word head and, if asked for, the pair head."""

    def __init__(self, config: BertConfig, *, with_pairs: bool) -> None:
        super().__init__()
        self.predictions = MaskedWordHead(config)
        if with_pairs:
            self.seq_relationship = nn.Linear(config.hidden_size, 2)


class BertForPreTraining(nn.Module):
    """The encoder and its pre-training heads."""

    forward_methods = ("count",)

    def __init__(self, config: BertConfig, *, with_pairs: bool) -> None:
        super().__init__()
        self.config = config
        self.with_pairs = with_pairs
        self.bert = BertModel(config, with_pooler=with_pairs)
        self.cls = PreTrainingHeads(config, with_pairs=with_pairs)
        self.cls.apply(self.bert.initialize)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.cls.predictions.bias.device

    def encode(self, batch: MaskedBatch) -> tuple[Tensor, Tensor | None]:
        """Give the states ``(B, T, D)``, and the pooled ones ``(B, D)`` if there is a pair head."""
        out = self.bert(
            batch.input_ids_BT, batch.attention_mask_BT, batch.token_type_ids_BT, unpad=True
        )
        return out.last_hidden_state, out.pooler_output

    def word_logits(self, h_BTD: Tensor, positions_P: Tensor) -> Tensor:
        """Give logits ``(P, V)`` at the flat positions ``b * T + t``."""
        h_PD = h_BTD.flatten(0, 1).index_select(0, positions_P)
        words_VD = self.bert.get_parameter("embeddings.word_embeddings.weight")
        logits_PV: Tensor = self.cls.predictions(h_PD, words_VD)
        return logits_PV

    def pair_logits(self, pooled_BD: Tensor) -> Tensor:
        """Give logits ``(B, 2)``; class 0 is the pair that belongs together, as published."""
        logits_B2: Tensor = self.cls.seq_relationship(pooled_BD)
        return logits_B2

    def forward(self, batch: MaskedBatch) -> dict[str, Tensor]:
        """Give the losses in nats: ``masked`` summed over targets, ``pairs`` over the pairs."""
        h_BTD, pooled_BD = self.encode(batch)
        losses = {"masked": _loss(self.word_logits(h_BTD, batch.positions_P), batch.labels_P)}
        if batch.pair_labels_B is not None and pooled_BD is not None:
            losses["pairs"] = _loss(self.pair_logits(pooled_BD), batch.pair_labels_B)
        return losses

    @torch.no_grad()
    def count(self, batch: MaskedBatch) -> Counts:
        """Give losses and right guesses, for evaluation."""
        h_BTD, pooled_BD = self.encode(batch)
        logits_PV = self.word_logits(h_BTD, batch.positions_P)
        counts = Counts(
            masked_loss=float(_loss(logits_PV, batch.labels_P)),
            num_masked_right=int((logits_PV.argmax(-1) == batch.labels_P).sum()),
            num_masked=len(batch.labels_P),
        )
        if batch.pair_labels_B is not None and pooled_BD is not None:
            logits_B2 = self.pair_logits(pooled_BD)
            counts.pairs_loss = float(_loss(logits_B2, batch.pair_labels_B))
            counts.num_pairs_right = int((logits_B2.argmax(-1) == batch.pair_labels_B).sum())
            counts.num_pairs = len(batch.pair_labels_B)
        return counts


def _loss(logits_PV: Tensor, labels_P: Tensor) -> Tensor:
    return F.cross_entropy(logits_PV.float(), labels_P, reduction="sum")
