"""Train a classifier, a regressor or a tagger: an encoder with one new head.

The loop is `run`'s; `head_start` starts the model, this module makes its task, and `predict` is
what the trained model is used through.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from lexloom.annotations.labelled import LabelledText, class_names
from lexloom.annotations.tagged import TaggedWords
from lexloom.batches.labelled import (
    IGNORED,
    LabelledBatch,
    LabelledExample,
    collate,
    count_cut,
    encode_texts,
    encode_words,
    tag_targets,
)
from lexloom.batches.spans import epoch_order
from lexloom.config import to_mapping
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.head_files import HeadFiles
from lexloom.models.heads import HeadTask, make_head_model, rescale_head
from lexloom.train import run
from lexloom.train.head_start import HeadFitConfig, start_head
from lexloom.train.judge import (
    check_tags,
    check_writable,
    class_numbers,
    inputs_of,
    judge_tags,
    judge_texts,
)
from lexloom.train.label_scores import Scorer
from lexloom.train.reports import Evaluation, StepReport
from lexloom.train.state import whole
from lexloom.train.task import Share

Judge = Callable[[HeadFiles], Scorer]


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Between scores as they are and scores of mean 0 and deviation 1, which a head learns well."""

    scale: float = 1.0
    shift: float = 0.0

    @classmethod
    def of(cls, items: Sequence[LabelledText]) -> "ScoreLine":
        """Measure the scores of the training texts.

        Raises:
            TrainingError: If all are equal.
            AnnotationError: If one is no finite number.
        """
        scores = np.array([item.score for item in items])
        if np.ptp(scores) == 0:
            raise TrainingError(
                f"training needs different scores, got {scores[0]:g} only",
                hint="name the column of scores with --label",
            )
        return cls(float(scores.std()), float(scores.mean()))

    def standard(self, scores: Sequence[float]) -> NDArray[np.float32]:
        """Give scores of mean 0 and deviation 1."""
        return ((np.array(scores) - self.shift) / self.scale).astype(np.float32)


