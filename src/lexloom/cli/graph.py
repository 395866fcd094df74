"""``lexloom graph``: build, ask, correct and export a knowledge graph."""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from lexloom.cli.say import say
from lexloom.config import from_mapping
from lexloom.errors import InputError, LexloomError
from lexloom.graph import GraphStore
from lexloom.graph.check import check_extraction
from lexloom.graph.export import json_line
from lexloom.graph.views import EntityDetail, EntitySummary, EventView, FactView, MergeView
from lexloom.printable import printable
from lexloom.records import Extraction, Span, without_marks

app = typer.Typer(
    name="graph",
    help="Build, ask, correct and export a knowledge graph.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MAX_CELL = 80
PARTLY_DONE = 3

GraphFile = Annotated[Path, typer.Option("--graph", "-g", help="The graph, an SQLite file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many of each to show.")]
EntityName = Annotated[
    str, typer.Argument(help="A spelling of the entity, or id:NUMBER.", metavar="ENTITY")
]


class Format(StrEnum):
    """The formats of an export."""

    JSONL = "jsonl"
    GRAPHML = "graphml"


def _example(command: str) -> str:
    return f"Example: lexloom graph {command}"


@app.command(
    "import", epilog=_example("import facts.jsonl --graph kg.sqlite"), no_args_is_help=True
)
def import_(
    files: Annotated[
        list[Path], typer.Argument(help="What `lexloom extract --json` wrote, - for stdin.")
    ],
    graph: GraphFile,
    as_json: AsJson = False,
) -> None:
    """Add extractions to a graph, which is made if need be.

    A line that does not fit is named on stderr and left out; the exit code is then 3, or 1 when
    nothing could be added.
    """
    counts = {"added": 0, "unchanged": 0, "replaced": 0, "failed": 0}
    facts = 0
    _check_files(files)
    extractions = _extractions(files, counts)
    # a graph is not made for nothing
    if (first := next(extractions, None)) is not None:
        with GraphStore.open(graph) as store:
            for extraction in itertools.chain([first], extractions):
                report = store.add(extraction)
                counts[report.status] += 1
                facts += report.new_facts
    _print_record(counts | {"new_facts": facts}, as_json=as_json)
    if first is None and not counts["failed"]:
        say("there is no extraction to add (give what `lexloom extract --json` wrote)")
    if first is None or counts["failed"]:
        raise typer.Exit(1 if first is None else PARTLY_DONE)


@app.command(epilog=_example("documents --graph kg.sqlite"))
def documents(graph: GraphFile, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List the documents of a graph."""
    with GraphStore.open(graph, create=False) as store:
        rows = [asdict(document) for document in store.documents(limit)]
    _print_rows(rows, as_json=as_json)


@app.command(epilog=_example("stats --graph kg.sqlite --json"))
def stats(graph: GraphFile, as_json: AsJson = False) -> None:
    """Count documents, entities, facts and events."""
    with GraphStore.open(graph, create=False) as store:
        values = asdict(store.stats())
    if as_json:
        typer.echo(json_line(values))
        return
    types = {key: values.pop(key) for key in ("entity_types", "predicates", "event_types")}
    _print_record(values, as_json=False)
    for title, rows in types.items():
        if rows:
            _print_rows(rows, as_json=False, title=title.replace("_", " "))


@app.command(epilog=_example('show "Marie Curie" --graph kg.sqlite'))
def show(entity: EntityName, graph: GraphFile, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Tell what is known of an entity, and where it was read."""
    with GraphStore.open(graph, create=False) as store:
        detail = store.show(entity, limit)
    if as_json:
        typer.echo(json_line(detail))
        return
    _print_rows([_entity_row(detail.entity)], as_json=False)
    _print_rows([asdict(name) for name in detail.names], as_json=False, title="spellings")
    _print_mentions(detail)
    _print_facts(detail.facts, detail.num_facts)
    _print_events(detail.events, detail.num_events)


@app.command(epilog=_example('neighbours "Marie Curie" --depth 2 --graph kg.sqlite'))
def neighbours(
    entity: EntityName,
    graph: GraphFile,
    depth: Annotated[int, typer.Option("--depth", min=1, help="How many facts to follow.")] = 1,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the entities near one, and the facts between them."""
    with GraphStore.open(graph, create=False) as store:
        found = store.neighbours(entity, depth, limit)
    if as_json:
        typer.echo(json_line(found))
        return
    _print_rows([_entity_row(neighbour) for neighbour in found.neighbours], as_json=False)
    _print_facts(found.facts, len(found.facts))
    if found.truncated:
        say("there is more; raise --limit to see it")


@app.command(epilog=_example("search curie --graph kg.sqlite"))
def search(
    text: Annotated[str, typer.Argument(help="A part of a name; case does not matter.")],
    graph: GraphFile,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Find entities by a part of their name."""
    with GraphStore.open(graph, create=False) as store:
        found = store.search(text, limit)
    if as_json:
        typer.echo(json_line(found))
    else:
        _print_rows([_entity_row(entity) for entity in found], as_json=False)


@app.command(epilog=_example("merges --graph kg.sqlite --undone"))
def merges(
    graph: GraphFile,
    undone: Annotated[bool, typer.Option("--undone", help="List those taken back too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List which spellings were joined to which, with the numbers that `unmerge` takes."""
    with GraphStore.open(graph, create=False) as store:
        rows = [asdict(merge) for merge in store.merges(undone=undone)]
    _print_rows(rows, as_json=as_json)


@app.command(epilog=_example('merge "Marie Curie" "Skłodowska" --graph kg.sqlite'))
def merge(
    entity: EntityName,
    other: Annotated[str, typer.Argument(help="The entity to join to it.", metavar="OTHER")],
    graph: GraphFile,
    as_json: AsJson = False,
) -> None:
    """Say that two entities are the same; `unmerge` takes it back."""
    with GraphStore.open(graph, create=False) as store:
        made: MergeView = store.merge(entity, other)
    _print_record(asdict(made), as_json=as_json)


@app.command(epilog=_example("unmerge 7 --graph kg.sqlite"))
def unmerge(
    merge_id: Annotated[int, typer.Argument(help="A number that `merges` lists.", metavar="ID")],
    graph: GraphFile,
    as_json: AsJson = False,
) -> None:
    """Take back a merge; what it joined stays apart from then on."""
    with GraphStore.open(graph, create=False) as store:
        split = store.unmerge(merge_id)
    _print_record(asdict(split), as_json=as_json)


@app.command(epilog=_example("forget report.txt --graph kg.sqlite"))
def forget(
    document: Annotated[str, typer.Argument(help="The id of the document.", metavar="DOC")],
    graph: GraphFile,
    as_json: AsJson = False,
) -> None:
    """Take out a document and everything that it alone supports."""
    with GraphStore.open(graph, create=False) as store:
        report = store.forget(document)
    _print_record(asdict(report), as_json=as_json)


@app.command(epilog=_example("export --format graphml --out kg.graphml --graph kg.sqlite"))
def export(
    graph: GraphFile,
    format_: Annotated[Format, typer.Option("--format", help="The format.")] = Format.JSONL,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; else stdout.")] = None,
) -> None:
    """Write the whole graph as JSON lines (with the evidence) or GraphML."""
    with GraphStore.open(graph, create=False) as store:
        if out is not None:
            store.export(out, format_.value)
            return
        for line in store.lines(format_.value):
            typer.echo(line)


def _extractions(files: Sequence[Path], counts: dict[str, int]) -> Iterator[Extraction]:
    """Give what the lines hold; those that do not fit are said and counted."""
    for where, line in _lines(files):
        try:
            yield _parse(line)
        except LexloomError as error:
            say(f"{where}: {_cell(str(error), 300)}")
            counts["failed"] += 1


def _check_files(files: Sequence[Path]) -> None:
    for path in files:
        if str(path) != "-" and not path.exists():
            raise InputError(f"there is no file {path}", hint="check the path")
        if path.is_dir():
            raise InputError(f"{path} is a folder", hint="give the files in it")


def _lines(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Give each line that is not blank, with where it stands, and draw a bar on a terminal."""
    for path in files:
        if str(path) == "-":
            yield from _numbered(path, sys.stdin.buffer)
            continue
        try:
            with path.open("rb") as stream, _progress() as progress:
                task = progress.add_task(path.name, total=path.stat().st_size or None)
                for where, line in _numbered(path, stream):
                    yield where, line
                    progress.advance(task, len(line))
        except OSError as error:
            raise InputError(
                f"cannot read {path}: {error.strerror}", hint="check the path"
            ) from error


def _numbered(path: Path, lines: Any) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield f"{path}, line {number}", line


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _parse(line: bytes) -> Extraction:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}") from error
    if not isinstance(values, dict):
        raise InputError("an extraction must be a JSON object")
    extraction = from_mapping(Extraction, without_marks(values), where="extraction")
    check_extraction(extraction, None)
    return extraction


def _cell(value: object, max_length: int = MAX_CELL) -> str:
    """Show a value on one line, without what would steer the terminal."""
    if isinstance(value, float):
        return f"{value:.3f}"
    shown = printable(str(value)[: max_length + 1])
    return shown if len(shown) <= max_length else shown[: max_length - 1] + "…"


def _print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, title: str | None = None) -> None:
    if as_json:
        typer.echo(json_line(list(rows)))
        return
    if not rows:
        say("nothing found")
        return
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(Text("" if v is None else _cell(v)) for v in row.values()))
    Console().print(table)


def _print_record(values: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json_line(values))
    else:
        rows = [{"": key.replace("_", " "), "value": value} for key, value in values.items()]
        _print_rows(rows, as_json=False)


def _entity_row(entity: EntitySummary) -> dict[str, Any]:
    values = asdict(entity)
    return values | {"confidence": _sure(values["confidence"], zero_shot=values.pop("zero_shot"))}


def _sure(confidence: float, *, zero_shot: bool) -> str:
    return f"{confidence:.3f}{'  zero-shot' if zero_shot else ''}"


def _page(span: Span) -> str:
    return "" if span.page is None else f" (page {span.page})"


def _print_mentions(detail: EntityDetail) -> None:
    rows = [
        {
            "document": mention.source.document,
            "span": f"{mention.span.start}–{mention.span.end}{_page(mention.span)}",
            "text": mention.snippet or mention.span.text,
            "confidence": _sure(mention.confidence, zero_shot=mention.zero_shot),
            "model": mention.source.model,
        }
        for mention in detail.mentions
    ]
    _print_rows(rows, as_json=False, title=f"mentions ({detail.entity.num_mentions})")


def _print_facts(facts: Sequence[FactView], number: int) -> None:
    rows = [
        {
            "subject": fact.subject.name,
            "predicate": fact.predicate,
            "object": fact.object.name,
            "confidence": _sure(fact.confidence, zero_shot=fact.zero_shot),
            "documents": fact.num_documents,
            "read in": f"{best.source.document} at {best.subject.start}{_page(best.subject)}"
            f" and {best.object.start}{_page(best.object)}",
        }
        for fact in facts
        for best in fact.evidence[:1]
    ]
    if rows:
        _print_rows(rows, as_json=False, title=f"facts ({number})")


def _print_events(events: Sequence[EventView], number: int) -> None:
    rows = [
        {
            "event": event.type,
            "trigger": event.trigger.text,
            "arguments": "; ".join(f"{a.role}: {a.span.text}" for a in event.arguments),
            "confidence": _sure(event.confidence, zero_shot=event.zero_shot),
            "read in": f"{event.source.document} at {event.trigger.start}{_page(event.trigger)}",
        }
        for event in events
    ]
    if rows:
        _print_rows(rows, as_json=False, title=f"events ({number})")
