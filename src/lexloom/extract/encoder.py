"""The encoder engine's forward path: texts in, scored facts out, batches by length.

`decode` decides what is kept; `extractor` feeds it documents and makes records.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.annotations.labels import LabelSet
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.decode import Decoder, LabelledSpan, TextFacts, TextSpans
from lexloom.extract.label_texts import asked_texts
from lexloom.extract.merge import (
    FoundArgument,
    FoundEvent,
    FoundMention,
    FoundRelation,
    WindowFacts,
)
from lexloom.extract.ornaments import without_outer_ornaments
from lexloom.extract.windows import Window
from lexloom.logs import get_logger
from lexloom.models.span_extractor import SpanExtractor, UnitStates
from lexloom.nn.kernels.spans import find_spans
from lexloom.tokens.units import EncodedText, UnitTokenizer

MAX_SPANS_PER_TEXT = 128
"""Spans that are kept of one window: its pairs are as many as the square of this."""
PAIRS_AT_ONCE = 2048
"""Pairs that are scored together: a list of many names has more than memory should hold."""
DESCRIPTION_SHARE = 1 / 3
"""How far the vector of a label that was not trained is moved from that of its words towards that
of its descriptions; chosen on train splits that no training saw, where a half was worse for long
descriptions and none for short words."""

_log = get_logger(__name__)

Pair = tuple[int, int]
EncodedWindow = tuple[Window, EncodedText]
PendingFacts = Callable[[], list[WindowFacts]]
"""Waits until windows have been read, and gives their facts in their order."""


@dataclass(frozen=True, slots=True)
class LabelVectors:
    """A schema's labels as the model reads them; computed once a schema."""

    spans_CD: Tensor
    pairs_KD: Tensor


