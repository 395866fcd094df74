"""``lexloom train extractor``: entities, relations and events from annotated texts."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import IMPORTERS
from lexloom.cli.say import print_json, say
from lexloom.cli.train.own_types import Given, TrainingData, prepare
from lexloom.cli.train.settings import nested_settings
from lexloom.cli.train.show import Shown
from lexloom.corpus.read import check_outside
from lexloom.errors import ConfigError
from lexloom.models.registry import resolve_model

if TYPE_CHECKING:
    from lexloom.extract.task import FitConfig, SpanTask
    from lexloom.train.config import TrainConfig
    from lexloom.train.parallel import Parallel

NO_DEV = "No text was held out: the last step was kept, and no score is known."

EXAMPLE = (
    "Example: lexloom train extractor --init default --data mine.jsonl --keep-known --out runs/mine"
)


def extractor(  # noqa: PLR0913 - one argument a flag
    *,
    data: Annotated[list[Path], typer.Option(help="Annotated training texts.")],
    out: Annotated[Path, typer.Option(help="The run's folder; the model comes to OUT/model.")],
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            help="Dev texts; if left out a tenth of the data, or none of fewer than a hundred texts"
            " when an extractor learns on."
        ),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="What to learn (TOML); every type in the data if left out.")
    ] = None,
    init: Annotated[
        str, typer.Option(help="A BERT directory, an extractor's, 'default', or a model to get.")
    ] = "minilm-l6",
    keep_known: Annotated[
        bool,
        typer.Option(
            "--keep-known",
            help="Keep the types that --init knows; else the data's types are all it knows.",
        ),
    ] = False,
    plain: Annotated[
        list[Path] | None,
        typer.Option(
            help="Plain texts on which --keep-known rehearses; else sentences of the package."
        ),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help=f"Of the data: {', '.join(IMPORTERS)}.")
    ] = "jsonl",
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set num_epochs=10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train an extractor on annotated texts, and keep the epoch that is best on dev.

    An extractor (--init default, or the folder of a run) learns new types from fifty sentences in
    minutes. What it knew before it keeps with --keep-known.
    """
    from lexloom.extract.task import FitConfig

    given = Given(
        data=data, dev=dev or [], format=format, schema=schema, init=resolve_model(init),
        keep_known=keep_known, plain=plain or [],
    )  # fmt: skip
    check_outside(out, given.plain)
    named = settings or []
    parallel = _joined(nested_settings(FitConfig, config, named).train)  # misspelt: said at once
    texts, suited = prepare(given)
    fit_config = nested_settings(FitConfig, config, named, suited)
    task = _run(texts, given.init, out, fit_config)
    scores = task.evaluate() if task.dev else {}
    if parallel.is_first:
        _print(_save(task, out, texts.train, scores), scores, as_json=as_json)
    parallel.wait()


def _joined(config: "TrainConfig") -> "Parallel":
    """Join the other processes of the run, each of which holds the whole model."""
    from lexloom.train.parallel import join

    parallel = join(config)
    if parallel.is_sharded:
        raise ConfigError(
            "parallel must be 'replicate' for an extractor, whose model is not shared out",
            hint="leave parallel out",
        )
    return parallel


def _print(path: Path, scores: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(path), "dev": scores})
        return
    shown = ", ".join(f"{name} {100 * value:.1f}" for name, value in scores.items())
    typer.echo(f"{path}\n{f'dev F1: {shown}' if shown else NO_DEV}")


def _run(data: TrainingData, init: Path, out: Path, config: "FitConfig") -> "SpanTask":
    from lexloom.extract.fit import fit
    from lexloom.extract.task import SpanTask

    is_quiet = not _joined(config.train).is_first
    shown = Shown(config.train, score_factor=100, has_dev=bool(data.dev), is_quiet=is_quiet)
    reports = fit(data.train, data.dev, data.schema, init, out, config)
    for report in shown.follow(reports):
        if isinstance(report, SpanTask):
            return report
    raise AssertionError("fit ends with its task")


def _save(
    task: "SpanTask", out: Path, documents: list[AnnotatedDocument], scores: dict[str, float]
) -> Path:
    from lexloom.extract.files import CARD, save_extractor, stored_calibration
    from lexloom.extract.fit import sentences_at_once, trained_files

    files = trained_files(task, out.name, window_sentences=sentences_at_once(documents))
    path = out / "model"
    # fitted since to other texts, when the training was over before
    kept = stored_calibration(path, files.model)
    if kept is not None and kept != files.calibration:
        say(f"{path} keeps the confidences that were fitted for it")
        files = replace(files, calibration=kept)
    save_extractor(files, path, notices={CARD: _card(task, scores)})
    return path


def _card(task: "SpanTask", scores: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {100 * value:.1f} |" for name, value in scores.items())
    judged = (
        f"F1 on {len(task.dev):,} dev texts, by which the epoch and the thresholds were chosen:\n\n"
        f"| protocol | F1 |\n|---|---|\n{rows}\n"
    )
    return (
        "# An extractor trained with Lexloom\n\n"
        f"Trained on {len(task.examples):,} texts for the schema `{task.schema.name}`. "
        f"{judged if task.dev else NO_DEV}\n"
    )
