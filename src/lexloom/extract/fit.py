"""Train an extractor: from an encoder and annotated texts to a model directory.

The loop is `train`'s, and what it sees of an extractor is `extract.task`'s; this module makes the
task, starts the model, and chooses thresholds on dev.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.overlaps import has_doubles, has_overlaps
from lexloom.annotations.schema import Schema
from lexloom.batches.spans import SpanExample, make_examples
from lexloom.config import to_mapping
from lexloom.corpus.sentences import split_sentences
from lexloom.errors import TrainingError
from lexloom.extract.calibrate import fit_calibration
from lexloom.extract.candidates import read_candidates
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.encoder import SpanReader
from lexloom.extract.files import ExtractorFiles
from lexloom.extract.ornaments import has_outer_ornaments
from lexloom.extract.start import start_model
from lexloom.extract.task import PROTOCOLS, FitConfig, SpanTask
from lexloom.extract.thresholds import choose_thresholds
from lexloom.logs import get_logger
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation, StepReport
from lexloom.train.run import train

MAX_SHARE_OF_LONGER_TEXTS = 0.05

_log = get_logger(__name__)


def fit(
    documents: Sequence[AnnotatedDocument],
    dev: Sequence[AnnotatedDocument],
    schema: Schema,
    init: Path,
    out: Path,
    config: FitConfig,
) -> Iterator[StepReport | Evaluation | SpanTask]:
    """Train in the folder `out`; the task, with its best model and thresholds, comes last.

    Raises:
        TrainingError: If there is nothing to train on or no dev document.
    """
    task = make_task(documents, dev, schema, init, config)
    yield from fit_task(task, documents, out)


def make_task(
    documents: Sequence[AnnotatedDocument],
    dev: Sequence[AnnotatedDocument],
    schema: Schema,
    init: Path,
    config: FitConfig,
    task_class: type[SpanTask] = SpanTask,
) -> SpanTask:
    """Start the model and make its training data; a subclass of the task may judge otherwise.

    Raises:
        TrainingError: If there is nothing to train on, or no dev document though the model is
            scored before the last step.
    """
    if not documents or not (dev or _scores_once(config.train, len(documents))):
        raise TrainingError(
            f"training needs train and dev documents, got {len(documents)} and {len(dev)}",
            hint="give dev documents with --dev, or more that differ from each other",
        )
    labels = LabelSet.of(schema)
    if not labels.span_labels:
        raise TrainingError(
            "there is no type of entity or event to learn",
            hint="mark some mentions, or give a schema with types by --schema",
        )
    texts = [document.text for document in documents] + labels.all_texts
    model, tokenizer = start_model(init, texts, config.heads(), seed=config.train.seed)
    examples = make_examples(documents, tokenizer, labels)
    examples = _fitting(examples, model.config.encoder.max_position_embeddings)
    return task_class(
        model=model,
        reader=SpanReader(model, tokenizer, num_workers=torch.get_num_threads()),
        schema=schema,
        examples=examples,
        dev=dev,
        config=config,
        decode=DecodeConfig(
            nested=has_overlaps(documents),
            several_types=has_doubles(documents),
            outer_ornaments=has_outer_ornaments(documents),
        ),
    )


def _fitting(examples: Sequence[SpanExample], longest: int) -> list[SpanExample]:
    """Leave out the texts that are too long to be read at once, and say how many they are."""
    kept = [example for example in examples if len(example.encoded.input_ids) <= longest]
    if not kept:
        raise TrainingError(
            f"no training text holds a word and fits into the model's {longest} tokens",
            hint="cut the texts into sentences",
        )
    if num_long := len(examples) - len(kept):
        _log.warning(
            "%d of %d training texts are longer than the model's %d tokens and are left out;"
            " cut them into sentences", num_long, len(examples), longest
        )  # fmt: skip
    return kept


def _scores_once(config: TrainConfig, num_documents: int) -> bool:
    """Say whether a run is scored at its end only, and so keeps its last step."""
    every = config.evaluate_every_steps
    return every is not None and every >= num_documents * config.num_epochs


def fit_task(
    task: SpanTask, documents: Sequence[AnnotatedDocument], out: Path
) -> Iterator[StepReport | Evaluation | SpanTask]:
    """Train a task made of `documents`, as `fit` does."""
    fingerprint = _fingerprint(documents, task.schema, task.config)
    yield from train(task, task.config.train, out, fingerprint=fingerprint)
    settle_by_dev(task)
    yield task


def settle_by_dev(task: SpanTask) -> None:
    """Choose thresholds on dev and fit confidences, from one reading of it."""
    # a task that judges otherwise has no protocol to choose by
    protocols = task.evaluate().keys() & set(PROTOCOLS)
    if not protocols:
        return
    read = read_candidates(task.reader, task.dev, task.dev_encoded, task.decoder())
    task.decode = choose_thresholds(read, task.decoder(), protocols)
    raw = replace(task.decoder(), calibration=None)
    found = ((d, read.found(number, raw)) for number, d in enumerate(task.dev))
    task.calibration = fit_calibration(found).calibration


def trained_files(task: SpanTask, name: str, *, window_sentences: int | None) -> ExtractorFiles:
    """Give the trained extractor, ready to be saved."""
    return ExtractorFiles(
        name=name,
        sha256="",
        model=task.reader.model,
        tokenizer=task.reader.tokenizer,
        schema=task.schema,
        decode=task.decode,
        window_sentences=window_sentences,
        calibration=task.calibration,
    )


def sentences_at_once(documents: Sequence[AnnotatedDocument]) -> int | None:
    """Give how many sentences to read at once: 1 when texts were sentences, else None for many."""
    several = sum(len(list(split_sentences(document.text))) > 1 for document in documents)
    return None if several > MAX_SHARE_OF_LONGER_TEXTS * len(documents) else 1


def _fingerprint(documents: Sequence[AnnotatedDocument], schema: Schema, config: FitConfig) -> str:
    digest = hashlib.sha256(json.dumps([to_mapping(config), schema.sha256]).encode())
    for document in documents:
        digest.update(json.dumps(document.to_dict()).encode())
    return digest.hexdigest()
