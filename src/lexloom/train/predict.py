"""What a classifier, regressor or tagger says of texts, with its own doubt if asked for.

Doubt is the spread over passes with dropout left on (Gal and Ghahramani, 2016, arXiv:1506.02142).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lexloom.annotations.tagged import split_words
from lexloom.batches.labelled import (
    EncodedInput,
    Text,
    collate_inputs,
    encode_texts,
    encode_words,
    first_pieces,
)
from lexloom.batches.spans import length_buckets
from lexloom.models.head_files import HeadFiles
from lexloom.models.heads import HeadModel
from lexloom.models.labellers import Labeller
from lexloom.models.vector_tagger_files import VectorTaggerFiles
from lexloom.seeds import derive
from lexloom.train.predict_paths import Tagged, tag_rows

MAX_BATCH_TOKENS = 4096
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Output:
    """What comes out for one input: probabilities ``(C,)`` or ``(T, C)``, or a score ``(1,)``."""

    mean: Floats
    std: Floats | None
    """Standard deviation over passes with dropout; None where there was one pass without."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text's class or score."""

    label: str | None
    """None for a score."""
    value: float
    """The label's probability, or the score."""
    std: float | None
    probabilities: dict[str, float]
    """Of all labels; empty for a score."""
    is_cut: bool
    """Whether the end of the text was not read."""


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """A word of a text and its tag."""

    text: str
    start: int
    end: int
    tag: str
    probability: float
    std: float | None


@torch.no_grad()
def run_model(model: HeadModel, encoded: Sequence[EncodedInput]) -> list[Floats]:
    """Give the model's outputs, those of long and short inputs computed apart, in input order."""
    pad_id = model.config.encoder.pad_token_id
    device = model.classifier.weight.device
    outputs: dict[int, Floats] = {}
    lengths = [len(item.input_ids) for item in encoded]
    for chosen in length_buckets(lengths, max_tokens=MAX_BATCH_TOKENS):
        batch = collate_inputs([encoded[number] for number in chosen], pad_id=pad_id).to(device)
        logits = model(batch.input_ids_BT, batch.attention_mask_BT, batch.token_type_ids_BT)
        values = logits.float().cpu().numpy()
        for row, number in enumerate(chosen):
            outputs[number] = values[row, : lengths[number]] if values.ndim == 3 else values[row]
    return [outputs[number] for number in range(len(encoded))]


def predict(
    model: HeadModel, encoded: Sequence[EncodedInput], *, num_passes: int | None = None
) -> list[Output]:
    """Give probabilities or scores.

    Args:
        model: What reads.
        encoded: What is read.
        num_passes: Average so many passes with dropout, the same ones at each call; None for one
            without.
    """
    is_score = model.config.task == "regressor"
    if num_passes is None:
        model.eval()
        return [Output(_answer(out, is_score), None) for out in run_model(model, encoded)]
    passes = []
    model.train()
    with torch.random.fork_rng(devices=[]):
        for number in range(num_passes):
            torch.manual_seed(derive(0, "pass", number))
            passes.append([_answer(out, is_score) for out in run_model(model, encoded)])
    model.eval()
    return [
        Output(stack.mean(0), stack.std(0))
        for stack in (np.stack(column) for column in zip(*passes, strict=True))
    ]


def _answer(logits: Floats, is_score: bool) -> Floats:
    if is_score:
        return logits
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    shares: Floats = raised / raised.sum(-1, keepdims=True)
    return shares


def label_texts(
    files: HeadFiles, texts: Sequence[Text], *, num_passes: int | None = None
) -> list[Labelled]:
    """Give the class or the score of each text or pair."""
    encoded = encode_texts(files.tokenizer, texts, max_tokens=files.max_tokens)
    outputs = predict(files.model, encoded, num_passes=num_passes)
    return [_labelled(files, out, item.is_cut) for out, item in zip(outputs, encoded, strict=True)]


def _labelled(files: HeadFiles, out: Output, is_cut: bool) -> Labelled:
    labels = files.config.labels
    best = int(out.mean.argmax())
    is_score = files.config.task == "regressor"
    return Labelled(
        label=None if is_score else labels[best],
        value=float(out.mean[best]),
        std=None if out.std is None else float(out.std[best]),
        probabilities=({} if is_score else dict(zip(labels, map(float, out.mean), strict=True))),
        is_cut=is_cut,
    )


def tag_words(
    files: Labeller, rows: Sequence[Sequence[str]], *, num_passes: int | None = None
) -> list[list[Tagged]]:
    """Give the tag of each word, its probability and that one's spread.

    On an encoder they come from the word's first piece; a word without a piece gets ``O``, or the
    first label if there is no ``O``, with certainty 0.
    """
    if isinstance(files, VectorTaggerFiles):
        return tag_rows(files, rows, num_passes=num_passes)
    encoded = encode_words(files.tokenizer, rows, max_tokens=files.max_tokens)
    outputs = predict(files.model, encoded, num_passes=num_passes)
    labels = files.config.labels
    nothing = ("O" if "O" in labels else labels[0], 0.0, None)
    tags: list[list[Tagged]] = [[nothing] * len(row) for row in rows]
    for item, out in zip(encoded, outputs, strict=True):
        assert item.word_ids is not None
        best = out.mean.argmax(-1)
        # of a word that was cut, the part with its beginning comes first and is overwritten last
        for place in np.flatnonzero(first_pieces(item.word_ids))[::-1].tolist():
            word, number = int(item.word_ids[place]), int(best[place])
            std = None if out.std is None else float(out.std[place, number])
            if tags[item.row][word] is nothing:
                tags[item.row][word] = (labels[number], float(out.mean[place, number]), std)
    return tags


def tag_texts(
    files: Labeller, texts: Sequence[str], *, num_passes: int | None = None
) -> list[list[TaggedWord]]:
    """Cut texts into words and tag them; offsets count code points of the text."""
    spans = [split_words(text) for text in texts]
    rows = [[text[start:end] for start, end in cut] for text, cut in zip(texts, spans, strict=True)]
    return [
        [
            TaggedWord(word, start, end, tag, probability, std)
            for word, (start, end), (tag, probability, std) in zip(row, cut, tagged, strict=True)
        ]
        for row, cut, tagged in zip(
            rows, spans, tag_words(files, rows, num_passes=num_passes), strict=True
        )
    ]
