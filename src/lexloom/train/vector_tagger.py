"""Train a tagger on vectors: words and tags in, the likeliest legal path of tags out.

The loop is `run`'s; `vector_start` starts the model, and `predict` is what it is used through.
`labelled` trains taggers on an encoder.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from torch import Tensor, nn

from lexloom.annotations.tag_scheme import TagScheme
from lexloom.annotations.tagged import TaggedWords
from lexloom.batches.spans import epoch_order
from lexloom.batches.words import TaggedBatch, TaggedPart, collate_tagged, encode_rows
from lexloom.config import to_mapping
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.vector_tagger import VectorTagger
from lexloom.models.vector_tagger_files import VectorTaggerFiles
from lexloom.train import run
from lexloom.train.judge import check_tags, check_writable, judge_tags
from lexloom.train.reports import Evaluation, StepReport
from lexloom.train.state import whole
from lexloom.train.task import Share
from lexloom.train.vector_start import VectorFitConfig, VectorSources, start_tagger


class VectorTagTask:
    """The trainer's view of a tagger on vectors: see `train.task.Task`."""

    encoder_prefix = ""
    """Nothing is pre-trained but the vectors, whose names say so."""

    def __init__(
        self,
        files: VectorTaggerFiles,
        parts: Sequence[TaggedPart],
        dev: Sequence[TaggedWords],
        config: VectorFitConfig,
    ) -> None:
        """Set up.

        Args:
            files: The model that is trained.
            parts: What it learns from.
            dev: What it is scored on.
            config: How it learns.
        """
        self.files, self.dev, self.config = files, dev, config
        self.model: nn.Module = files.model
        self.parts = parts
        self.lengths = [len(item.states_T) for item in parts]
        self._orders: dict[int, list[list[int]]] = {}

    @property
    def num_cut(self) -> int:
        """How many training texts lost their end: none, for long ones are read in parts."""
        return 0

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

    def batches(self, epoch: int, index: int, share: Share) -> list[TaggedBatch]:
        """Give a process's share of one batch of one epoch."""
        return [
            collate_tagged([self.parts[number] for number in part])
            for part in share.parts(self._order(epoch)[index])
        ]

    def losses(self, batch: TaggedBatch) -> dict[str, Tensor]:
        """Give the negative log likelihood of a batch's paths."""
        device = self.files.model.classifier.weight.device
        loss_B = self.files.model.loss(batch.words.to(device), batch.states_BT.to(device))
        return {"states": loss_B.sum()}

    def evaluate(self) -> dict[str, float]:
        """Score the model on dev; ``score`` is the measure that `select_by` names.

        Raises:
            ConfigError: If there is no such measure.
        """
        scores = judge_tags(self.files, self.dev).measure()
        name = self.config.select_by or next(iter(scores))
        if name not in scores:
            raise ConfigError(
                f"there is no measure {name!r} to select by", hint=f"known: {', '.join(scores)}"
            )
        return {"score": scores[name], **scores}


def make_vector_task(
    train: Sequence[TaggedWords],
    dev: Sequence[TaggedWords],
    sources: VectorSources,
    config: VectorFitConfig,
) -> VectorTagTask:
    """Start a tagger of the tags that occur in `train`.

    Raises:
        TrainingError: If there is nothing to train on or to score, only one tag, or the vectors are
            those of other words.
        AnnotationError: If dev has a tag that train lacks.
    """
    num_words = sum(len(item.words) for item in train)
    if not num_words or not sum(len(item.words) for item in dev):
        raise TrainingError(
            f"training needs train and dev words, got {len(train)} and {len(dev)} texts",
            hint="give dev texts with --dev, or more texts that differ from each other",
        )
    scheme = TagScheme.of(item.tags for item in train)
    seen = {tag for item in train for tag in item.tags}
    if len(seen) < 2:
        raise TrainingError(f"training needs at least two labels, got {min(seen)!r} only")
    labels = tuple(sorted(seen | set(scheme.tags)))
    check_writable(labels)
    check_tags(dev, labels)
    rows = [item.words for item in train]
    files = start_tagger(rows, scheme, labels, sources, config)
    states = [scheme.encode(item.tags) for item in train]
    parts = [
        TaggedPart(part, states[part.row][part.start : part.start + len(part.features)])
        for part in encode_rows(files.featurizer, rows, max_words=config.max_words)
    ]
    return VectorTagTask(files, parts, dev, config)


def fit(
    task: VectorTagTask, train: Sequence[TaggedWords], out: Path
) -> Iterator[StepReport | Evaluation]:
    """Train a task made of `train` in the folder `out`; its model is the best one in the end."""
    digest = hashlib.sha256(json.dumps(["vector tagger", to_mapping(task.config)]).encode())
    digest.update(json.dumps(to_mapping(task.files.config)).encode())
    for tensor in task.files.model.word_embeddings.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    for item in train:
        digest.update(json.dumps(asdict(item)).encode())
    yield from run.train(task, task.config.train, out, fingerprint=digest.hexdigest())


def trained_files(task: VectorTagTask) -> VectorTaggerFiles:
    """Give the trained model in float32, ready to be saved; as `labelled.trained_files`."""
    model = VectorTagger(task.files.config)
    model.load_state_dict(whole(task.model.state_dict()))
    return replace(task.files, model=model.eval())
