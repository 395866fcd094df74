"""What every training of labels ends with: the run is shown, the model saved with a card, told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from lexloom.cli.say import print_json
from lexloom.cli.train.show import Shown

if TYPE_CHECKING:
    from lexloom.train.labelled import LabelledTask
    from lexloom.train.reports import Evaluation, StepReport
    from lexloom.train.vector_tagger import VectorTagTask


class Save(Protocol):
    """A function that writes a trained model."""

    def __call__(self, files: Any, path: Path, *, notices: Mapping[str, str]) -> None:
        """Write into the folder `path`, with notices by their file names."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training that was asked for."""

    task: "LabelledTask | VectorTagTask"
    steps: "Iterator[StepReport | Evaluation]"
    """The training itself."""
    trained_files: Callable[[], Any]
    """Gives the trained model; each process of the run must ask for it."""
    save: Save
    num_train: int
    num_dev: int


def finish(job: Job, out: Path, *, as_json: bool) -> None:
    """Train and save in the folder `out`, and print what came of it."""
    from lexloom.train.parallel import join

    task, path = job.task, out / "model"
    is_score = task.files.config.task == "regressor"
    parallel = join(task.config.train)
    factor = 1 if is_score else 100
    shown = Shown(task.config.train, score_factor=factor, is_quiet=not parallel.is_first)
    for _ in shown.follow(job.steps):
        pass
    scores = task.evaluate()
    files = job.trained_files()
    if parallel.is_first:
        job.save(files, path, notices={"README.md": card(job, scores)})
        _print(job, path, scores, as_json=as_json)
    parallel.wait()


def _print(job: Job, path: Path, scores: Mapping[str, float], *, as_json: bool) -> None:
    result: dict[str, Any] = {
        "path": str(path),
        "labels": list(job.task.files.config.labels),
        "num_train": job.num_train,
        "num_dev": job.num_dev,
        "num_train_cut": job.task.num_cut,
        "dev": dict(scores),
    }
    if as_json:
        print_json(result)
        return
    typer.echo(f"{path}\ndev: {', '.join(f'{name} {value:.3f}' for name, value in scores.items())}")


def card(job: Job, scores: Mapping[str, float]) -> str:
    """Give the model's card."""
    files = job.task.files
    config = files.config
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in scores.items())
    # a label is data: it must not become markup
    plain = (" ".join(label.replace("`", "'").split()) for label in config.labels[:50])
    labels = ", ".join(f"`{label}`" for label in plain)
    return (
        f"# A {config.task} trained with Lexloom\n\n"
        f"Trained on {job.num_train:,} texts. It gives: {labels}"
        f"{' ...' if len(config.labels) > 50 else ''}. It reads at most {files.max_tokens} "
        "tokens at once.\n\n"
        f"Measured on {job.num_dev:,} dev texts, by which the epoch was chosen:\n\n"
        f"| measure | value |\n|---|---|\n{rows}\n"
    )
