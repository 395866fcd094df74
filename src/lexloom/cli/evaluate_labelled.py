"""``lexloom evaluate classifier``, ``regressor`` and ``tagger``: measures with their intervals."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lexloom.annotations.formats.table import IMPORTERS
from lexloom.annotations.labelled import Columns, read_labelled
from lexloom.annotations.report import ImportReport
from lexloom.annotations.tagged import read_tagged
from lexloom.cli.say import print_json
from lexloom.errors import UsageError
from lexloom.models.registry import resolve_model

if TYPE_CHECKING:
    from lexloom.models.heads import HeadTask
    from lexloom.models.labellers import Labeller
    from lexloom.train.label_scores import Scorer

EXAMPLE = (
    "Example: lexloom evaluate classifier --model runs/r/model --data test.tsv --text sentence"
)
REGRESSOR_EXAMPLE = (
    "Example: lexloom evaluate regressor --model runs/pairs --data test.tsv --text a --pair b"
)
TAGGER_EXAMPLE = "Example: lexloom evaluate tagger --model runs/words --data test.conll"

ModelOption = Annotated[str, typer.Option(help="The model's directory.")]
DataOption = Annotated[list[Path], typer.Option(help="Texts with gold labels.")]
TextOption = Annotated[str, typer.Option(help="Column with the text.")]
PairOption = Annotated[str | None, typer.Option(help="Column with the second text.")]
LabelOption = Annotated[str, typer.Option(help="Column with the gold label or score.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")]


def text_command(task: "HeadTask", about: str, label: str) -> Callable[..., None]:
    """Give the command that scores a classifier or a regressor.

    Args:
        task: What is scored.
        about: The command's help.
        label: The column that holds what is gold where none is named.
    """

    def command(
        *,
        model: ModelOption,
        data: DataOption,
        text: TextOption = "text",
        pair: PairOption = None,
        label: LabelOption = label,
        as_json: JsonOption = False,
    ) -> None:
        _texts(task, model, data, Columns(text=text, pair=pair, label=label), as_json)

    command.__doc__ = about
    return command


classifier = text_command(
    "classifier", "Score a classifier; with two labels, the last one is what F1 is about.", "label"
)
regressor = text_command("regressor", "Score a model that gives scores.", "score")


def tagger(
    *,
    model: ModelOption,
    data: DataOption,
    format: Annotated[
        str, typer.Option("--format", help=f"Of the data: {', '.join(IMPORTERS)}.")
    ] = "columns",
    as_json: JsonOption = False,
) -> None:
    """Score a tagger."""
    report = ImportReport()
    items = [item for path in data for item in read_tagged(path, format, report)]
    files = _load(model, "tagger")
    from lexloom.train.judge import judge_tags

    with Console(stderr=True).status("reading ..."):
        scorer = judge_tags(files, items)
    _print(files, scorer, as_json)


def _texts(task: "HeadTask", model: str, data: list[Path], columns: Columns, as_json: bool) -> None:
    items = [item for path in data for item in read_labelled(path, columns)]
    files = _load(model, task)
    from lexloom.models.head_files import HeadFiles
    from lexloom.train.judge import judge_texts

    assert isinstance(files, HeadFiles)
    with Console(stderr=True).status("reading ..."):
        scorer = judge_texts(files, items)
    _print(files, scorer, as_json)


def _load(model: str, task: "HeadTask") -> "Labeller":
    from lexloom.models.labellers import load_labeller

    files = load_labeller(resolve_model(model))
    if files.config.task != task:
        raise UsageError(
            f"{model} is a {files.config.task}, not a {task}",
            hint=f"lexloom evaluate {files.config.task}",
        )
    return files


def _print(files: "Labeller", scorer: "Scorer", as_json: bool) -> None:
    from lexloom.train.label_scores import estimate

    found = estimate(scorer)
    if as_json:
        measures: Mapping[str, Any] = {
            name: {"value": item.value, "interval": [item.low, item.high]}
            for name, item in found.items()
        }
        shown = {
            "task": files.config.task,
            "labels": list(files.config.labels),
            "num_items": len(scorer),
            "measures": measures,
        }
        print_json(shown)
        return
    table = Table("measure", "value", "95 % interval", box=None)
    for name, item in found.items():
        table.add_row(name, f"{item.value:.4f}", f"{item.low:.4f}–{item.high:.4f}")
    Console().print(table)
