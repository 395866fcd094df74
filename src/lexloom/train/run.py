"""A whole training run in a folder: resumed if it was cut off, scored each epoch, stopped in time.

``state/`` holds what is needed to go on, ``best/`` the parameters of the best epoch so far, and
``metrics.jsonl`` one line a report.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lexloom.artifacts import MANIFEST, sealed_directory
from lexloom.errors import TrainingError
from lexloom.nn.precision import choose_dtype
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, StepReport, steps
from lexloom.train.optim import MasterAdamW
from lexloom.train.state import (
    MODEL,
    Progress,
    contiguous,
    load_progress,
    load_state,
    save_state,
)

LOG_EVERY_STEPS = 20
SAVE_EVERY_S = 120.0
"""Time after which the state is written within an epoch."""


class Task(Protocol):
    """What is trained: a model, its epochs of batches, a loss and a dev score."""

    model: nn.Module
    encoder_prefix: str
    """Prefix of the names of the pre-trained parameters."""

    def num_batches(self) -> int:
        """Give the number of batches of an epoch."""
        ...

    def losses(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Give the losses of one batch of one epoch; a pure function of its arguments."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Score the model on dev data; the key ``score`` decides which epoch is best."""
        ...


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What an epoch came to."""

    epoch: int
    """Epochs done."""
    scores: dict[str, float]
    is_best: bool
    losses: dict[str, float] = field(default_factory=dict)
    """Mean training losses."""


def train(
    task: Task, config: TrainConfig, out: Path, *, fingerprint: str
) -> Iterator[StepReport | EpochReport]:
    """Train to the end or until the dev score stops rising; leave the best parameters in the model.

    Args:
        task: What to train.
        config: How.
        out: The run's folder.
        fingerprint: Of config and data; a run of another one is not continued.

    Raises:
        TrainingError: If the folder cannot be made or holds another run, or a step is not finite.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"cannot make the folder {out}: {error.strerror}", hint="give another --out"
        ) from error
    task.model.to(choose_dtype(config.precision))
    optimizer = MasterAdamW(task.model, config, encoder_prefix=task.encoder_prefix)
    run = _Run(task, config, out, optimizer, _resume(optimizer, out, fingerprint))
    while not run.progress.finished:
        yield from run.epoch()
        save_state(out / "state", optimizer, run.progress)
    optimizer.load_full_state(load_file(out / "best" / MODEL))


def _resume(optimizer: MasterAdamW, out: Path, fingerprint: str) -> Progress:
    if not (out / "state" / MANIFEST).exists():
        return Progress(fingerprint=fingerprint)
    if load_progress(out / "state").fingerprint != fingerprint:
        raise TrainingError(
            f"{out} holds a run with other data or settings",
            hint="give another --out, or remove that folder",
        )
    return load_state(out / "state", optimizer)


@dataclass(slots=True)
class _Run:
    """A run under way."""

    task: Task
    config: TrainConfig
    out: Path
    optimizer: MasterAdamW
    progress: Progress

    def epoch(self) -> Iterator[StepReport | EpochReport]:
        """Train one epoch and score the model."""
        per_epoch = self.task.num_batches()
        epoch = self.progress.step // per_epoch
        position = Position(
            step=self.progress.step,
            steps_per_epoch=per_epoch,
            num_steps=per_epoch * self.config.num_epochs,
        )
        loop = steps(
            self.task.model,
            self.optimizer,
            self.config,
            position,
            losses_at=lambda step: self.task.losses(epoch, step - epoch * per_epoch),
        )
        reports = []
        saved_at = time.monotonic()
        for report in islice(loop, (epoch + 1) * per_epoch - self.progress.step):
            reports.append(report)
            is_due = time.monotonic() - saved_at > SAVE_EVERY_S
            if is_due and report.step % per_epoch:  # the epoch's end is saved with its score
                self.progress.step = report.step
                save_state(self.out / "state", self.optimizer, self.progress)
                saved_at = time.monotonic()
            if report.step % LOG_EVERY_STEPS == 0:
                _log(self.out, report)
            yield report
        self.progress.step = reports[-1].step
        yield self._score(epoch + 1, _mean_losses(reports))

    def _score(self, epoch: int, losses: dict[str, float]) -> EpochReport:
        """Score on dev, keep the best parameters, and decide whether to go on."""
        scores, progress = self.task.evaluate(), self.progress
        is_best = scores["score"] > progress.best_score
        if is_best:
            progress.best_score, progress.best_epoch = scores["score"], epoch
            with sealed_directory(self.out / "best") as directory:
                save_file(contiguous(self.optimizer.full_state()), directory / MODEL)
        progress.history.append(scores | {"epoch": epoch})
        patience, waited = self.config.patience, epoch - progress.best_epoch
        progress.finished = epoch >= self.config.num_epochs or (
            patience is not None and waited >= patience
        )
        report = EpochReport(epoch=epoch, scores=scores, is_best=is_best, losses=losses)
        _log(self.out, report)
        return report


def _mean_losses(reports: Sequence[StepReport]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for report in reports:
        for name, loss in report.losses.items():
            sums[name] = sums.get(name, 0.0) + loss
    return {name: total / len(reports) for name, total in sums.items()}


def _log(out: Path, report: StepReport | EpochReport) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "metrics.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(report)) + "\n")
