"""``lexloom train extractor``: entities, relations and events from annotated texts."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import IMPORTERS, import_dataset, infer_schema
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import Schema
from lexloom.annotations.split import split
from lexloom.cli.train.settings import nested_settings
from lexloom.cli.train.show import Shown
from lexloom.models.registry import resolve_model

if TYPE_CHECKING:
    from lexloom.extract.fit import FitConfig, SpanTask

DEV_SHARE = 0.1
"""Share of the data that is held out when no dev set is given."""

EXAMPLE = "Example: lexloom train extractor --data train.jsonl --init minilm-l6 --out runs/mine"


def extractor(  # noqa: PLR0913 - one argument a flag
    *,
    data: Annotated[list[Path], typer.Option(help="Annotated training texts.")],
    out: Annotated[Path, typer.Option(help="The run's folder; the model comes to OUT/model.")],
    dev: Annotated[
        list[Path] | None, typer.Option(help="Dev texts; a tenth of the data if left out.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="What to learn (TOML); every type in the data if left out.")
    ] = None,
    init: Annotated[
        str, typer.Option(help="A BERT directory, an extractor's, 'default', or a model to get.")
    ] = "minilm-l6",
    format: Annotated[
        str, typer.Option("--format", help=f"Of the data: {', '.join(IMPORTERS)}.")
    ] = "jsonl",
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set num_epochs=10.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train an extractor on annotated texts, and keep the epoch that is best on dev."""
    from lexloom.extract.fit import FitConfig

    fit_config = nested_settings(FitConfig, config, settings or [])
    documents = _read(data, format)
    held_out = _read(dev, format) if dev else []
    if not dev:
        parts = split(documents, {"train": 1 - DEV_SHARE, "dev": DEV_SHARE}, seed=0)
        documents, held_out = parts["train"], parts["dev"]
    asked = Schema.load(schema) if schema else infer_schema(documents, data[0].stem)
    task = _run(documents, held_out, asked, resolve_model(init), out, fit_config)
    result = _save(task, out, documents)
    if as_json:
        typer.echo(json.dumps(result))
    else:
        scores = ", ".join(f"{name} {100 * value:.1f}" for name, value in result["dev"].items())
        typer.echo(f"{result['path']}\ndev F1: {scores}")


def _read(paths: list[Path], format: str) -> list[AnnotatedDocument]:
    report = ImportReport()
    documents = [d for path in paths for d in import_dataset(path, format, report=report)]
    if report.unaligned.total:
        typer.echo(f"lexloom: {report.unaligned.total} facts do not fit their text", err=True)
    return documents


def _run(
    documents: list[AnnotatedDocument],
    dev: list[AnnotatedDocument],
    schema: Schema,
    init: Path,
    out: Path,
    config: "FitConfig",
) -> "SpanTask":
    from lexloom.extract.fit import SpanTask, fit

    shown = Shown(config.train, score_factor=100)
    for report in shown.follow(fit(documents, dev, schema, init, out, config)):
        if isinstance(report, SpanTask):
            return report
    raise AssertionError("fit ends with its task")


def _save(task: "SpanTask", out: Path, documents: list[AnnotatedDocument]) -> dict[str, Any]:
    from lexloom.extract.files import CARD, save_extractor
    from lexloom.extract.fit import sentences_at_once, trained_files

    scores = task.evaluate()
    files = trained_files(task, out.name, window_sentences=sentences_at_once(documents))
    save_extractor(files, out / "model", notices={CARD: _card(task, scores)})
    return {"path": str(out / "model"), "dev": scores}


def _card(task: "SpanTask", scores: dict[str, float]) -> str:
    rows = "\n".join(f"| {name} | {100 * value:.1f} |" for name, value in scores.items())
    return (
        "# An extractor trained with Lexloom\n\n"
        f"Trained on {len(task.examples):,} texts for the schema `{task.schema.name}`. F1 on "
        f"{len(task.dev):,} dev texts, by which the epoch and the thresholds were chosen:\n\n"
        f"| protocol | F1 |\n|---|---|\n{rows}\n"
    )
