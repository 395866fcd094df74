"""The score of one relation a sentence, as the official scorer of SemEval-2010 Task 8 takes it.

An answer is a label: a relation, with its direction where it has one, such as
``Cause-Effect(e2,e1)``; ``Other`` is that there is none. Precision, recall and F1 of a relation
count both of its directions together, and an answer with the wrong direction is wrong; the macro
average is over the relations of the gold answers without ``Other`` (Hendrickx et al., 2010).

Dimensions: D documents, K relations, R resamples; the last axis is correct, answered, gold.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.extract.bootstrap import Interval, percentile_interval, resampled_counts
from lexloom.extract.score import NUM_RESAMPLES

NO_RELATION = "Other"
DIRECTION = re.compile(r"\(e[12],e[12]\)$")
CORRECT, ANSWERED, GOLD = range(3)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """How good the answers are; an answer of None is wrong whatever is asked."""

    accuracy: float
    accuracy_interval: Interval
    precision: float
    """Macro average, as recall and F1."""
    recall: float
    macro_f1: float
    macro_f1_interval: Interval


def relation_of(label: str) -> str:
    """Give a label without its direction."""
    return DIRECTION.sub("", label)


def count_answers(gold: Sequence[str], answers: Sequence[str | None]) -> NDArray[np.int64]:
    """Count for each document and each relation of gold or answers, ``Other`` left out."""
    named = [*gold, *(answer for answer in answers if answer is not None)]
    relations = [name for name in dict.fromkeys(map(relation_of, named)) if name != NO_RELATION]
    column = {name: number for number, name in enumerate(relations)}
    counts_DK3 = np.zeros((len(gold), len(relations), 3), dtype=np.int64)
    for row, (label, answer) in enumerate(zip(gold, answers, strict=True)):
        if label != NO_RELATION:
            counts_DK3[row, column[relation_of(label)], GOLD] = 1
        if answer is not None and answer != NO_RELATION:
            counts_DK3[row, column[relation_of(answer)], ANSWERED] = 1
            counts_DK3[row, column[relation_of(answer)], CORRECT] = answer == label
    return counts_DK3


def macro_averages(counts_xK3: FloatArray) -> FloatArray:
    """Give precision, recall and F1 as means over the relations with gold, shape ``(..., 3)``."""
    correct, answered, gold = np.moveaxis(counts_xK3, -1, 0)
    precision = np.divide(correct, answered, out=np.zeros_like(correct), where=answered > 0)
    recall = np.divide(correct, gold, out=np.zeros_like(correct), where=gold > 0)
    total = answered + gold
    f1 = np.divide(2 * correct, total, out=np.zeros_like(correct), where=total > 0)
    stacked = np.stack([precision, recall, f1], axis=-1)
    has_gold = (gold > 0)[..., None]
    num_relations = np.maximum(has_gold.sum(axis=-2), 1)
    means: FloatArray = (stacked * has_gold).sum(axis=-2) / num_relations
    return means


def score_answers(
    gold: Sequence[str], answers: Sequence[str | None], *, num_resamples: int = NUM_RESAMPLES
) -> AnswerScore:
    """Score answers, with bootstrap 95 % intervals over documents."""
    counts_DK3 = count_answers(gold, answers)
    right_D = np.array([answer == label for label, answer in zip(gold, answers, strict=True)])
    resampled_RK3 = resampled_counts(counts_DK3, num_resamples=num_resamples, seed=0)
    right_R = resampled_counts(right_D[:, None], num_resamples=num_resamples, seed=0)[:, 0]
    precision, recall, macro_f1 = macro_averages(counts_DK3.sum(0).astype(np.float64)).tolist()
    return AnswerScore(
        accuracy=float(right_D.mean()),
        accuracy_interval=percentile_interval(right_R / len(gold)),
        precision=precision,
        recall=recall,
        macro_f1=macro_f1,
        macro_f1_interval=percentile_interval(macro_averages(resampled_RK3)[:, 2]),
    )
