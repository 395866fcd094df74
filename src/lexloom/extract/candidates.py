"""Everything a model could say about texts, with raw scores: read once, decoded by many thresholds.

`extract.thresholds` and `extract.calibrate` search on these; what they find for a config is what
`encoder` would read with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from lexloom.annotations.document import AnnotatedDocument
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.decode import Decoder, LabelledSpan, ScoredPair, TextFacts
from lexloom.extract.encoder import (
    EncodedWindow,
    LabelVectors,
    SpanReader,
    surest,
    whole_text,
    window_facts,
)
from lexloom.extract.merge import MergedFacts, merge_windows
from lexloom.tokens.units import EncodedText

LOWEST = -3.0
"""Least score of a candidate: a probability of five in a hundred."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The spans of one text above the lowest thresholds, and their pairs by places in `spans`."""

    spans: list[LabelledSpan]
    relations: list[ScoredPair]
    roles: list[ScoredPair]
    """Pairs of a trigger and an argument, also of arguments that overlap."""

    def at(self, decoder: Decoder) -> TextFacts:
        """Give what would be kept by a decoder whose thresholds are no lower than the lowest."""
        least_C, least_R = (
            decoder.span_thresholds_C.tolist(),
            decoder.relation_thresholds_R.tolist(),
        )
        spans = decoder.sort_spans(surest([s for s in self.spans if s.score > least_C[s.label]]))
        sure = [pair for pair in self.relations if pair.score > least_R[pair.label]]
        relations = _kept_pairs(sure, self._places(spans.entities))
        triggers, arguments = self._places(spans.triggers), self._places(spans.arguments)
        filled = [pair for pair in self.roles if pair.score > decoder.config.role_threshold]
        roles = _kept_pairs(filled, triggers | arguments)
        return TextFacts(spans, relations, decoder.settle_arguments(spans, roles))

    def _places(self, kept: Sequence[LabelledSpan]) -> dict[int, int]:
        """Give the places of spans among those kept, by their places here."""
        numbers = {span: number for number, span in enumerate(kept)}
        return {at: numbers[span] for at, span in enumerate(self.spans) if span in numbers}


def _kept_pairs(pairs: list[ScoredPair], places: dict[int, int]) -> list[ScoredPair]:
    return [
        pair._replace(head=places[pair.head], tail=places[pair.tail])
        for pair in pairs
        if pair.head in places and pair.tail in places
    ]


@dataclass(frozen=True, slots=True)
class ReadTexts:
    """Annotated texts, each read as one window, with their candidates."""

    documents: Sequence[AnnotatedDocument]
    windows: Sequence[EncodedWindow]
    candidates: Sequence[Candidates]

    def found(self, number: int, decoder: Decoder) -> MergedFacts:
        """Give what a decoder keeps of a text."""
        window = self.windows[number]
        facts = window_facts(window, self.candidates[number].at(decoder), decoder)
        return merge_windows(self.documents[number].text, [facts])


def read_candidates(
    reader: SpanReader,
    documents: Sequence[AnnotatedDocument],
    encoded: Sequence[EncodedText],
    decoder: Decoder,
) -> ReadTexts:
    """Read short texts once with the rules of a decoder, but for its thresholds."""
    windows = [(whole_text(d.text), text) for d, text in zip(documents, encoded, strict=True)]
    names = [name for name in decoder.config.__slots__ if name.endswith("_threshold")]
    lowest = replace(decoder.config, **dict.fromkeys(names, LOWEST))  # type: ignore[arg-type]
    low = replace(decoder, config=lowest)
    reader.model.eval()
    vectors = reader.encode_labels(decoder.labels)
    lengths = [len(text.input_ids) for text in encoded]
    candidates: dict[int, Candidates] = {}
    for batch in length_buckets(lengths, max_tokens=reader.max_batch_tokens):
        texts = [encoded[number] for number in batch]
        candidates.update(zip(batch, _of_batch(reader, texts, low, vectors), strict=True))
    return ReadTexts(documents, windows, [candidates[number] for number in range(len(windows))])


def _of_batch(
    reader: SpanReader, texts: Sequence[EncodedText], decoder: Decoder, vectors: LabelVectors
) -> list[Candidates]:
    pad = reader.model.config.encoder.pad_token_id
    with torch.inference_mode():
        states = reader.model.encode(collate_texts(texts, pad_token_id=pad))
        found = [
            _surest_of_each_kind(spans, decoder)
            for spans in reader.find_spans(states, texts, decoder, vectors)
        ]
        kept = [decoder.sort_spans(spans) for spans in found]
        scored = reader.score_text_pairs(states, kept, decoder, vectors)
    candidates = []
    for spans, text, pairs in zip(found, kept, scored, strict=True):
        place = {span: at for at, span in enumerate(spans)}
        relations = decoder.relations(text.entities, pairs.entity_pairs, pairs.entity_scores_PK)
        roles = decoder.filled_roles(text, pairs.argument_pairs, pairs.argument_scores_PK)
        entities, triggers, arguments = (
            [place[span] for span in of_kind]
            for of_kind in (text.entities, text.triggers, text.arguments)
        )
        candidates.append(
            Candidates(
                spans,
                [p._replace(head=entities[p.head], tail=entities[p.tail]) for p in relations],
                [p._replace(head=triggers[p.head], tail=arguments[p.tail]) for p in roles],
            )
        )
    return candidates


def _surest_of_each_kind(spans: list[LabelledSpan], decoder: Decoder) -> list[LabelledSpan]:
    """Keep as many spans of each kind as could be kept of all kinds by any threshold."""
    kinds = [label.kind for label in decoder.labels.span_labels]
    by_kind = {kind: [s for s in spans if kinds[s.label] == kind] for kind in set(kinds)}
    return sorted(span for of_kind in by_kind.values() for span in surest(of_kind))
