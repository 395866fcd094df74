"""``lexloom data``: annotated data in and out of the native form, measured, split, sampled."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.annotations.formats.table import (
    EXPORTERS,
    FOLDER_EXPORTERS,
    IMPORTERS,
    SchemaObserver,
    export_dataset,
    export_pieces,
    import_dataset,
)
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.report import ExportReport, ImportReport, Omissions
from lexloom.annotations.schema import Schema
from lexloom.annotations.split import split
from lexloom.annotations.statistics import Statistics, measure
from lexloom.artifacts import write_text
from lexloom.cli import sample
from lexloom.cli.say import print_json
from lexloom.cli.targets import check_ending, check_targets
from lexloom.config import from_mapping, parse_overrides
from lexloom.corpus.sentences import split_sentences
from lexloom.errors import UsageError
from lexloom.printable import printable

PARTLY_DONE = 3
"""Exit code when something could not be carried over."""

app = typer.Typer(
    help="Annotated data sets in and out of the native form (JSON lines with offsets).",
    no_args_is_help=True,
)

FileArgument = Annotated[Path, typer.Argument(help="The data set.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.command(
    "import",
    epilog="Example: lexloom data import train.conll --format columns --out train.jsonl",
)
def import_command(  # noqa: PLR0913 - one argument a flag
    file: FileArgument,
    *,
    format: Annotated[
        str, typer.Option("--format", help=f"One of: {', '.join(IMPORTERS)}.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; standard output if left out.")
    ] = None,
    schema_out: Annotated[
        Path | None, typer.Option("--schema-out", help="Write the types that occur as a schema.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option("--schema", help="Keep the types of this schema only.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="id_prefix=, joiner=, sub_roles=, entity_type=, start=, stop=."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a data set in a foreign format, and say what could not be aligned with its text."""
    _check_one_output(out, as_json=as_json)
    check_targets(out, schema_out, inputs=[file])
    options = from_mapping(ImportOptions, parse_overrides(settings or ()), where="--set")
    if schema is not None:
        options = replace(options, schema=Schema.load(schema))
    report, observer = ImportReport(), SchemaObserver()
    documents = import_dataset(file, format, report=report, options=options)
    _write(_observed(_watched(documents, "importing"), observer), out)
    if schema_out is not None:
        write_text(schema_out, observer.schema(file.stem).dumps())
    _show_import(report, as_json=as_json)
    if report.unaligned.total or report.unknown.total:
        raise typer.Exit(PARTLY_DONE)


@app.command(
    "export", epilog="Example: lexloom data export gold.jsonl --format columns --out gold.conll"
)
def export_command(
    file: FileArgument,
    *,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help=f"One of: {', '.join([*EXPORTERS, *FOLDER_EXPORTERS])}.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write, for brat a folder; else standard output."),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option("--schema", help="Types that instructions ask for (iepile).")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="source= or max_types= (iepile).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write native JSON lines in a foreign format, and say what it cannot hold."""
    _check_one_output(out, as_json=as_json)
    check_targets(None if format in FOLDER_EXPORTERS else out, inputs=[file])
    options = from_mapping(ExportOptions, parse_overrides(settings or ()), where="--set")
    if schema is not None:
        options = replace(options, schema=Schema.load(schema))
    report = ExportReport()
    documents = _watched(import_dataset(file, "jsonl"), "exporting")
    if out is None:
        for piece in export_pieces(documents, format, report, options):
            _print_data(piece)
    else:
        export_dataset(documents, out, format, report=report, options=options)
    _show_export(report, as_json=as_json)
    if report.left_out.total:
        raise typer.Exit(PARTLY_DONE)


