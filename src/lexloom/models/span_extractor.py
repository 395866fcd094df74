"""The encoder that extracts: scores for typed spans and for typed pairs of spans.

Every span of units gets a score for each span label by a low-rank form of the biaffine parser's
scorer (Dozat and Manning, 2017, arXiv:1611.01734; for mentions Yu et al., 2020, arXiv:2005.07150):
a product of start, end and label vectors, so that nested and overlapping mentions need nothing
special. A pair of spans is scored from both spans and the text between them (after SpERT, Eberts
and Ulges, 2020, arXiv:1909.07755). Labels enter as text, read by the same encoder, so a new label
needs no new parameter. `extract.encoder` turns scores into records.

Dimensions: B texts, T tokens, U units, D hidden size, R rank, C span labels, K pair labels,
P pairs.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.errors import ConfigError
from lexloom.models.bert import MAX_SIZE, BertConfig, BertModel
from lexloom.nn.dropout import Dropout
from lexloom.nn.kernels.spans import SpanTerms
from lexloom.nn.range_max import range_max
from lexloom.nn.text_batch import TextBatch

NUM_DISTANCE_BUCKETS = 16
FAR_BELOW = -1e4
"""Added to scores that do not count; its exponential is 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanExtractorConfig:
    """The shape of the heads on the encoder."""

    encoder: BertConfig
    num_shapes: int
    """How many word shapes the tokenizer tells apart."""
    span_rank: int = 192
    """Width of the start, end and label vectors that score a span."""
    pair_size: int = 192
    """Width of the vector of a pair of spans."""
    head_dropout_prob: float = 0.2

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("span_rank", "pair_size"):
            if not 1 <= getattr(self, name) <= MAX_SIZE:
                raise ConfigError(f"{name} must be 1 to {MAX_SIZE:,}, got {getattr(self, name)}")
        if not 0.0 <= self.head_dropout_prob < 1.0:
            raise ConfigError(f"head_dropout_prob must be in [0, 1), got {self.head_dropout_prob}")


@dataclass(frozen=True, slots=True)
class UnitStates:
    """What the encoder gives for each unit, and where units are."""

    h_BUD: Tensor
    mask_BU: Tensor
    """True at real units."""
    text_BD: Tensor
    """The vector of the whole text, from its first token."""


class SpanScorer(nn.Module):
    """Score all spans of all texts for all span labels."""

    def __init__(self, hidden_size: int, rank: int, dropout_prob: float) -> None:
        super().__init__()
        self.start = nn.Linear(hidden_size, rank)
        self.end = nn.Linear(hidden_size, rank)
        self.label_product = nn.Linear(hidden_size, rank)
        self.label_start = nn.Linear(hidden_size, rank)
        self.label_end = nn.Linear(hidden_size, rank)
        self.label_bias = nn.Linear(hidden_size, 1)
        self.width = nn.Embedding(NUM_DISTANCE_BUCKETS, rank)
        self.dropout = Dropout(dropout_prob)

    def forward(self, h_BUD: Tensor, labels_CD: Tensor) -> Tensor:
        """Give scores of shape ``(B, C, U, U)``, a span's first and last unit on the last axes."""
        start_BUR = self.dropout(F.gelu(self.start(h_BUD)))
        end_BUR = self.dropout(F.gelu(self.end(h_BUD)))
        product_CR = self.label_product(labels_CD)
        scale = product_CR.shape[-1] ** -0.5
        scaled_BCUR = start_BUR[:, None] * (product_CR * scale)[None, :, None]
        scores_BCUU: Tensor = scaled_BCUR @ end_BUR[:, None].transpose(-1, -2)
        starts_BCU = (start_BUR @ self.label_start(labels_CD).T * scale).transpose(1, 2)
        ends_BCU = (end_BUR @ self.label_end(labels_CD).T * scale).transpose(1, 2)
        widths_UU = distance_buckets(h_BUD.shape[1], h_BUD.device)
        widths_CW = product_CR @ self.width.weight.T * scale + self.label_bias(labels_CD)
        # in place, for these are the largest tensors of all
        scores_BCUU += starts_BCU[..., None]
        scores_BCUU += ends_BCU[..., None, :]
        scores_BCUU += widths_CW[:, widths_UU]
        return scores_BCUU

    def terms(self, h_BUD: Tensor, labels_CD: Tensor) -> SpanTerms:
        """Give what the scores are summed from, for inference: only high ones are looked for."""
        start_BUR, end_BUR = F.gelu(self.start(h_BUD)), F.gelu(self.end(h_BUD))
        product_CR = self.label_product(labels_CD)
        scale = product_CR.shape[-1] ** -0.5
        distances_U = torch.arange(h_BUD.shape[1], device=h_BUD.device)
        widths_CW = product_CR @ self.width.weight.T * scale + self.label_bias(labels_CD)
        return SpanTerms(
            start_BUR=start_BUR,
            end_BUR=end_BUR,
            product_CR=product_CR * scale,
            label_end_CR=self.label_end(labels_CD) * scale,
            start_scores_BUC=start_BUR @ self.label_start(labels_CD).T * scale,
            widths_CU=widths_CW[:, bucket(distances_U)],
        )