class SpanReader:
    """A model, its tokenizer and how many tokens it takes at a time."""

    def __init__(
        self,
        model: SpanExtractor,
        tokenizer: UnitTokenizer,
        *,
        max_batch_tokens: int = 4096,
        num_workers: int = 1,
    ) -> None:
        """Keep what reading needs.

        Args:
            model: The model.
            tokenizer: Its tokenizer.
            max_batch_tokens: Most tokens of a batch, padding counted.
            num_workers: Batches that are read at once, each by one thread: sentences are too short
                to be shared among threads without loss.
        """
        self.model, self.tokenizer = model, tokenizer
        self.max_batch_tokens = max_batch_tokens
        self._pool = ThreadPoolExecutor(num_workers, initializer=_one_thread)

    @property
    def max_tokens(self) -> int:
        """The most tokens a text may have."""
        return self.model.config.encoder.max_position_embeddings

    def encode_labels(self, labels: LabelSet) -> LabelVectors:
        """Read the labels' words and, where the model was trained without a label, descriptions.

        Raises:
            SchemaError: If a label's words are more than what the model reads.
        """
        asked = asked_texts(labels, self.tokenizer, self.max_tokens)
        if not asked:
            empty = self.model.shapes.weight[:0]
            return LabelVectors(spans_CD=empty, pairs_KD=empty)
        pad = self.model.config.encoder.pad_token_id
        self.model.eval()
        with torch.inference_mode():
            texts = [text for label in asked for text in label]
            read_TD = self.model.encode_labels(collate_texts(texts, pad_token_id=pad))
            parts = torch.split(read_TD, [*map(len, asked)])
            vectors = torch.stack([_label_vector(part) for part in parts])
        count = len(labels.span_labels)
        return LabelVectors(spans_CD=vectors[:count], pairs_KD=vectors[count:])

    def read(
        self, windows: Sequence[EncodedWindow], decoder: Decoder, vectors: LabelVectors
    ) -> list[WindowFacts]:
        """Find the facts of windows, each of at most `max_tokens` tokens, in their order."""
        return self.start(windows, decoder, vectors)()

    def start(
        self, windows: Sequence[EncodedWindow], decoder: Decoder, vectors: LabelVectors
    ) -> PendingFacts:
        """Begin to find the facts of windows, and give what waits for them; see `read`."""
        self.model.eval()
        lengths = [len(text.input_ids) for _, text in windows]
        batches = list(length_buckets(lengths, max_tokens=self.max_batch_tokens))
        # the longest first, so that no worker is left with one at the end
        batches.reverse()
        found = self._pool.map(
            lambda batch: self._read_batch([windows[index] for index in batch], decoder, vectors),
            batches,
        )

        def wait() -> list[WindowFacts]:
            facts: dict[int, WindowFacts] = {}
            for batch, results in zip(batches, found, strict=True):
                facts.update(zip(batch, results, strict=True))
            # a worker's setting reaches one of the libraries for all threads: set it back
            torch.set_num_threads(torch.get_num_threads())
            return [facts[index] for index in range(len(windows))]

        return wait

    def _read_batch(
        self, windows: Sequence[EncodedWindow], decoder: Decoder, vectors: LabelVectors
    ) -> list[WindowFacts]:
        texts = [text for _, text in windows]
        pad = self.model.config.encoder.pad_token_id
        with torch.inference_mode():
            states = self.model.encode(collate_texts(texts, pad_token_id=pad))
            spans = self.find_spans(states, texts, decoder, vectors)
            found = [_surest_said(of_text) for of_text in spans]
            kept = [decoder.sort_spans(spans) for spans in found]
            scored = self.score_text_pairs(states, kept, decoder, vectors)
        facts = [_kept_facts(*row, decoder) for row in zip(kept, scored, strict=True)]
        return [window_facts(*row, decoder) for row in zip(windows, facts, strict=True)]

    def find_spans(
        self,
        states: UnitStates,
        texts: Sequence[EncodedText],
        decoder: Decoder,
        vectors: LabelVectors,
    ) -> list[list[LabelledSpan]]:
        """Give the spans of each text that score above their labels' thresholds, ascending."""
        spans: list[list[LabelledSpan]] = [[] for _ in range(len(states.mask_BU))]
        if not len(vectors.spans_CD):
            return spans
        terms = self.model.spans.terms(states.h_BUD, vectors.spans_CD)
        thresholds_C = torch.from_numpy(decoder.span_thresholds_C)
        places_S4, scores_S = find_spans(terms, states.mask_BU.sum(1), thresholds_C)
        for (row, label, first, last), score in zip(
            places_S4.tolist(), scores_S.tolist(), strict=True
        ):
            spans[row].append(LabelledSpan(label, first, last, score))
        if decoder.config.outer_ornaments:
            return spans
        return [
            without_outer_ornaments(of_text, text.ornament_units)
            if text.ornament_units
            else of_text
            for of_text, text in zip(spans, texts, strict=True)
        ]

    def score_text_pairs(
        self, states: UnitStates, kept: Sequence[TextSpans], decoder: Decoder, vectors: LabelVectors
    ) -> "list[TextPairs]":
        """Score the pairs of each text's spans that the schema allows."""
        entity_pairs = [decoder.entity_pairs(spans.entities) for spans in kept]
        argument_pairs = [decoder.argument_pairs(spans) for spans in kept]
        rows = [
            (row, *spans.entities[i][1:3], *spans.entities[j][1:3])
            for row, spans in enumerate(kept)
            for i, j in entity_pairs[row]
        ]
        num_entity_pairs = len(rows)
        rows += [
            (row, *spans.triggers[i][1:3], *spans.arguments[j][1:3])
            for row, spans in enumerate(kept)
            for i, j in argument_pairs[row]
        ]
        scores_PK = self.score_pairs(states, rows, vectors)
        entity_ends = np.cumsum([len(pairs) for pairs in entity_pairs])
        argument_ends = num_entity_pairs + np.cumsum([len(pairs) for pairs in argument_pairs])
        return [
            TextPairs(
                entity_pairs[row],
                scores_PK[entity_ends[row] - len(entity_pairs[row]) : entity_ends[row]],
                argument_pairs[row],
                scores_PK[argument_ends[row] - len(argument_pairs[row]) : argument_ends[row]],
            )
            for row in range(len(kept))
        ]

    def score_pairs(
        self, states: UnitStates, rows: Sequence[tuple[int, ...]], vectors: LabelVectors
    ) -> NDArray[np.float32]:
        """Score pairs ``(text, head first, last, tail first, last)``, shape ``(P, K)``."""
        if not rows or not len(vectors.pairs_KD):
            return np.zeros((len(rows), len(vectors.pairs_KD)), dtype=np.float32)
        pairs_P5 = torch.tensor(rows, dtype=torch.long)
        parts = (pairs_P5[at : at + PAIRS_AT_ONCE] for at in range(0, len(rows), PAIRS_AT_ONCE))
        scores = [self.model.pairs(states, part, vectors.pairs_KD) for part in parts]
        joined: NDArray[np.float32] = torch.cat(scores).float().numpy()
        return joined


