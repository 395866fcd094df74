"""``lexloom train classifier`` and ``regressor``: an encoder with a new head that reads texts."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lexloom.annotations.labelled import Columns, LabelledText, read_labelled
from lexloom.annotations.split import hold_out
from lexloom.cli.say import say
from lexloom.cli.train.finish import Job, finish
from lexloom.config import parse_overrides, read_table
from lexloom.models.registry import resolve_model

if TYPE_CHECKING:
    from lexloom.models.heads import HeadTask

DEV_SHARE = 0.1
"""Share of the data that is held out when no dev set is given."""

CLASSIFIER_EXAMPLE = (
    "Example: lexloom train classifier --data reviews.tsv --text review --label stars --out runs/r"
)
REGRESSOR_EXAMPLE = (
    "Example: lexloom train regressor --data sts.tsv --text a --pair b --label score --out runs/s"
)

DataOption = Annotated[list[Path], typer.Option(help="Training data.")]
OutOption = Annotated[Path, typer.Option(help="The run's folder; the model comes to OUT/model.")]
DevOption = Annotated[
    list[Path] | None, typer.Option(help="Dev data; a tenth of the data if left out.")
]
TextOption = Annotated[str, typer.Option(help="Column with the text.")]
PairOption = Annotated[
    str | None, typer.Option(help="Column with the second text, if texts come in pairs.")
]
DEFAULT_INIT = "minilm-l6"
InitOption = Annotated[str, typer.Option(help="A BERT directory, or a model to get.")]
ConfigOption = Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="One setting, as in --set num_epochs=3.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def text_command(kind: "HeadTask", about: str, label: str, what: str) -> Callable[..., None]:
    """Give the command that trains a classifier or a regressor, which differ in their labels only.

    Args:
        kind: What is trained.
        about: The command's help.
        label: The column that is the label where none is named.
        what: What that column holds.
    """

    def command(  # noqa: PLR0913 - one argument a flag
        *,
        data: DataOption,
        out: OutOption,
        dev: DevOption = None,
        text: TextOption = "text",
        pair: PairOption = None,
        label: Annotated[str, typer.Option(help=f"Column with the {what}.")] = label,
        init: InitOption = DEFAULT_INIT,
        config: ConfigOption = None,
        settings: SetOption = None,
        as_json: JsonOption = False,
    ) -> None:
        columns = Columns(text=text, pair=pair, label=label)
        _train_texts(kind, data, dev, columns, (init, out, config, settings, as_json))

    command.__doc__ = about
    return command


classifier = text_command(
    "classifier",
    "Train a classifier of texts or pairs (.tsv, .csv or .jsonl), and keep the best epoch.",
    "label",
    "label",
)
regressor = text_command(
    "regressor",
    "Train a model that gives texts or pairs a score (.tsv, .csv or .jsonl).",
    "score",
    "score, a number",
)


Common = tuple[str, Path, Path | None, list[str] | None, bool]


def _train_texts(
    kind: "HeadTask", data: list[Path], dev: list[Path] | None, columns: Columns, common: Common
) -> None:
    init, out, config, settings, as_json = common
    from lexloom.models.head_files import save_head
    from lexloom.train.head_start import HeadFitConfig
    from lexloom.train.labelled import fit, make_text_task, trained_files

    fit_config = HeadFitConfig.of(flat_settings(config, settings))
    train = _read_texts(data, columns)
    if dev:
        held = _read_texts(dev, columns)
    else:
        is_class = kind == "classifier"
        train, held = hold_out(
            train, DEV_SHARE, content=lambda item: f"{item.text}\n{item.pair}",
            labels=lambda item: [item.label] if is_class else (),
        )  # fmt: skip
    task = make_text_task(kind, train, held, resolve_model(init), fit_config)
    if task.num_cut:
        say(
            f"{task.num_cut} training texts are longer than {task.files.max_tokens} "
            "tokens; their ends are not read (--set max_tokens=512 reads more)"
        )
    steps = fit(task, train, out)
    job = Job(task, steps, lambda: trained_files(task), save_head, len(train), len(held))
    finish(job, out, as_json=as_json)


def flat_settings(path: Path | None, settings: list[str] | None) -> dict[str, Any]:
    """Give what a file of settings says, and over it what the command line says."""
    return (read_table(path) if path else {}) | parse_overrides(settings or [])


def _read_texts(paths: Iterable[Path], columns: Columns) -> list[LabelledText]:
    return [item for path in paths for item in read_labelled(path, columns)]