class PairScorer(nn.Module):
    """Score ordered pairs of spans for all pair labels."""

    def __init__(self, hidden_size: int, pair_size: int, dropout_prob: float) -> None:
        super().__init__()
        self.unit = nn.Linear(hidden_size, 3 * pair_size)
        self.between = nn.Linear(hidden_size, pair_size)
        self.text = nn.Linear(hidden_size, pair_size)
        self.head = nn.Linear(3 * pair_size, pair_size)
        self.tail = nn.Linear(3 * pair_size, pair_size)
        self.context = nn.Linear(pair_size, pair_size)
        self.distance = nn.Embedding(2 * NUM_DISTANCE_BUCKETS, pair_size)
        self.norm = nn.LayerNorm(pair_size)
        self.label = nn.Linear(hidden_size, pair_size)
        self.label_bias = nn.Linear(hidden_size, 1)
        self.dropout = Dropout(dropout_prob)

    def forward(self, states: UnitStates, pairs_P5: Tensor, labels_KD: Tensor) -> Tensor:
        """Give scores ``(P, K)`` of pairs ``(text, head first, last, tail first, last)``."""
        row, head_first, head_last, tail_first, tail_last = pairs_P5.unbind(1)
        h_BUD = self.dropout(states.h_BUD)
        units_BUX = self.unit(h_BUD)
        head_PX = self.head(_span_vectors(units_BUX, row, head_first, head_last))
        tail_PX = self.tail(_span_vectors(units_BUX, row, tail_first, tail_last))
        left = torch.minimum(head_last, tail_last) + 1
        right = torch.maximum(head_first, tail_first)
        between_PX = self.context(range_max(self.between(h_BUD), row, left, right))
        gap = (right - left).clamp_min(0)
        buckets = bucket(gap) + NUM_DISTANCE_BUCKETS * (head_first > tail_first).long()
        pair_PX = head_PX + tail_PX + between_PX + self.distance(buckets)
        pair_PX = pair_PX + self.text(states.text_BD).index_select(0, row)
        pair_PX = self.dropout(F.gelu(self.norm(pair_PX)))
        scale = pair_PX.shape[-1] ** -0.5
        scores: Tensor = pair_PX @ self.label(labels_KD).T * scale + self.label_bias(labels_KD).T
        return scores


class SpanExtractor(nn.Module):
    """A BERT encoder with word shapes, a span scorer and a pair scorer."""

    def __init__(self, config: SpanExtractorConfig) -> None:
        super().__init__()
        self.config = config
        hidden_size, dropout_prob = config.encoder.hidden_size, config.head_dropout_prob
        self.bert = BertModel(config.encoder, with_pooler=False)
        self.shapes = nn.Embedding(config.num_shapes, hidden_size)
        # zero: at first the encoder is exactly the one that was loaded
        nn.init.zeros_(self.shapes.weight)
        self.spans = SpanScorer(hidden_size, config.span_rank, dropout_prob)
        self.pairs = PairScorer(hidden_size, config.pair_size, dropout_prob)

    def encode(self, batch: TextBatch) -> UnitStates:
        """Read texts: a unit's vector is the mean of its tokens' vectors."""
        h_BTD = self.bert(
            batch.input_ids_BT,
            batch.attention_mask_BT,
            features=self.shapes(batch.shape_ids_BT),
            unpad=True,
        ).last_hidden_state
        num_units = batch.max_units
        mask_BU = torch.arange(num_units, device=h_BTD.device) < batch.num_units_B[:, None]
        return UnitStates(
            h_BUD=pool_units(h_BTD, batch.unit_ids_BT, num_units),
            mask_BU=mask_BU,
            text_BD=h_BTD[:, 0],
        )

    def encode_labels(self, batch: TextBatch) -> Tensor:
        """Read label texts, one vector each, shape ``(C, D)``: the mean of their tokens."""
        h_CTD = self.bert(batch.input_ids_BT, batch.attention_mask_BT, unpad=True).last_hidden_state
        mask_CT1 = batch.attention_mask_BT[..., None].to(h_CTD.dtype)
        mean_CD: Tensor = (h_CTD * mask_CT1).sum(1) / mask_CT1.sum(1)
        return mean_CD


