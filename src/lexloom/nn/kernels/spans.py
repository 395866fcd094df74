"""The spans that score above a threshold, without keeping the scores of all spans.

`models.span_extractor` makes the terms of the scores, and has the dense form, which trains.
"""

import ctypes
from dataclasses import dataclass

import torch
from torch import Tensor

from lexloom.nn.kernels.attention import DTYPES
from lexloom.nn.kernels.library import Kernels, kernels

SPANS_AT_FIRST = 64
"""Spans of a text that there is room for before it is known how many there are."""


@dataclass(frozen=True, slots=True)
class SpanTerms:
    """What the score of each span of units for each label is the sum of.

    ``(start[first] * product[label] + label_end[label]) . end[last]``
    ``+ start_scores[first, label] + widths[label, last - first]``
    """

    start_BUR: Tensor
    end_BUR: Tensor
    product_CR: Tensor
    label_end_CR: Tensor
    start_scores_BUC: Tensor
    widths_CU: Tensor


def find_spans(
    terms: SpanTerms, num_units_B: Tensor, thresholds_C: Tensor
) -> tuple[Tensor, Tensor]:
    """Find the spans whose score is above their label's threshold, for inference.

    Args:
        terms: The terms of the scores.
        num_units_B: How many units each text has, int64.
        thresholds_C: The threshold of each label, float32.

    Returns:
        Text, label, first and last unit of each span, int64, shape ``(S, 4)``, ascending; and
        their scores, float32, shape ``(S,)``.
    """
    found = kernels()
    start_BUR = terms.start_BUR
    if found is None or start_BUR.dtype not in DTYPES or start_BUR.device.type != "cpu":
        return find_spans_plain(terms, num_units_B, thresholds_C)
    return find_spans_compiled(terms, num_units_B, thresholds_C, found)


def find_spans_compiled(
    terms: SpanTerms, num_units_B: Tensor, thresholds_C: Tensor, found: Kernels
) -> tuple[Tensor, Tensor]:
    """Find the spans by the compiled kernel; see `find_spans`."""
    num_texts, max_units, rank = terms.start_BUR.shape
    dtype = terms.start_BUR.dtype
    start, end, product, label_end = (
        part.to(dtype).contiguous()
        for part in (terms.start_BUR, terms.end_BUR, terms.product_CR, terms.label_end_CR)
    )
    starts, widths, thresholds = (
        part.float().contiguous()
        for part in (terms.start_scores_BUC, terms.widths_CU, thresholds_C)
    )
    num_units = num_units_B.contiguous()
    count, capacity = ctypes.c_int64(0), SPANS_AT_FIRST * num_texts
    while True:
        places_S4 = torch.empty(capacity, 4, dtype=torch.long)
        scores_S = torch.empty(capacity)
        status = found.functions.lexloom_spans(
            DTYPES[dtype],
            *(part.data_ptr() for part in (start, end, starts, num_units)),
            *(num_texts, max_units, rank),
            *(part.data_ptr() for part in (product, label_end, widths, thresholds)),
            *(len(thresholds), places_S4.data_ptr(), scores_S.data_ptr(), capacity),
            *(ctypes.byref(count), found.instruction_set),
        )
        if status:
            raise MemoryError("no memory is left for the scores of spans")
        if count.value <= capacity:
            return places_S4[: count.value], scores_S[: count.value]
        capacity = count.value


def find_spans_plain(
    terms: SpanTerms, num_units_B: Tensor, thresholds_C: Tensor
) -> tuple[Tensor, Tensor]:
    """Find the spans by torch's operations; see `find_spans`."""
    units_U = torch.arange(terms.start_BUR.shape[1])
    queries_BCUR = terms.start_BUR[:, None] * terms.product_CR[None, :, None]
    scores_BCUU = (queries_BCUR + terms.label_end_CR[None, :, None]) @ terms.end_BUR[
        :, None
    ].transpose(-1, -2)
    scores_BCUU += terms.start_scores_BUC.transpose(1, 2)[..., None]
    scores_BCUU += terms.widths_CU[:, (units_U - units_U[:, None]).clamp_min(0)]
    real_BU = units_U < num_units_B[:, None]
    real_BUU = real_BU[:, :, None] & real_BU[:, None] & (units_U >= units_U[:, None])
    found = (scores_BCUU.float() > thresholds_C[:, None, None]) & real_BUU[:, None]
    return found.nonzero(), scores_BCUU[found].float()
