"""``lexloom corpus``: raw documents to a clean corpus, and what a corpus holds."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track
from rich.table import Table
from rich.text import Text

from lexloom.artifacts import MANIFEST
from lexloom.cli.say import print_json, say
from lexloom.config import from_mapping, parse_overrides, read_table
from lexloom.corpus.mixture import parse_weights
from lexloom.corpus.pipeline import BuildConfig, Job, build
from lexloom.corpus.report import FAILED, Report
from lexloom.corpus.statistics import measure_corpus
from lexloom.engine.local import LocalEngine
from lexloom.engine.protocol import Ledger
from lexloom.errors import ConfigError
from lexloom.printable import printable

PARTLY_DONE = 3
"""Exit code when some documents failed and others did not."""

app = typer.Typer(help="Raw documents to a clean corpus, and what it holds.", no_args_is_help=True)


@app.command("build", epilog="Example: lexloom corpus build laws/ novels/ --out corpus --workers 2")
def build_command(  # noqa: PLR0913 - one argument a flag
    files: Annotated[list[Path], typer.Argument(help="Files and folders; each is a source.")],
    *,
    out: Annotated[
        Path, typer.Option(help="Folder for the corpus; a build that was cut off goes on there.")
    ],
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set prose.min_units=50.")
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; the corpus is the same.")] = 1,
    keep_rejects: Annotated[
        bool, typer.Option("--keep-rejects", help="Write what was dropped too, with its reason.")
    ] = False,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="Texts that must not be in the corpus.")
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option(help="Copies of a source's documents, as in laws=2.0.")
    ] = None,
    harmful_words: Annotated[
        Path | None, typer.Option(help="Drop documents with one of these words, one a line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Clean, filter, deduplicate and mix documents, and say what went where."""
    job = Job(
        paths=files,
        out=out,
        config=_build_config(config, settings or []),
        weights=parse_weights(weights or []),
        evaluation=evaluation or [],
        harmful_words=harmful_words,
        keep_rejects=keep_rejects,
    )
    if (out / MANIFEST).exists():
        say(f"{out} is built already; remove it to build it again")
    ledger = Ledger()
    with _progress() as advance:
        report = build(job, LocalEngine(num_workers=workers), ledger=ledger, on_document=advance)
    _show(report, ledger, as_json=as_json)
    raise typer.Exit(_exit_code(report))


@app.command("stats", epilog="Example: lexloom corpus stats corpus/")
def stats_command(
    files: Annotated[list[Path], typer.Argument(help="Corpus folders, and their files.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Count documents, characters and units by source and kind, and measure lengths."""
    statistics = measure_corpus(_watched(files)).to_dict()
    if as_json:
        print_json(statistics, indent=2)
    else:
        _print_table(_statistics_rows(statistics), Console())


def _build_config(path: Path | None, settings: list[str]) -> BuildConfig:
    values = read_table(path) if path else {}
    for key, value in parse_overrides(settings).items():
        table = values
        *sections, name = key.split(".")
        for section in sections:
            table = table.setdefault(section, {})
            if not isinstance(table, dict):
                raise ConfigError(f"--set {key}: {section} is no table of settings")
        table[name] = value
    return from_mapping(BuildConfig, values, where=str(path or "settings"))


def _exit_code(report: Report) -> int:
    """0 when every document was read and cleaned, 3 when some were, 1 when none was."""
    total = report.total()
    num_failed = total.dropped.get(FAILED, 0)
    if not num_failed:
        return 0
    return PARTLY_DONE if num_failed < total.documents else 1


def _show(report: Report, ledger: Ledger, *, as_json: bool) -> None:
    for death in ledger.deaths:
        say(f"{death}; what it worked on was tried again")
    for failing in report.failures:
        say(failing.sentence)
    unseen = report.total().dropped.get(FAILED, 0) - len(report.failures)
    if unseen > 0:
        say(f"and {unseen:,} more that failed")
    if not report.total().kept:
        say("no document was kept")
    if as_json:
        print_json(report.to_dict(), indent=2)
    else:
        _print_table(report.rows(), Console())


def _statistics_rows(values: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("documents", "characters", "units"):
        yield name, values[name]
    for name, value in values["document_characters"].items():
        yield f"characters of a document, {name}", value
    for group in ("sources", "kinds"):
        for name, counts in values[group].items():
            yield f"{group[:-1]} {name}: documents", counts["documents"]
            yield f"{group[:-1]} {name}: characters", counts["characters"]


def _print_table(rows: Iterable[tuple[str, int]], console: Console) -> None:
    table = Table(box=None, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(Text(printable(name)), f"{value:,}")  # Text, for a name may look like markup
    console.print(table)


def _watched(files: list[Path]) -> Iterable[Path]:
    console = Console(stderr=True)
    if not console.is_terminal:
        return files
    return track(files, "reading", transient=True, console=console)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show how much is done, on stderr and only on a terminal."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,} characters, {task.fields[documents]:,} documents"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("building", total=None, documents=0)
        num_documents = 0

        def advance(characters: int) -> None:
            nonlocal num_documents
            num_documents += 1
            bar.update(task, advance=characters, documents=num_documents)

        yield advance
