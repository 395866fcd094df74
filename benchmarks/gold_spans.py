"""The relation between two gold spans whose types are hidden: how `finetune` trains and scores it.

A set of this kind knows one ordered pair a document. The answer is the relation with the highest
score; a pair that the tokenizer cannot locate has none and counts as wrong.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from figures import Figure
from lexloom.annotations.document import AnnotatedDocument
from lexloom.batches.spans import collate_texts, length_buckets
from lexloom.extract.bootstrap import f1_of, percentile_interval, resampled_counts
from lexloom.extract.fit import SpanTask
from lexloom.extract.score import NUM_RESAMPLES
from lexloom.tokens.units import EncodedText, unit_span

HIDDEN_TYPE = "entity"
CORRECT, GUESSED, GOLD = range(3)


def hide_types(document: AnnotatedDocument) -> AnnotatedDocument:
    """Make all entities be of one type."""
    entities = tuple(replace(entity, type=HIDDEN_TYPE) for entity in document.entities)
    return replace(document, entities=entities)


class GoldSpanTask(SpanTask):
    """A task whose epochs are judged by the relations named between gold spans."""

    def evaluate(self) -> dict[str, float]:
        """Give the share of the dev pairs whose relation is named rightly."""
        counts_DC3 = count_guesses(self, self.dev)
        accuracy = float(counts_DC3[..., CORRECT].sum() / len(self.dev))
        return {"score": accuracy, "accuracy": accuracy}


def score_gold_spans(task: SpanTask, documents: Sequence[AnnotatedDocument]) -> list[Figure]:
    """Give accuracy, which is micro-F1 for one answer a pair, and macro-F1 over the relations."""
    counts_DC3 = count_guesses(task, documents)
    sums_RC3 = resampled_counts(counts_DC3, num_resamples=NUM_RESAMPLES, seed=0)
    accuracy = counts_DC3[..., CORRECT].sum() / len(documents)
    accuracies_R = sums_RC3[..., CORRECT].sum(-1) / len(documents)
    macro_f1 = np.nanmean(f1_of(counts_DC3.sum(0).astype(np.float64)))
    macro_R = np.nanmean(f1_of(sums_RC3), axis=-1)
    figures = []
    for key, value, resampled_R in [
        ("accuracy", accuracy, accuracies_R),
        ("macro_f1", macro_f1, macro_R),
    ]:
        interval = percentile_interval(resampled_R)
        figures.append(
            {
                "protocol": f"relation_of_gold_spans_{key}",
                "entity_types": "hidden",
                "window": "whole document",
                "num_pairs": len(documents),
                "num_not_located": int((counts_DC3[..., GUESSED].sum(-1) == 0).sum()),
                "value": float(value),
                "interval": [interval.low, interval.high],
            }
        )
    return figures


def count_guesses(task: SpanTask, documents: Sequence[AnnotatedDocument]) -> NDArray[np.int64]:
    """Count, for each document and relation, what is correct, guessed and gold."""
    index = task.labels.pair_index("relation")
    counts_DC3 = np.zeros((len(documents), len(index), 3), dtype=np.int64)
    guesses = guess_relations(task, documents)
    for row, (document, guess) in enumerate(zip(documents, guesses, strict=True)):
        (relation,) = document.relations
        gold = index[relation.type]
        counts_DC3[row, gold, GOLD] = 1
        if guess is not None:
            counts_DC3[row, guess, GUESSED] = 1
            counts_DC3[row, gold, CORRECT] = guess == gold
    return counts_DC3


def guess_relations(task: SpanTask, documents: Sequence[AnnotatedDocument]) -> list[int | None]:
    """Give the likeliest relation of each document's pair; None where it cannot be located."""
    reader = task.reader
    reader.model.eval()
    vectors = reader.encode_labels(task.labels)
    encoded = reader.tokenizer.encode([document.text for document in documents])
    pad_token_id = reader.model.config.encoder.pad_token_id
    guesses: list[int | None] = [None] * len(documents)
    lengths = [len(text.input_ids) for text in encoded]
    for batch in length_buckets(lengths, max_tokens=reader.max_batch_tokens):
        ends = [gold_ends(documents[number], encoded[number]) for number in batch]
        rows = [(row, *pair) for row, pair in enumerate(ends) if pair is not None]
        texts = collate_texts([encoded[number] for number in batch], pad_token_id=pad_token_id)
        with torch.inference_mode():
            scores_PK = reader.score_pairs(reader.model.encode(texts), rows, vectors)
        for (row, *_), best in zip(rows, scores_PK.argmax(1).tolist(), strict=True):
            guesses[batch[row]] = best
    return guesses


def gold_ends(document: AnnotatedDocument, encoded: EncodedText) -> tuple[int, ...] | None:
    """Give the first and last unit of the pair's head, then of its tail."""
    spans = {entity.id: (entity.start, entity.end) for entity in document.entities}
    ((head, tail),) = document.scope.known_pairs or ()
    first, second = unit_span(encoded, *spans[head]), unit_span(encoded, *spans[tail])
    return None if first is None or second is None else (*first, *second)
