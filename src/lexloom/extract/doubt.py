"""How much in doubt an extractor is about a text, so that people annotate what teaches it most.

A span or a pair of spans is in doubt when its score is near the threshold at which it would be
given (uncertainty sampling, Lewis and Gale, 1994, arXiv:cmp-lg/9407020). A text's doubt is the mean
of its most doubtful ones, so that a long text is not chosen for its length.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.decode import Decoder, LabelledSpan
from lexloom.extract.encoder import LabelVectors, SpanReader
from lexloom.extract.extractor import EncoderExtractor
from lexloom.models.span_extractor import UnitStates
from lexloom.nn.kernels.spans import find_spans
from lexloom.tokens.units import EncodedText

REACH = 4.0
"""How far below its threshold a score may lie, in log-odds, to count as a doubt at all."""
MOST_DOUBTFUL = 5
"""Spans and pairs of a text over which the mean goes; with fewer the rest counts as certain."""
MAX_MENTIONS = 24
"""Mentions of a text whose pairs are looked at."""

Values = NDArray[np.float64]


def entropy(scores: Values) -> Values:
    """Give the entropy of yes or no at each score (log-odds), in nats."""
    p = 1.0 / (1.0 + np.exp(-scores))
    found: Values = np.logaddexp(0.0, scores) - p * scores
    return found


def margin(scores: Values) -> Values:
    """Give how near to even the odds are: 1 at a score of 0, towards 0 far from it."""
    found: Values = 1.0 - np.abs(np.tanh(scores / 2.0))
    return found


MEASURES: Mapping[str, Callable[[Values], Values]] = {"entropy": entropy, "margin": margin}
"""Measures of doubt by their names."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a model makes of one text."""

    place: int
    """The text's place among those that were given."""
    doubt: float
    vector: NDArray[np.float32]
    """The mean of what it reads, to tell texts that are alike."""


def read_doubts(
    extractor: EncoderExtractor,
    texts: Sequence[str],
    schema: Schema | None = None,
    *,
    by: str = "entropy",
) -> Iterator[Doubt]:
    """Give the doubt of each text, shortest texts first; one that the model cannot read has none.

    Args:
        extractor: The model.
        texts: What is to be judged, a sentence each or a few.
        schema: What would be asked for; the model's own schema if None.
        by: A name in `MEASURES`.
    """
    asked = schema or extractor.schema
    labels = LabelSet.of(asked, extractor.schema)
    reader, decoder = extractor.reader, Decoder(asked, labels, extractor.decode)
    vectors = reader.encode_labels(labels)
    encoded = reader.tokenizer.encode(list(texts))
    fitting = [place for place, text in enumerate(encoded)
               if text.num_units and len(text.input_ids) <= reader.max_tokens]  # fmt: skip
    lengths = [len(encoded[place].input_ids) for place in fitting]
    reader.model.eval()
    for batch in length_buckets(lengths, max_tokens=reader.max_batch_tokens):
        places = [fitting[number] for number in batch]
        found = _judge([encoded[place] for place in places], reader, decoder, vectors, by)
        for place, (doubt, vector) in zip(places, found, strict=True):
            yield Doubt(place, doubt, vector)


def _judge(
    texts: Sequence[EncodedText],
    reader: SpanReader,
    decoder: Decoder,
    vectors: LabelVectors,
    by: str,
) -> list[tuple[float, NDArray[np.float32]]]:
    pad = reader.model.config.encoder.pad_token_id
    with torch.inference_mode():
        states = reader.model.encode(collate_texts(texts, pad_token_id=pad))
        spans = _near_spans(states, reader, decoder, vectors)
        pairs = _pair_scores(states, spans, reader, decoder, vectors)
        counts_B1 = states.mask_BU.sum(1, keepdim=True)
        # units beyond a text's end are zero
        means_BD = (states.h_BUD.sum(1) / counts_B1).float().numpy()
    thresholds_C = decoder.span_thresholds_C
    scored = [
        np.array([float(s.score - thresholds_C[s.label]) for s in row] + near, dtype=np.float64)
        for row, near in zip(spans, pairs, strict=True)
    ]
    return [(_of_text(row, by), means_BD[number]) for number, row in enumerate(scored)]


def _of_text(scores: Values, by: str) -> float:
    found = np.sort(MEASURES[by](scores))[-MOST_DOUBTFUL:]
    return float(found.sum() / MOST_DOUBTFUL)


def _near_spans(
    states: UnitStates, reader: SpanReader, decoder: Decoder, vectors: LabelVectors
) -> list[list[LabelledSpan]]:
    """Give the spans of each text that are found, or nearly."""
    spans: list[list[LabelledSpan]] = [[] for _ in range(len(states.mask_BU))]
    if not len(vectors.spans_CD):
        return spans
    terms = reader.model.spans.terms(states.h_BUD, vectors.spans_CD)
    thresholds_C = torch.from_numpy(decoder.span_thresholds_C - np.float32(REACH))
    places_S4, scores_S = find_spans(terms, states.mask_BU.sum(1), thresholds_C)
    for (row, label, first, last), score in zip(places_S4.tolist(), scores_S.tolist(), strict=True):
        spans[row].append(LabelledSpan(label, first, last, score))
    return spans


def _pair_scores(
    states: UnitStates,
    spans: Sequence[Sequence[LabelledSpan]],
    reader: SpanReader,
    decoder: Decoder,
    vectors: LabelVectors,
) -> list[list[float]]:
    """Give the scores of the relations between the mentions found that are given, or nearly."""
    thresholds_C, least_R = decoder.span_thresholds_C, decoder.relation_thresholds_R
    num_relations = len(decoder.schema.relations)
    near: list[list[float]] = []
    for row, found in enumerate(spans):
        sure = sorted((s for s in found if s.score > thresholds_C[s.label]), key=lambda s: -s.score)
        mentions = decoder.sort_spans(sure[:MAX_MENTIONS]).entities
        pairs = [(row, *mentions[i][1:3], *mentions[j][1:3])
                 for i, j in decoder.entity_pairs(mentions)]  # fmt: skip
        scores_PK = reader.score_pairs(states, pairs, vectors)[:, :num_relations] - least_R
        near.append(scores_PK[scores_PK > -REACH].tolist())
    return near
