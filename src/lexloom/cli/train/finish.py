"""What every training of labels ends with: the run is shown, the model saved with a card, told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lexloom.cli.say import print_json
from lexloom.cli.train.show import Shown

if TYPE_CHECKING:
    from lexloom.train.labelled import LabelledTask
    from lexloom.train.reports import Evaluation, StepReport
    from lexloom.train.vector_tagger import VectorTagTask


@dataclass(frozen=True, slots=True)
class Job:
    """A training that was asked for."""

    task: "LabelledTask | VectorTagTask"
    steps: "Iterator[StepReport | Evaluation]"
    """The training itself."""
    save: Callable[[Path, Mapping[str, str]], None]
    """Writes the trained model into a folder, with notices by their file names."""
    num_train: int
    num_dev: int


def finish(job: Job, out: Path, *, as_json: bool) -> None:
    """Train and save in the folder `out`, and print what came of it."""
    task, path = job.task, out / "model"
    is_score = task.files.config.task == "regressor"
    shown = Shown(task.config.train, score_factor=1 if is_score else 100)
    for _ in shown.follow(job.steps):
        pass
    scores = task.evaluate()
    job.save(path, {"README.md": card(job, scores)})
    result: dict[str, Any] = {
        "path": str(path),
        "labels": list(task.files.config.labels),
        "num_train": job.num_train,
        "num_dev": job.num_dev,
        "num_train_cut": task.num_cut,
        "dev": scores,
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
