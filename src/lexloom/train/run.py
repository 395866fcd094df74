"""A whole training run in a folder: resumed if it was cut off, scored, stopped in time.

``state/`` holds what is needed to go on, ``best/`` the parameters of the best evaluation so far,
``metrics.jsonl`` the course of it, and ``metrics.png`` its picture.
"""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from lexloom.artifacts import (
    MANIFEST,
    one_writer,
    remove_unfinished,
    restore_directory,
    sealed_directory,
    verify_directory,
)
from lexloom.errors import ArtifactError, TrainingError, TrainingStopped
from lexloom.nn.memory import bound_cached_products
from lexloom.nn.precision import choose_dtype
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, steps
from lexloom.train.metrics import Metrics
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel, blocks, join, shard
from lexloom.train.reports import Evaluation, StepReport
from lexloom.train.state import (
    MODEL,
    Progress,
    contiguous,
    load_progress,
    load_state,
    save_state,
    whole,
)
from lexloom.train.stopping import StopSignal
from lexloom.train.task import Recomputing, Task

SAVE_EVERY_S = 120.0
"""Time after which the state is written within an epoch."""


def train(
    task: Task, config: TrainConfig, out: Path, *, fingerprint: str
) -> Iterator[StepReport | Evaluation]:
    """Train to the end or until the dev score stops rising; leave the best parameters in the model.

    Args:
        task: What to train.
        config: How.
        out: The run's folder.
        fingerprint: Of config and data; a run of another one is not continued.

    Raises:
        TrainingError: If the folder cannot be made or holds another run, or a step is not finite.
        ArtifactError: If another process trains there, or what was saved is damaged.
        TrainingStopped: If the process was asked to end; the state was saved first.
    """
    parallel = join(config)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"cannot make the folder {out}: {error.strerror}", hint="give another --out"
        ) from error
    with one_writer(out) if parallel.is_first else nullcontext():
        yield from _train(task, config, out, fingerprint, parallel)


def _train(
    task: Task, config: TrainConfig, out: Path, fingerprint: str, parallel: Parallel
) -> Iterator[StepReport | Evaluation]:
    optimizer = _prepare(task, config, parallel)
    progress = _resume(optimizer, out, fingerprint)
    metrics = Metrics(out, progress.step, with_tensorboard=config.tensorboard, parallel=parallel)
    run = _Run(task, config, out, optimizer, progress, parallel, metrics)
    with StopSignal() as stop:
        while not run.progress.finished:
            yield from run.stage(stop)
            if run.progress.finished:
                metrics.draw()
    best = out / "best" / MODEL
    if best.exists():
        optimizer.load_full_state(load_file(best))


def _prepare(task: Task, config: TrainConfig, parallel: Parallel) -> MasterAdamW:
    """Bring the model into the form it trains in, and make its optimizer."""
    bound_cached_products()
    dtype = choose_dtype(config.precision)
    model = task.model
    for module in model.modules():
        if isinstance(module, Recomputing):
            module.gradient_checkpointing = config.gradient_checkpointing
    if torch.cuda.is_available():
        model.to("cuda")
    if parallel.is_sharded:
        shard(model.float(), dtype)
    else:
        model.to(dtype)
    if config.compile:
        for block in blocks(model):
            block.compile(dynamic=True)
    return MasterAdamW(model, config, encoder_prefix=task.encoder_prefix)


def _resume(optimizer: MasterAdamW, out: Path, fingerprint: str) -> Progress:
    for name in ("state", "best"):  # what a killed process left half done
        restore_directory(out / name)
        remove_unfinished(out / name)
    if not (out / "state" / MANIFEST).exists():
        return Progress(fingerprint=fingerprint)
    if load_progress(out / "state").fingerprint != fingerprint:
        raise TrainingError(
            f"{out} holds a run with other data or settings",
            hint="give another --out, or remove that folder",
        )
    progress = load_state(out / "state", optimizer)
    if progress.best_score is not None:
        _check_best(out)
    return progress


