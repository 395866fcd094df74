"""The relation between two gold spans whose types are hidden: how `finetune` trains and scores it.

A document of such a set has one pair of spans, known in one order (DeepKE) or in both (SemEval).
The answer is the relation, with its direction where both orders are known, that has the highest
score; where some documents have none, it must reach a threshold that is chosen on dev. A pair that
the tokenizer cannot locate has no answer.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import torch
from numpy.typing import NDArray

from figures import Figure
from lexloom.annotations.document import AnnotatedDocument
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.task import SpanTask
from lexloom.extract.thresholds import THRESHOLDS
from lexloom.tokens.units import EncodedText, unit_span
from relation_answers import NO_RELATION, AnswerScore, score_answers

HIDDEN_TYPE = "entity"
DIRECTIONS = ("(e1,e2)", "(e2,e1)")
Ends = tuple[int, ...]
"""The first and last unit of a pair's head, then of its tail."""


def hide_types(document: AnnotatedDocument) -> AnnotatedDocument:
    """Make all entities be of one type."""
    entities = tuple(replace(entity, type=HIDDEN_TYPE) for entity in document.entities)
    return replace(document, entities=entities)


class GoldSpanTask(SpanTask):
    """A task whose epochs are judged by the relations named between gold spans."""

    def evaluate(self) -> dict[str, float]:
        """Give the macro-F1 of the answers on dev, by which the epoch is chosen, and accuracy."""
        found = self._score(self.decode.relation_threshold, score_pairs(self, self.dev))
        return {"score": found.macro_f1, "accuracy": found.accuracy, "macro_f1": found.macro_f1}

    def choose_threshold(self) -> None:
        """Take the threshold that is best on dev, the one nearest to zero of several."""
        scores = score_pairs(self, self.dev)
        tried = {value: self._score(value, scores).macro_f1 for value in THRESHOLDS}
        best = max(tried, key=lambda value: (tried[value], -abs(value)))
        self.decode = replace(self.decode, relation_threshold=best)

    def _score(self, threshold: float, scores: Sequence[NDArray[np.float32] | None]) -> AnswerScore:
        answers = choose_answers(self, scores, threshold)
        return score_answers([*map(gold_label, self.dev)], answers, num_resamples=1)


def score_gold_spans(task: SpanTask, documents: Sequence[AnnotatedDocument]) -> list[Figure]:
    """Give accuracy, which is micro-F1 where each document has a relation, and macro-F1."""
    scores = score_pairs(task, documents)
    answers = choose_answers(task, scores, task.decode.relation_threshold)
    found = score_answers([*map(gold_label, documents)], answers)
    common: Figure = {
        "entity_types": "hidden",
        "window": "whole document",
        "num_pairs": len(documents),
        "num_not_located": sum(row is None for row in scores),
    }
    return [
        {"protocol": "relation_of_gold_spans_accuracy", **common}
        | {"value": found.accuracy, "interval": [*asdict(found.accuracy_interval).values()]},
        {"protocol": "relation_of_gold_spans_macro_f1", **common}
        | {"precision": found.precision, "recall": found.recall}
        | {"value": found.macro_f1, "interval": [*asdict(found.macro_f1_interval).values()]},
    ]


def gold_label(document: AnnotatedDocument) -> str:
    """Give the label of a document's pair."""
    if not document.relations:
        return NO_RELATION
    (relation,) = document.relations
    pairs = document.scope.known_pairs or ()
    return _label(relation.type, pairs.index((relation.head, relation.tail)), len(pairs))


def _label(relation: str, place: int, num_pairs: int) -> str:
    return relation + (DIRECTIONS[place] if num_pairs > 1 else "")


def choose_answers(
    task: SpanTask, scores: Sequence[NDArray[np.float32] | None], threshold: float
) -> list[str | None]:
    """Give the likeliest label of each pair; None where the tokenizer cannot locate it."""
    names = list(task.labels.pair_index("relation"))
    has_negatives = any(not document.relations for document in task.dev)
    answers: list[str | None] = []
    for scores_PK in scores:
        if scores_PK is None:
            answers.append(NO_RELATION if has_negatives else None)
        elif has_negatives and scores_PK.max() < threshold:
            answers.append(NO_RELATION)
        else:
            place, relation = np.unravel_index(int(scores_PK.argmax()), scores_PK.shape)
            answers.append(_label(names[relation], int(place), len(scores_PK)))
    return answers


def score_pairs(
    task: SpanTask, documents: Sequence[AnnotatedDocument]
) -> list[NDArray[np.float32] | None]:
    """Score each document's known pairs, shape ``(P, K)``; None where they cannot be located."""
    reader = task.reader
    reader.model.eval()
    vectors = reader.encode_labels(task.labels)
    encoded = reader.tokenizer.encode([document.text for document in documents])
    pad_token_id = reader.model.config.encoder.pad_token_id
    found: list[NDArray[np.float32] | None] = [None] * len(documents)
    lengths = [len(text.input_ids) for text in encoded]
    for batch in length_buckets(lengths, max_tokens=reader.max_batch_tokens):
        ends = [gold_ends(documents[number], encoded[number]) for number in batch]
        rows = [(row, *pair) for row, pairs in enumerate(ends) for pair in pairs]
        texts = collate_texts([encoded[number] for number in batch], pad_token_id=pad_token_id)
        with torch.inference_mode():
            scores_PK = reader.score_pairs(reader.model.encode(texts), rows, vectors)
        row_of_P = np.array([row for row, *_ in rows])
        for row, number in enumerate(batch):
            if ends[row]:
                found[number] = scores_PK[row_of_P == row]
    return found


def gold_ends(document: AnnotatedDocument, encoded: EncodedText) -> list[Ends]:
    """Give the ends of each known pair; nothing where a span cuts through a unit."""
    spans = {entity.id: (entity.start, entity.end) for entity in document.entities}
    ends: list[Ends] = []
    for head, tail in document.scope.known_pairs or ():
        first, second = unit_span(encoded, *spans[head]), unit_span(encoded, *spans[tail])
        if first is None or second is None:
            return []
        ends.append((*first, *second))
    return ends
