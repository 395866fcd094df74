"""``lexloom train classifier``, ``regressor`` and ``tagger``: an encoder with one new head."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lexloom.annotations.formats.table import IMPORTERS
from lexloom.annotations.labelled import Columns, LabelledText, read_labelled
from lexloom.annotations.report import ImportReport
from lexloom.annotations.split import hold_out
from lexloom.annotations.tagged import TaggedWords, read_tagged
from lexloom.cli.train.show import Shown
from lexloom.config import parse_overrides, read_table
from lexloom.models.registry import resolve_model

if TYPE_CHECKING:
    from lexloom.models.heads import HeadTask
    from lexloom.train.head_start import HeadFitConfig
    from lexloom.train.labelled import LabelledTask

DEV_SHARE = 0.1
"""Share of the data that is held out when no dev set is given."""

CLASSIFIER_EXAMPLE = (
    "Example: lexloom train classifier --data reviews.tsv --text review --label stars --out runs/r"
)
REGRESSOR_EXAMPLE = (
    "Example: lexloom train regressor --data sts.tsv --text a --pair b --label score --out runs/s"
)
TAGGER_EXAMPLE = (
    "Example: lexloom train tagger --data train.conll --dev dev.conll --out runs/tagger"
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
FormatOption = Annotated[
    str,
    typer.Option(
        "--format", help=f"Of the data: {', '.join(IMPORTERS)}; columns may hold any tags."
    ),
]
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
        init: InitOption = "minilm-l6",
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


def tagger(  # noqa: PLR0913 - one argument a flag
    *,
    data: DataOption,
    out: OutOption,
    dev: DevOption = None,
    format: FormatOption = "columns",
    init: InitOption = "minilm-l6",
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a tagger of words: parts of speech, or entities as BIO tags."""
    fit_config = _fit_config(config, settings)
    train = _read_tags(data, format)
    if dev:
        held = _read_tags(dev, format)
    else:
        train, held = hold_out(
            train, DEV_SHARE, content=lambda item: "\n".join(item.words),
            labels=lambda item: item.tags,
        )  # fmt: skip
    from lexloom.train.labelled import make_tag_task

    task = make_tag_task(train, held, resolve_model(init), fit_config)
    _report(_run(task, train, out, len(held)), as_json=as_json)


Common = tuple[str, Path, Path | None, list[str] | None, bool]


def _train_texts(
    kind: "HeadTask", data: list[Path], dev: list[Path] | None, columns: Columns, common: Common
) -> None:
    init, out, config, settings, as_json = common
    fit_config = _fit_config(config, settings)
    train = _read_texts(data, columns)
    if dev:
        held = _read_texts(dev, columns)
    else:
        is_class = kind == "classifier"
        train, held = hold_out(
            train, DEV_SHARE, content=lambda item: f"{item.text}\n{item.pair}",
            labels=lambda item: [item.label] if is_class else (),
        )  # fmt: skip
    from lexloom.train.labelled import make_text_task

    task = make_text_task(kind, train, held, resolve_model(init), fit_config)
    if task.num_cut:
        typer.echo(
            f"lexloom: {task.num_cut} training texts are longer than {task.files.max_tokens} "
            "tokens; their ends are not read (--set max_tokens=512 reads more)",
            err=True,
        )
    _report(_run(task, train, out, len(held)), as_json=as_json)


def _fit_config(path: Path | None, settings: list[str] | None) -> "HeadFitConfig":
    from lexloom.train.head_start import HeadFitConfig

    return HeadFitConfig.of((read_table(path) if path else {}) | parse_overrides(settings or []))


def _read_texts(paths: Iterable[Path], columns: Columns) -> list[LabelledText]:
    return [item for path in paths for item in read_labelled(path, columns)]


def _read_tags(paths: Iterable[Path], format: str) -> list[TaggedWords]:
    report = ImportReport()
    items = [item for path in paths for item in read_tagged(path, format, report)]
    if lost := report.unaligned.total + report.left_out.total:
        typer.echo(f"lexloom: {lost} entities cannot be written as tags", err=True)
    return items


def _run(
    task: "LabelledTask",
    train: list[LabelledText] | list[TaggedWords],
    out: Path,
    num_dev: int,
) -> dict[str, Any]:
    """Train and save; give what is reported."""
    from lexloom.models.head_files import save_head
    from lexloom.train.labelled import fit, trained_files

    is_score = task.files.config.task == "regressor"
    shown = Shown(task.config.train, score_factor=1 if is_score else 100)
    for _ in shown.follow(fit(task, train, out)):
        pass
    scores = task.evaluate()
    card = _card(task, scores, len(train), num_dev)
    save_head(trained_files(task), out / "model", notices={"README.md": card})
    return {
        "path": str(out / "model"),
        "labels": list(task.files.config.labels),
        "num_train": len(train),
        "num_dev": num_dev,
        "num_train_cut": task.num_cut,
        "dev": scores,
    }


def _report(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    scores = ", ".join(f"{name} {value:.3f}" for name, value in result["dev"].items())
    typer.echo(f"{result['path']}\ndev: {scores}")


def _card(task: "LabelledTask", scores: dict[str, float], num_train: int, num_dev: int) -> str:
    config = task.files.config
    rows = "\n".join(f"| {name} | {value:.4f} |" for name, value in scores.items())
    # a label is data: it must not become markup
    plain = (" ".join(label.replace("`", "'").split()) for label in config.labels[:50])
    labels = ", ".join(f"`{label}`" for label in plain)
    return (
        f"# A {config.task} trained with Lexloom\n\n"
        f"Trained on {num_train:,} texts. It gives: {labels}"
        f"{' ...' if len(config.labels) > 50 else ''}. It reads at most {task.files.max_tokens} "
        "tokens at once.\n\n"
        f"Measured on {num_dev:,} dev texts, by which the epoch was chosen:\n\n"
        f"| measure | value |\n|---|---|\n{rows}\n"
    )
