"""Annotated texts to batches of typed spans and typed pairs, for the span extractor.

What annotators did not look for is marked unknown, so that the loss leaves it out; it is never
counted as absent.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import Label, LabelSet
from lexloom.nn.text_batch import TextBatch
from lexloom.seeds import generator
from lexloom.tokens.units import EncodedText, UnitTokenizer, unit_span

POOL_BATCHES = 16
"""Batches' worth of shuffled examples that are sorted by length at a time."""

UnitSpan = tuple[int, int]
Pair = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SpanExample:
    """One annotated text as numbers; spans are (first unit, last unit)."""

    encoded: EncodedText
    spans: tuple[tuple[int, int, int], ...]
    """Gold spans: label, first unit, last unit."""
    known_labels: NDArray[np.bool_]
    """True where the annotators looked for the span label, shape ``(C,)``."""
    all_mentions: bool
    """False when only the gold spans themselves are known."""
    partial_labels: NDArray[np.bool_]
    """True for labels of which only some spans are marked even so, shape ``(C,)``."""
    pairs: dict[Pair, frozenset[int]]
    """Every pair of spans that is known, with its labels."""
    known_pair_labels: NDArray[np.bool_]
    """True where the annotators looked for the pair label, shape ``(K,)``."""
    open_pairs: bool
    """True when any other pair of spans is known to hold no relation."""
    num_lost: int
    """Gold facts that could not be kept, for a span cuts through a unit."""


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """A padded batch with its targets; see `SpanExample`."""

    texts: TextBatch
    spans_S4: Tensor
    """Gold spans: text, label, first unit, last unit; int64."""
    known_labels_BC: Tensor
    all_mentions_BC: Tensor
    """True where every span of a label is marked."""
    pairs_P5: Tensor
    """Known pairs: text, head first, head last, tail first, tail last; int64."""
    pair_targets_PK: Tensor
    known_pair_labels_BK: Tensor
    open_pairs_B: Tensor

    @property
    def num_texts(self) -> int:
        """How many texts the batch holds."""
        return len(self.all_mentions_BC)

    @property
    def num_tokens(self) -> int:
        """How many tokens they have."""
        return int(self.texts.attention_mask_BT.sum())

    @property
    def num_targets(self) -> dict[str, int]:
        """By what each loss is divided: the texts, whatever they hold."""
        return {"spans": self.num_texts, "pairs": self.num_texts}


def make_example(
    document: AnnotatedDocument, encoded: EncodedText, labels: LabelSet
) -> SpanExample:
    """Number one annotated text's facts."""
    builder = _ExampleBuilder(document, encoded, labels)
    builder.add_entities()
    builder.add_relations()
    builder.add_events()
    return builder.example()


def make_examples(
    documents: Sequence[AnnotatedDocument], tokenizer: UnitTokenizer, labels: LabelSet
) -> list[SpanExample]:
    """Encode and number annotated texts; those without a unit are left out."""
    encoded = tokenizer.encode([document.text for document in documents])
    return [
        make_example(document, text, labels)
        for document, text in zip(documents, encoded, strict=True)
        if text.num_units
    ]


class _ExampleBuilder:
    """Collect the targets of one text."""

    def __init__(self, document: AnnotatedDocument, encoded: EncodedText, labels: LabelSet) -> None:
        self.document, self.encoded, self.labels = document, encoded, labels
        self.spans: set[tuple[int, int, int]] = set()
        self.pairs: dict[Pair, set[int]] = {}
        self.num_lost = 0

    def _locate(self, start: int, end: int) -> UnitSpan | None:
        span = unit_span(self.encoded, start, end)
        self.num_lost += span is None
        return span

    def add_entities(self) -> None:
        """Take the typed mentions whose type is asked for."""
        index = self.labels.span_index("entity")
        self.of_entity: dict[str, UnitSpan] = {}
        for entity in self.document.entities:
            span = self._locate(entity.start, entity.end)
            if span is not None:
                self.of_entity[entity.id] = span
                if entity.type in index:
                    self.spans.add((index[entity.type], *span))

    def add_relations(self) -> None:
        """Take the known pairs of mentions, with the relations between them."""
        index = self.labels.pair_index("relation")
        known = self.document.scope.known_pairs
        if known is None and self.document.scope.relation_types == ():
            known = ()  # many pairs of which nothing is known
        for head, tail in permutations(self.of_entity, 2) if known is None else known:
            if head in self.of_entity and tail in self.of_entity and index:
                self._pair(self.of_entity[head], self.of_entity[tail])
        for relation in self.document.relations:
            head_span, tail_span = (
                self.of_entity.get(relation.head),
                self.of_entity.get(relation.tail),
            )
            if head_span is None or tail_span is None:
                self.num_lost += 1
            elif relation.type in index and head_span != tail_span:
                self._pair(head_span, tail_span).add(index[relation.type])

    def add_events(self) -> None:
        """Take triggers, arguments, and the pairs of any trigger with any argument."""
        events, roles = self.labels.span_index("event"), self.labels.span_index("role")
        role_pairs = self.labels.pair_index("role")
        triggers: list[UnitSpan] = []
        arguments: list[UnitSpan] = []
        links: list[tuple[UnitSpan, UnitSpan, int]] = []
        for event in self.document.events:
            trigger = self._locate(event.trigger.start, event.trigger.end)
            if trigger is None or event.type not in events:
                continue
            triggers.append(trigger)
            self.spans.add((events[event.type], *trigger))
            for argument in event.arguments:
                span = self._locate(argument.start, argument.end)
                if span is not None and argument.role in roles:
                    arguments.append(span)
                    self.spans.add((roles[argument.role], *span))
                    links.append((trigger, span, role_pairs[argument.role]))
        for trigger in triggers:
            for span in arguments:
                self._pair(trigger, span)
        for trigger, span, role in links:
            self._pair(trigger, span).add(role)

    def _pair(self, head: UnitSpan, tail: UnitSpan) -> set[int]:
        return self.pairs.setdefault((*head, *tail), set())

    def example(self) -> SpanExample:
        """Give the finished example."""
        scope = self.document.scope
        looked_for = {
            "entity": _set(scope.entity_types),
            "event": _set(scope.event_types),
            "relation": _set(scope.relation_types),
            "role": None if scope.event_types is None or scope.event_types else frozenset[str](),
        }

        def known(labels: Sequence[Label]) -> NDArray[np.bool_]:
            kinds = [(looked_for[label.kind], label.name) for label in labels]
            return np.array([names is None or name in names for names, name in kinds], dtype=bool)

        return SpanExample(
            encoded=self.encoded,
            spans=tuple(sorted(self.spans)),
            known_labels=known(self.labels.span_labels),
            all_mentions=scope.all_mentions,
            partial_labels=np.array(
                [
                    label.kind == "entity" and label.name in scope.partial_types
                    for label in self.labels.span_labels
                ],
                dtype=bool,
            ),
            pairs={pair: frozenset(labels) for pair, labels in self.pairs.items()},
            known_pair_labels=known(self.labels.pair_labels),
            open_pairs=scope.known_pairs is None,
            num_lost=self.num_lost,
        )


