"""What models are trained for: from a batch to a loss."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lexloom.batches.spans import SpanBatch
from lexloom.models.span_extractor import (
    FAR_BELOW,
    SpanExtractor,
    UnitStates,
    sparse_positive_loss,
)
from lexloom.nn.text_batch import TextBatch

Losses = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class SpanObjective:
    """Typed spans and typed pairs of spans, each by the sparse-positive loss."""

    model: SpanExtractor
    label_texts: TextBatch
    """The different texts of all labels."""
    span_texts_CV: Tensor
    """Which of the texts names each span label, and which others paraphrase it, int64."""
    pair_texts_KV: Tensor
    """Which of the texts names each pair label, and which others paraphrase it, int64."""
    num_proposals: int = 4
    """Wrong spans a text that the model itself finds likely, shown to the pair scorer as pairs
    without a relation."""
    negative_share: float = 0.3
    """Share of a partly annotated text's unmarked spans that is taken for nothing."""
    paraphrase_share: float = 0.0
    """Share of the labels of a batch that are asked for by any of their texts."""

    def losses(self, batch: SpanBatch) -> Losses:
        """Give the losses of one batch, each in nats and summed over its texts.

        Labels that none of the batch's annotators looked for are left out altogether.
        """
        batch, span_texts, pair_texts = self._narrowed(batch)
        model = self.model
        states = model.encode(batch.texts)
        used, places = torch.unique(torch.cat([span_texts, pair_texts]), return_inverse=True)
        labels_XD = model.encode_labels(self.label_texts.rows(used)).index_select(0, places)
        span_labels_CD = labels_XD[: len(span_texts)]
        pair_labels_KD = labels_XD[len(span_texts) :]
        scores_BCUU = model.spans(states.h_BUD, span_labels_CD)
        known_BCUU = known_spans(scores_BCUU, states, batch, negative_share=self.negative_share)
        num_units = scores_BCUU.shape[-1]
        row, label, first, last = batch.spans_S4.unbind(1)
        gold_S2 = torch.stack([row * scores_BCUU.shape[1] + label, first * num_units + last], dim=1)
        by_label = sparse_positive_loss(
            scores_BCUU.flatten(2).flatten(0, 1), gold_S2, known_BCUU.flatten(2).flatten(0, 1)
        )
        losses = {"spans": by_label.sum()}
        pairs_P5, targets_PK = self._with_proposals(batch, scores_BCUU.detach(), known_BCUU)
        if len(pairs_P5) and targets_PK.shape[1]:
            known_PK = batch.known_pair_labels_BK[pairs_P5[:, 0]]
            scores_PK = model.pairs(states, pairs_P5, pair_labels_KD)
            by_pair = sparse_positive_loss(scores_PK, targets_PK.nonzero(), known_PK)
            losses["pairs"] = by_pair.sum()
        return losses

    def _narrowed(self, batch: SpanBatch) -> tuple[SpanBatch, Tensor, Tensor]:
        """Keep the labels that someone looked for, and say which text names each."""
        spans = batch.known_labels_BC.any(0).nonzero().squeeze(1)
        pairs = batch.known_pair_labels_BK.any(0).nonzero().squeeze(1)
        if not len(batch.pairs_P5):
            pairs = pairs[:0]
        number_C = torch.full((batch.known_labels_BC.shape[1],), -1)
        number_C[spans] = torch.arange(len(spans))
        spans_S4 = batch.spans_S4.clone()
        spans_S4[:, 1] = number_C[spans_S4[:, 1]]
        narrowed = replace(
            batch,
            spans_S4=spans_S4[spans_S4[:, 1] >= 0],
            known_labels_BC=batch.known_labels_BC[:, spans],
            all_mentions_BC=batch.all_mentions_BC[:, spans],
            pair_targets_PK=batch.pair_targets_PK[:, pairs],
            known_pair_labels_BK=batch.known_pair_labels_BK[:, pairs],
        )
        return (
            narrowed,
            self._chosen(self.span_texts_CV[spans]),
            self._chosen(self.pair_texts_KV[pairs]),
        )

    def _chosen(self, texts_CV: Tensor) -> Tensor:
        """Name each label by its first text or, now and then, by any of its texts."""
        if not self.paraphrase_share:
            return texts_CV[:, 0]
        num_labels, num_texts = texts_CV.shape
        any_C = torch.randint(num_texts, (num_labels,))
        any_C *= torch.rand(num_labels) < self.paraphrase_share
        return texts_CV.gather(1, any_C[:, None]).squeeze(1)

    def _with_proposals(
        self, batch: SpanBatch, scores_BCUU: Tensor, known_BCUU: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Pair gold ends with likely wrong spans, as pairs that are known to hold nothing."""
        pairs, targets = batch.pairs_P5, batch.pair_targets_PK
        if not (self.num_proposals and len(pairs) and known_BCUU.shape[1]):
            return pairs, targets
        row, _, first, last = batch.spans_S4.unbind(1)
        # masks are added, not filled in: on a CPU that takes a tenth of the time
        best_BUU = (scores_BCUU + (~known_BCUU).to(scores_BCUU.dtype) * FAR_BELOW).amax(1)
        best_BUU[row, first, last] = FAR_BELOW
        best_BUU += (~batch.open_pairs_B)[:, None, None] * FAR_BELOW
        num_units = best_BUU.shape[-1]
        count = min(self.num_proposals, num_units * num_units)
        score_BX, flat_BX = best_BUU.flatten(1).topk(count, dim=1)
        wrong_row, place = (score_BX > -4.0).nonzero(as_tuple=True)
        flat = flat_BX[wrong_row, place]
        wrong = torch.stack([wrong_row, flat // num_units, flat % num_units], dim=1)
        ends = torch.unique(batch.pairs_P5[:, :3], dim=0)
        match_i, match_j = (wrong[:, None, 0] == ends[None, :, 0]).nonzero(as_tuple=True)
        as_tail = torch.cat([ends[match_j], wrong[match_i, 1:]], dim=1)
        as_head = torch.cat([wrong[match_i], ends[match_j, 1:]], dim=1)
        added = torch.cat([as_tail, as_head])
        nothing = targets.new_zeros(len(added), targets.shape[1])
        return torch.cat([pairs, added]), torch.cat([targets, nothing])


def known_spans(
    scores_BCUU: Tensor, states: UnitStates, batch: SpanBatch, *, negative_share: float
) -> Tensor:
    """Give where it is known whether a span has a label, of the shape of the scores.

    In partly annotated texts these are the marked spans, and a random share of the others, which is
    taken for nothing: few of them are mentions that nobody marked, and without them a model never
    learns to be silent (Li et al., 2021, arXiv:2012.05426).
    """
    row, _, first, last = batch.spans_S4.unbind(1)
    num_texts, num_units = len(batch.all_mentions_BC), scores_BCUU.shape[-1]
    open_BUU = torch.rand(num_texts, num_units, num_units) < negative_share
    open_BUU[row, first, last] = True
    upper_UU = torch.ones(num_units, num_units, dtype=torch.bool).triu()
    real_BUU = states.mask_BU[:, :, None] & states.mask_BU[:, None, :] & upper_UU
    complete_BC, known_BC = batch.all_mentions_BC, batch.known_labels_BC
    open_BCUU = (open_BUU & real_BUU)[:, None] | complete_BC[:, :, None, None]
    return open_BCUU & real_BUU[:, None] & known_BC[:, :, None, None]