def _check_best(out: Path) -> None:
    """Check what the run may end with, for no later evaluation need be better."""
    if not (out / "best").exists():
        raise ArtifactError(
            f"{out} has a state, but lacks best/, the parameters of its best evaluation",
            hint="copy the whole folder of the run, or train into another one",
        )
    verify_directory(out / "best")


@dataclass(slots=True)
class _Run:
    """A run under way."""

    task: Task
    config: TrainConfig
    out: Path
    optimizer: MasterAdamW
    progress: Progress
    parallel: Parallel
    metrics: Metrics

    @property
    def num_steps(self) -> int:
        """Steps of the whole run."""
        steps_of_epochs = self.task.num_batches() * self.config.num_epochs
        return min(steps_of_epochs, self.config.max_steps or steps_of_epochs)

    def stage(self, stop: StopSignal) -> Iterator[StepReport | Evaluation]:
        """Train up to the next evaluation, score the model, and save."""
        per_epoch = self.task.num_batches()
        every = self.config.evaluate_every_steps or per_epoch
        end = min(self.num_steps, (self.progress.step // every + 1) * every)
        position = Position(
            step=self.progress.step, steps_per_epoch=per_epoch, num_steps=self.num_steps
        )
        loop = steps(self.task, self.optimizer, self.config, position, self.parallel)
        reports: list[StepReport] = []
        saved_at = time.monotonic()
        while self.progress.step < end:
            report = next(loop)
            reports.append(report)
            self.progress.step = report.step
            self.metrics.add_step(report)
            is_asked = self.parallel.any(stop.is_set)
            # the last step is saved with its score
            if is_asked or (report.step < end and self._is_save_due(report.step, saved_at)):
                self._save()
                saved_at = time.monotonic()
            if is_asked:
                raise TrainingStopped(
                    f"stopped at step {report.step} of {self.num_steps}, which is saved",
                    hint="the same command goes on from there",
                )
            yield report
        evaluation = self._score(reports)
        self.metrics.add_evaluation(evaluation)  # first, for what is saved is not done again
        self._save()
        yield evaluation

    def _is_save_due(self, step: int, saved_at: float) -> bool:
        if self.config.save_every_steps is not None:
            return step % self.config.save_every_steps == 0
        return self.parallel.any(time.monotonic() - saved_at > SAVE_EVERY_S)

    def _save(self) -> None:
        save_state(self.out / "state", self.optimizer, self.progress, self.parallel)

    def _score(self, reports: Sequence[StepReport]) -> Evaluation:
        """Score on dev, keep the best parameters, and decide whether to go on."""
        progress = self.progress
        with self.optimizer.averaged():
            self.task.model.eval()
            scores = self.task.evaluate()
            best = progress.best_score
            # a score that is no number is better than none, and worse than every other
            is_best = best is None or math.isnan(best) or scores["score"] > best
            if is_best:
                progress.best_score, progress.best_step = scores["score"], progress.step
                self._keep_best()
        progress.num_waited = 0 if is_best else progress.num_waited + 1
        epoch = progress.step / self.task.num_batches()
        progress.history.append(scores | {"epoch": epoch})
        patience = self.config.patience
        progress.finished = progress.step >= self.num_steps or (
            patience is not None and progress.num_waited >= patience
        )
        return Evaluation(
            step=progress.step,
            epoch=epoch,
            scores=scores,
            is_best=is_best,
            losses=_mean_losses(reports),
        )

    def _keep_best(self) -> None:
        tensors = whole(self.optimizer.full_state() | self.optimizer.averages)
        if self.parallel.is_first:
            with sealed_directory(self.out / "best") as directory:
                save_file(contiguous(tensors), directory / MODEL)
        self.parallel.wait()


def _mean_losses(reports: Sequence[StepReport]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for report in reports:
        for name, loss in report.losses.items():
            sums[name] = sums.get(name, 0.0) + loss
    return {name: total / len(reports) for name, total in sums.items()}