def _label_vector(texts_TD: Tensor) -> Tensor:
    """Give one vector for the words of a label and the texts that describe it."""
    words_D, described_TD = texts_TD[0], texts_TD[1:]
    return words_D.lerp(described_TD.mean(0), DESCRIPTION_SHARE) if len(described_TD) else words_D


def surest(spans: list[LabelledSpan]) -> list[LabelledSpan]:
    """Give the likeliest spans of a text, as many as are kept of one."""
    if len(spans) <= MAX_SPANS_PER_TEXT:
        return spans
    return sorted(sorted(spans, key=lambda s: -s.score)[:MAX_SPANS_PER_TEXT])


def _surest_said(spans: list[LabelledSpan]) -> list[LabelledSpan]:
    """Give the likeliest spans, and log when there are more: the model is lost in the text."""
    if len(spans) > MAX_SPANS_PER_TEXT:
        _log.warning(
            "%d spans in one window; the likeliest %d are kept", len(spans), MAX_SPANS_PER_TEXT
        )
    return surest(spans)


class TextPairs(NamedTuple):
    """The scored pairs of one text."""

    entity_pairs: list[Pair]
    entity_scores_PK: NDArray[np.float32]
    argument_pairs: list[Pair]
    argument_scores_PK: NDArray[np.float32]


def _kept_facts(spans: TextSpans, pairs: TextPairs, decoder: Decoder) -> TextFacts:
    entities = spans.entities
    return TextFacts(
        spans,
        decoder.relations(entities, pairs.entity_pairs, pairs.entity_scores_PK),
        decoder.arguments(spans, pairs.argument_pairs, pairs.argument_scores_PK),
    )


def window_facts(encoded: EncodedWindow, kept: TextFacts, decoder: Decoder) -> WindowFacts:
    """Give what is kept in a window with offsets into the whole text, and with confidences."""
    window, text = encoded
    spans, confidence = kept.spans, decoder.confidence
    span_labels, pair_labels = decoder.labels.span_labels, decoder.labels.pair_labels

    def place(span: LabelledSpan) -> tuple[int, int]:
        first, last = int(text.starts[span.first]), int(text.ends[span.last])
        return window.start + first, window.start + last

    mentions = tuple(
        FoundMention(span_labels[s.label].name, *place(s), confidence("entity", s.score))
        for s in spans.entities
    )
    relations = tuple(
        FoundRelation(pair_labels[p.label].name, p.head, p.tail, confidence("relation", p.score))
        for p in kept.relations
    )
    arguments: list[list[FoundArgument]] = [[] for _ in spans.triggers]
    for pair in kept.arguments:
        span = spans.arguments[pair.tail]
        sure = confidence("argument", min(pair.score, span.score))
        arguments[pair.head].append(FoundArgument(pair_labels[pair.label].name, *place(span), sure))
    events = tuple(
        FoundEvent(
            span_labels[trigger.label].name,
            *place(trigger),
            arguments=tuple(found),
            confidence=confidence("trigger", trigger.score),
        )
        for trigger, found in zip(spans.triggers, arguments, strict=True)
    )
    return WindowFacts(window, mentions, relations, events)


def _one_thread() -> None:
    """Keep a worker's tensor operations to its own thread."""
    torch.set_num_threads(1)


def whole_text(text: str) -> Window:
    """Give the window that is a whole text."""
    return Window(0, len(text), 0, len(text))