@app.command("stats", epilog="Example: lexloom data stats train.jsonl --plot train.png")
def stats_command(
    file: FileArgument,
    *,
    format: Annotated[
        str, typer.Option("--format", help=f"One of: {', '.join(IMPORTERS)}.")
    ] = "jsonl",
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Draw counts and lengths as a PNG.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count documents, types and overlaps, and measure texts, sentences and mentions."""
    check_ending(plot, (".png",))
    check_targets(plot, inputs=[file])
    report = ImportReport()
    documents = import_dataset(file, format, report=report)
    statistics = measure(_watched(documents, "reading"), split_sentences)
    if plot is not None:
        _plot(plot, statistics, file.name)
    if as_json:
        print_json(statistics.to_dict(), indent=2)
    else:
        _print_table(_statistics_rows(statistics.to_dict()), Console())
    if report.unaligned.total:
        _print_omissions("not aligned", report.unaligned)
        raise typer.Exit(PARTLY_DONE)


def _plot(path: Path, statistics: Statistics, title: str) -> None:
    from lexloom.serve.statistics import draw_statistics

    missing = draw_statistics(path, statistics, title=title)
    if missing:
        typer.echo(f"no font of this machine has the characters {missing}", err=True)


@app.command(
    "split",
    epilog="Example: lexloom data split a.jsonl --share train=0.9 --share dev=0.1 --out-dir parts",
)
def split_command(
    file: FileArgument,
    *,
    share: Annotated[
        list[str],
        typer.Option("--share", help="Name and share of a part; once a part.", show_default=False),
    ],
    out_dir: Annotated[
        Path, typer.Option("--out-dir", help="Folder for one file a part.", show_default=False)
    ],
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another split.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Part native JSON lines at random but repeatably; equal texts stay in one part."""
    shares = _shares(share)
    check_targets(*(out_dir / f"{name}.jsonl" for name in shares), inputs=[file])
    documents = _watched(import_dataset(file, "jsonl"), "reading")
    parts = split(documents, shares, seed=seed)
    rows = {}
    for name, part in parts.items():
        write_jsonl(part, out_dir / f"{name}.jsonl")
        rows[name] = len(part)
    if as_json:
        print_json(rows)
    else:
        _print_table(rows.items(), Console())


app.command("sample", epilog=sample.EXAMPLE)(sample.sample_command)


def _check_one_output(out: Path | None, *, as_json: bool) -> None:
    if out is None and as_json:
        raise UsageError(
            "--json prints the report where the data would go", hint="give --out FILE too"
        )


def _shares(values: Iterable[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for value in values:
        name, _, number = value.partition("=")
        if not name or Path(name).name != name:
            raise UsageError(f"the part's name {name!r} cannot be a file's name")
        if name in shares:
            raise UsageError(f"--share gives the part {name!r} twice", hint="name each part once")
        try:
            shares[name] = float(number)
        except ValueError as error:
            raise UsageError(
                f"--share takes a name and a number, got {value!r}", hint="such as dev=0.1"
            ) from error
    return shares


def _watched(documents: Iterable[AnnotatedDocument], doing: str) -> Iterable[AnnotatedDocument]:
    """Show how many documents went by, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return documents
    return track(documents, doing, total=None, transient=True, console=console)


def _observed(
    documents: Iterable[AnnotatedDocument], observer: SchemaObserver
) -> Iterator[AnnotatedDocument]:
    for document in documents:
        observer.add(document)
        yield document


def _write(documents: Iterable[AnnotatedDocument], out: Path | None) -> None:
    if out is not None:
        write_jsonl(documents, out)
        return
    for document in documents:
        _print_data(json.dumps(document.to_dict(), ensure_ascii=False) + "\n")


def _print_data(text: str) -> None:
    # bytes, for data is UTF-8 whatever the terminal's encoding
    typer.echo(text.encode("utf-8", "surrogatepass"), nl=False)


def _show_import(report: ImportReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_dict(), indent=2)
        return
    rows: list[tuple[str, int]] = [("documents", report.documents)]
    for kind in ("entities", "relations", "events", "arguments", "merged"):
        rows += [(f"{kind}: {name}", count) for name, count in getattr(report, kind).most_common()]
    _print_table(rows, Console(stderr=True))
    _print_omissions("not aligned", report.unaligned)
    _print_omissions("unknown to the schema", report.unknown)
    _print_omissions("left out", report.left_out)
    _print_omissions("kept, though marked loosely", report.repaired)


def _show_export(report: ExportReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.to_dict(), indent=2)
        return
    counts = asdict(report)
    rows = [(kind, counts[kind]) for kind in ("documents", "entities", "relations", "events")]
    _print_table(rows, Console(stderr=True))
    _print_omissions("changed", report.changed)
    _print_omissions("left out", report.left_out)


def _print_table(rows: Iterable[tuple[str, Any]], console: Console) -> None:
    table = Table(box=None, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    for name, value in rows:
        number = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
        table.add_row(Text(printable(name)), number)  # Text, for a type may look like markup
    console.print(table)


def _print_omissions(title: str, omissions: Omissions) -> None:
    for row in omissions.to_list():
        sentence = f"{title}: {row['count']:,} x {row['reason']} ({row['example']})"
        typer.echo(printable(sentence), err=True)


def _statistics_rows(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        label = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield from ((f"{label}: {key}", part) for key, part in value.items())
        else:
            yield label, value
