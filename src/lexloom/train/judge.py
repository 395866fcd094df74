"""Compare what a model with a head says of annotated texts with their annotation.

`label_scores` has the measures, `predict` runs the model.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lexloom.annotations.labelled import LabelledText
from lexloom.annotations.tagged import TaggedWords
from lexloom.batches.labelled import Text, encode_texts
from lexloom.errors import AnnotationError
from lexloom.models.head_files import HeadFiles
from lexloom.models.labellers import Labeller
from lexloom.train.label_scores import ClassScores, NumberScores, Scorer, TagScores
from lexloom.train.predict import run_model, tag_words


def inputs_of(items: Sequence[LabelledText]) -> list[Text]:
    """Give what the model reads of each item."""
    return [item.text if item.pair is None else (item.text, item.pair) for item in items]


def class_numbers(items: Sequence[LabelledText], labels: Sequence[str]) -> NDArray[np.int64]:
    """Give the number of each item's label.

    Raises:
        AnnotationError: If the model does not know a label.
    """
    numbers = {label: number for number, label in enumerate(labels)}
    for item in items:
        if item.label not in numbers:
            raise AnnotationError(
                f"{item.where}: the label {item.label!r} is none of those that were learnt",
                hint=f"known: {', '.join(labels)[:200]}",
            )
    return np.array([numbers[item.label] for item in items], dtype=np.int64)


def judge_texts(
    files: HeadFiles, items: Sequence[LabelledText], *, scale: float = 1.0, shift: float = 0.0
) -> Scorer:
    """Judge a classifier's labels, or a regressor's scores as ``scale * score + shift``.

    Raises:
        AnnotationError: If a label is unknown, or a score no number.
    """
    labels = files.config.labels
    is_score = files.config.task == "regressor"
    gold = None if is_score else class_numbers(items, labels)
    scores = np.array([item.score for item in items]) if is_score else None
    encoded = encode_texts(files.tokenizer, inputs_of(items), max_tokens=files.max_tokens)
    outputs = np.stack(run_model(files.model, encoded))
    if scores is not None:
        return NumberScores(scores, outputs[:, 0].astype(np.float64) * scale + shift)
    assert gold is not None
    return ClassScores(gold, outputs.argmax(-1), len(labels))


def judge_tags(files: Labeller, items: Sequence[TaggedWords]) -> Scorer:
    """Judge a tagger's tags.

    Raises:
        AnnotationError: If a tag is unknown.
    """
    check_tags(items, files.config.labels)
    tagged = tag_words(files, [item.words for item in items])
    return TagScores([item.tags for item in items], [[tag for tag, _, _ in row] for row in tagged])


def check_writable(labels: Sequence[str]) -> None:
    """Raise if a model could not be saved with these labels.

    Raises:
        AnnotationError: If a label holds a lone surrogate, which UTF-8 cannot hold.
    """
    for label in labels:
        if any("\ud800" <= char <= "\udfff" for char in label):
            raise AnnotationError(
                f"the label {label!r} holds half of a surrogate pair, which no file can hold",
                hint="write the whole character in the data",
            )


def check_tags(items: Sequence[TaggedWords], labels: Sequence[str]) -> None:
    """Raise if a tag is unknown.

    Raises:
        AnnotationError: If a tag is none of the labels.
    """
    for item in items:
        if unknown := set(item.tags) - set(labels):
            raise AnnotationError(
                f"the tag {min(unknown)!r} is none of those that were learnt",
                hint=f"known: {', '.join(labels)[:200]}",
            )