class LabelledTask:
    """The trainer's view of a model with a head: see `train.task.Task`."""

    encoder_prefix = "bert."

    def __init__(
        self,
        files: HeadFiles,
        examples: Sequence[LabelledExample],
        judge: Judge,
        config: HeadFitConfig,
        line: ScoreLine | None = None,
    ) -> None:
        """Set up.

        Args:
            files: The model that is trained.
            examples: What it learns from.
            judge: Scores a model on dev.
            config: How it learns.
            line: Of a regressor, what its scores are learnt as.
        """
        self.files = files
        self.model: nn.Module = files.model
        self.examples, self.judge, self.config = examples, judge, config
        self.line = line or ScoreLine()
        self.lengths = [len(example.encoded.input_ids) for example in examples]
        self._orders: dict[int, list[list[int]]] = {}

    @property
    def num_cut(self) -> int:
        """How many training texts lost their end."""
        return count_cut(example.encoded for example in self.examples)

    def _order(self, epoch: int) -> list[list[int]]:
        if epoch not in self._orders:
            train = self.config.train
            order = epoch_order(
                self.lengths, seed=train.seed, epoch=epoch, batch_size=train.batch_size
            )
            self._orders = {epoch: order}
        return self._orders[epoch]

    def num_batches(self) -> int:
        """Give the number of batches of an epoch."""
        return len(self._order(0))

    def batches(self, epoch: int, index: int, share: Share) -> list[LabelledBatch]:
        """Give a process's share of one batch of one epoch."""
        pad_id = self.files.config.encoder.pad_token_id
        return [
            collate([self.examples[number] for number in part], pad_id=pad_id)
            for part in share.parts(self._order(epoch)[index])
        ]

    def losses(self, batch: LabelledBatch) -> dict[str, Tensor]:
        """Give the loss of a batch, summed over its targets."""
        device = self.files.model.classifier.weight.device
        inputs, targets = batch.inputs.to(device), batch.targets.to(device)
        logits = self.model(inputs.input_ids_BT, inputs.attention_mask_BT, inputs.token_type_ids_BT)
        if self.files.config.task == "regressor":
            return {"labels": F.mse_loss(logits[:, 0].float(), targets, reduction="sum")}
        loss = F.cross_entropy(
            logits.flatten(0, -2).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return {"labels": loss}

    def evaluate(self) -> dict[str, float]:
        """Score the model on dev; ``score`` is the measure that `select_by` names.

        Raises:
            ConfigError: If there is no such measure.
        """
        scores = self.judge(self.files).measure()
        name = self.config.select_by or next(iter(scores))
        if name not in scores:
            raise ConfigError(
                f"there is no measure {name!r} to select by", hint=f"known: {', '.join(scores)}"
            )
        return {"score": scores[name], **scores}


def make_text_task(
    task: HeadTask,
    train: Sequence[LabelledText],
    dev: Sequence[LabelledText],
    init: Path,
    config: HeadFitConfig,
) -> LabelledTask:
    """Start a classifier of the labels that occur in `train`, or a regressor.

    Raises:
        TrainingError: If there is nothing to train on or to score, or only one label or score.
        AnnotationError: If dev has a label that train lacks, or a score is no finite number.
    """
    _check_counts(len(train), len(dev))
    if config.pair_form == "siamese" and any(item.pair is None for item in (*train, *dev)):
        raise ConfigError("pair_form 'siamese' needs pairs of texts", hint="give --pair")
    is_score = task == "regressor"
    line = ScoreLine.of(train) if is_score else ScoreLine()
    labels = ("score",) if is_score else class_names(train)
    if is_score:
        targets: Any = line.standard([item.score for item in train])
        line.standard([item.score for item in dev])  # a wrong one is told before the model is read
    else:
        _check_labels(labels)
        targets = class_numbers(train, labels)
        class_numbers(dev, labels)
    texts = [text for i in train for text in (i.text, i.pair) if text is not None]
    files = start_head(init, task, labels, texts, config)
    encoded = encode_texts(files.tokenizer, inputs_of(train), max_tokens=files.max_tokens)
    examples = [LabelledExample(e, np.asarray(t)) for e, t in zip(encoded, targets, strict=True)]

    def judge(files: HeadFiles) -> Scorer:
        return judge_texts(files, dev, scale=line.scale, shift=line.shift)

    return LabelledTask(files, examples, judge, config, line)


def make_tag_task(
    train: Sequence[TaggedWords], dev: Sequence[TaggedWords], init: Path, config: HeadFitConfig
) -> LabelledTask:
    """Start a tagger of the tags that occur in `train`.

    Raises:
        TrainingError: If there is nothing to train on or to score, or only one tag.
        AnnotationError: If dev has a tag that train lacks.
    """
    _check_counts(len(train), len(dev))
    labels = tuple(sorted({tag for item in train for tag in item.tags}))
    _check_labels(labels)
    check_tags(dev, labels)
    words = [word for item in train for word in item.words]
    files = start_head(init, "tagger", labels, words, config)
    numbers = {label: number for number, label in enumerate(labels)}
    encoded = encode_words(
        files.tokenizer, [item.words for item in train], max_tokens=files.max_tokens
    )
    examples = [
        LabelledExample(
            part,
            tag_targets(part, [numbers[tag] for tag in train[part.row].tags], config.tag_pieces),
        )
        for part in encoded
    ]
    if not examples:
        raise TrainingError("no training word holds a piece that the model can read")
    return LabelledTask(files, examples, lambda files: judge_tags(files, dev), config)


def fit(
    task: LabelledTask, items: Sequence[LabelledText] | Sequence[TaggedWords], out: Path
) -> Iterator[StepReport | Evaluation]:
    """Train a task made of `items` in the folder `out`; its model is the best one in the end."""
    digest = hashlib.sha256(json.dumps([task.files.config.task, to_mapping(task.config)]).encode())
    for item in items:
        digest.update(json.dumps(asdict(item)).encode())
    yield from run.train(task, task.config.train, out, fingerprint=digest.hexdigest())


def trained_files(task: LabelledTask) -> HeadFiles:
    """Give the trained model in float32, ready to be saved; a regressor on the scores' own line.

    Each process of a run must call it, for a model that is shared out is gathered from all of them.
    """
    model = make_head_model(task.files.config)
    model.load_state_dict(whole(task.model.state_dict()))
    if task.files.config.task == "regressor":
        rescale_head(model, scale=task.line.scale, shift=task.line.shift)
    return replace(task.files, model=model.eval())


def _check_counts(num_train: int, num_dev: int) -> None:
    if not num_train or not num_dev:
        raise TrainingError(
            f"training needs train and dev texts, got {num_train} and {num_dev}",
            hint="give dev texts with --dev, or more texts that differ from each other",
        )


def _check_labels(labels: Sequence[str]) -> None:
    check_writable(labels)
    if len(labels) < 2:
        raise TrainingError(
            f"training needs at least two labels, got {labels[0]!r} only",
            hint="name the column of labels with --label",
        )
