"""``lexloom models calibrate``: fit an extractor's confidences to annotated texts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from lexloom.annotations.formats.table import IMPORTERS, import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.cli.say import print_json, say
from lexloom.errors import UsageError
from lexloom.models.registry import shipped_models

if TYPE_CHECKING:
    from lexloom.extract.calibrate import CalibrationReport

EXAMPLE = "Example: lexloom models calibrate runs/mine/model --data dev.jsonl"


def calibrate(
    model: Annotated[str, typer.Argument(help="An extractor's directory, or 'default'.")],
    *,
    data: Annotated[list[Path], typer.Option(help="Annotated texts that it was not trained on.")],
    format: Annotated[
        str, typer.Option("--format", help=f"Of the data: {', '.join(IMPORTERS)}.")
    ] = "jsonl",
    out: Annotated[
        Path | None, typer.Option(help="Directory to write; the model's own if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fit an extractor's confidences to annotated texts, so that 0.8 is right 8 times of 10.

    The same facts are found as before. A training does this at its end, on its dev texts; do it
    anew where the texts to be read differ from those.
    """
    if out is None and model in shipped_models():
        raise UsageError(
            f"{model!r} is a part of the package and stays as it is",
            hint="give --out DIRECTORY for a calibrated copy",
        )
    from lexloom.extract.recalibrate import recalibrate

    report = ImportReport()
    documents = [d for path in data for d in import_dataset(path, format, report=report)]
    if report.unaligned.total:
        say(f"{report.unaligned.total} facts do not fit their text and are left out")
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=sum(len(item.text) for item in documents))
        result = recalibrate(
            model, documents, out, on_characters=lambda count: bar.advance(task, count)
        )
    where = str(out or model)
    if as_json:
        print_json({"path": where, "fits": result.to_dict()})
    else:
        typer.echo(where)
        Console().print(_table(result))


def _table(result: "CalibrationReport") -> Table:
    table = Table("confidence of", "facts", "fit", "error before", "error after")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, fit in result.fits.items():
        errors = (fit.error_before, fit.error_after)
        table.add_row(
            kind, str(fit.num_facts), fit.form, *(f"{100 * error:.1f} %" for error in errors)
        )
    return table