def pool_units(h_BTD: Tensor, unit_ids_BT: Tensor, num_units: int) -> Tensor:
    """Average the tokens of each unit, shape ``(B, U, D)``; tokens of the unit U are left out."""
    summed = h_BTD.new_zeros(h_BTD.shape[0], num_units + 1, h_BTD.shape[2])
    summed = summed.scatter_add(1, unit_ids_BT[..., None].expand_as(h_BTD), h_BTD)
    counts = h_BTD.new_zeros(h_BTD.shape[0], num_units + 1)
    counts = counts.scatter_add(1, unit_ids_BT, torch.ones_like(h_BTD[..., 0]))
    return (summed / counts.clamp_min(1)[..., None])[:, :num_units]


def _span_vectors(units_BUX: Tensor, row: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Give a span's first, last and strongest units, shape ``(P, X)``, X in thirds."""
    start_BUX, end_BUX, inside_BUX = units_BUX.chunk(3, dim=-1)
    inside_PX = range_max(inside_BUX, row, first, last + 1)
    num_units = units_BUX.shape[1]
    start_PX = start_BUX.flatten(0, 1).index_select(0, row * num_units + first)
    end_PX = end_BUX.flatten(0, 1).index_select(0, row * num_units + last)
    return torch.cat([start_PX, end_PX, inside_PX], dim=-1)


def bucket(distance: Tensor) -> Tensor:
    """Number distances from 0: exact up to 8, then by powers of the square root of 2."""
    scaled = (2 * torch.log2(distance.clamp_min(1).float() / 8)).long() + 8
    return torch.where(distance < 8, distance, scaled).clamp_max(NUM_DISTANCE_BUCKETS - 1)


def distance_buckets(num_units: int, device: torch.device) -> Tensor:
    """Give the bucket of ``last - first`` for each span, shape ``(U, U)``."""
    positions = torch.arange(num_units, device=device)
    return bucket((positions[None] - positions[:, None]).clamp_min(0))


def sparse_positive_loss(scores_XY: Tensor, positives_S2: Tensor, known_XY: Tensor) -> Tensor:
    """Give the ZLPR loss of each row, shape ``(X,)`` (Su et al., 2022, arXiv:2208.02955, eq. 5).

    Positive scores are pushed above 0 and the others below, however few the positives are.

    Args:
        scores_XY: Scores of a row's candidates.
        positives_S2: Row and column of each positive, int64; each at most once.
        known_XY: True where it is known whether a candidate is positive; elsewhere nothing is
            learned.
    """
    row_S, column_S = positives_S2.unbind(1)
    known_S = known_XY[row_S, column_S]
    loss_X: Tensor = _SparsePositiveLoss.apply(  # type: ignore[no-untyped-call]
        scores_XY, row_S[known_S], column_S[known_S], known_XY
    )
    return loss_X


class _SparsePositiveLoss(torch.autograd.Function):
    """The loss with its gradient written out, for the scores are many and few passes over them pay.

    With ``l = log(1 + sum exp(s))`` over the negatives, the gradient there is ``exp(s - l)``, which
    is ``softmax(s) * sigmoid(log sum exp(s))``; for the positives it is the same of ``-s``, with
    the sign turned. Masks are added, not filled in: on a CPU that takes a tenth of the time.
    """

    @staticmethod
    def forward(
        ctx: Any, scores_XY: Tensor, row_S: Tensor, column_S: Tensor, known_XY: Tensor
    ) -> Tensor:
        hidden_XY = (~known_XY).float()
        hidden_XY[row_S, column_S] = 1.0
        negative_XY = hidden_XY.mul_(FAR_BELOW).add_(scores_XY.float())
        share_XY = negative_XY.softmax(1)
        sum_X = negative_XY.amax(1) - share_XY.amax(1).log()  # log sum exp
        gradient_XY = share_XY.mul_(sum_X.sigmoid()[:, None]).to(scores_XY.dtype)
        positive_S = -scores_XY[row_S, column_S].float()
        largest_X = sum_X.new_zeros(len(sum_X)).scatter_reduce(0, row_S, positive_S, "amax")
        exp_X = (-largest_X).exp().index_add(0, row_S, (positive_S - largest_X[row_S]).exp())
        pushed_up_X = largest_X + exp_X.log()
        pulled_S = (positive_S - pushed_up_X[row_S]).exp()
        gradient_XY[row_S, column_S] = -pulled_S.to(scores_XY.dtype)
        ctx.save_for_backward(gradient_XY)
        return F.softplus(sum_X) + pushed_up_X

    @staticmethod
    def backward(ctx: Any, gradient_X: Tensor) -> tuple[Tensor | None, ...]:
        (gradient_XY,) = ctx.saved_tensors
        return gradient_XY * gradient_X[:, None].to(gradient_XY.dtype), None, None, None