def _set(names: Sequence[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def collate_texts(texts: Sequence[EncodedText], *, pad_token_id: int) -> TextBatch:
    """Pad encoded texts into one batch."""
    num_tokens = max(len(text.input_ids) for text in texts)
    num_units = max(1, *(text.num_units for text in texts))
    shape = (len(texts), num_tokens)
    input_ids = np.full(shape, pad_token_id, dtype=np.int64)
    mask, shapes = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    units = np.full(shape, num_units, dtype=np.int64)
    for row, text in enumerate(texts):
        length = len(text.input_ids)
        input_ids[row, :length] = text.input_ids
        mask[row, :length] = 1
        shapes[row, :length] = text.shape_ids
        units[row, :length] = np.where(text.unit_ids < 0, num_units, text.unit_ids)
    return TextBatch(
        input_ids_BT=torch.from_numpy(input_ids),
        attention_mask_BT=torch.from_numpy(mask),
        unit_ids_BT=torch.from_numpy(units),
        shape_ids_BT=torch.from_numpy(shapes),
        num_units_B=torch.tensor([text.num_units for text in texts]),
    )


def collate(
    examples: Sequence[SpanExample], *, pad_token_id: int, num_pair_labels: int
) -> SpanBatch:
    """Pad examples into one batch with its targets."""
    spans = [(row, *span) for row, example in enumerate(examples) for span in example.spans]
    pairs = [(row, *pair) for row, example in enumerate(examples) for pair in example.pairs]
    labels = [held for example in examples for held in example.pairs.values()]
    targets = np.zeros((len(pairs), num_pair_labels), dtype=bool)
    for number, held in enumerate(labels):
        targets[number, list(held)] = True
    return SpanBatch(
        texts=collate_texts([e.encoded for e in examples], pad_token_id=pad_token_id),
        spans_S4=torch.tensor(spans, dtype=torch.long).view(-1, 4),
        known_labels_BC=torch.from_numpy(np.stack([e.known_labels for e in examples])),
        all_mentions_BC=torch.from_numpy(
            np.stack([e.all_mentions & ~e.partial_labels for e in examples])
        ),
        pairs_P5=torch.tensor(pairs, dtype=torch.long).view(-1, 5),
        pair_targets_PK=torch.from_numpy(targets),
        known_pair_labels_BK=torch.from_numpy(np.stack([e.known_pair_labels for e in examples])),
        open_pairs_B=torch.tensor([e.open_pairs for e in examples]),
    )


def epoch_order(
    lengths: Sequence[int],
    *,
    seed: int,
    epoch: int,
    batch_size: int,
    groups: Sequence[Hashable] | None = None,
) -> list[list[int]]:
    """Give one epoch's batches as indices: shuffled, with similar lengths together.

    The order is a pure function of its arguments, so that a position in training is (epoch, step).

    Args:
        lengths: The length of each example.
        seed: Another seed gives another order.
        epoch: Another epoch too.
        batch_size: Most examples of a batch.
        groups: The group of each example; a batch holds examples of one group.
    """
    shuffle = generator(seed, "epoch", epoch)
    members: dict[Hashable, list[int]] = {}
    for index in range(len(lengths)):
        members.setdefault(groups[index] if groups else None, []).append(index)
    pool = batch_size * POOL_BATCHES
    batches: list[list[int]] = []
    for order in members.values():
        shuffle.shuffle(order)
        for start in range(0, len(order), pool):
            chunk = sorted(order[start : start + pool], key=lambda index: lengths[index])
            batches += [chunk[at : at + batch_size] for at in range(0, len(chunk), batch_size)]
    shuffle.shuffle(batches)
    return batches


def length_buckets(lengths: Sequence[int], *, max_tokens: int) -> Iterator[list[int]]:
    """Give batches of indices, shortest texts first, each of at most `max_tokens` with padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[index] > max_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
