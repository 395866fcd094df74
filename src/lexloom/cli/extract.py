"""``lexloom extract``: documents to entities, relations and events, to a graph and to a page."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import lexloom
from lexloom.artifacts import atomic_write
from lexloom.cli.facts import print_extraction
from lexloom.cli.say import say
from lexloom.cli.targets import check_targets, outputs_among
from lexloom.cli.zero_shot import asked_schema, say_zero_shot
from lexloom.corpus.formats.source import ReadOptions
from lexloom.corpus.read import read_documents
from lexloom.extract.selection import sure_facts
from lexloom.graph import GraphStore
from lexloom.graph.export import json_line
from lexloom.records import Document, Extraction, Failure
from lexloom.serve.page import write_page

EXAMPLE = "Example: lexloom extract report.pdf notes/ book.epub mail.zip --graph kg.sqlite"
PARTLY_DONE = 3
"""Exit code when some documents failed and others did not."""
SQLITE_ENDINGS = ("-wal", "-shm", "-journal")
"""Of the files that SQLite keeps beside a graph while it is open."""

Sink = Callable[[Document, Extraction], None]


def extract(  # noqa: PLR0913 - one argument a flag
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders, or - for the standard input: text, Markdown, HTML, PDF, DOCX,"
            " EPUB, CSV, TSV, JSON lines, Wikipedia dumps, and ZIP, tar, gzip, bzip2 and Zstandard"
            " archives of them."
        ),
    ],
    *,
    schema: Annotated[
        Path | None,
        typer.Option(help="What to ask for (TOML); the model's own schema if left out."),
    ] = None,
    model: Annotated[
        str, typer.Option(help="An extractor's directory, or the shipped 'default'.")
    ] = "default",
    graph: Annotated[
        Path | None, typer.Option(help="Add the facts to this graph (an SQLite file).")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with the text, its facts and the graph.")
    ] = None,
    text_out: Annotated[
        Path | None,
        typer.Option(help="Write the texts that the offsets point into, as JSON lines."),
    ] = None,
    text_field: Annotated[
        str | None,
        typer.Option(help="Field of JSON lines or column of a table that holds the text."),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out facts less probable than this.")
    ] = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a document and line.")
    ] = False,
) -> None:
    """Read documents and give their entities, relations and events with exact offsets.

    Offsets point into the text that was read out of a document; for a PDF, a page or a book,
    --text-out writes it down. What cannot be read is named on stderr and the exit code is 3, or 1
    when nothing could be read. Types that the model was not trained on are marked as zero-shot.
    """
    check_targets(graph, html, text_out, inputs=files)
    asked = None if schema is None else asked_schema(schema)
    extractor = lexloom.load_extractor(model)
    asked = asked or extractor.schema
    say_zero_shot(asked, extractor.zero_shot_tables(asked))
    run = _Run(files, ReadOptions(text_field=text_field), _written(files, graph, html, text_out))
    with ExitStack() as stack:
        sinks = [_print_json if as_json else _print_facts, *_files_to_write(stack, graph, text_out)]
        on_characters = stack.enter_context(_progress())
        items = extractor.extract_many(run.documents(), asked, on_characters=on_characters)
        pairs = run.deliver(_sure(items, min_confidence), sinks)
        if html is not None:
            write_page(html, pairs, schema=asked)
        else:
            deque(pairs, maxlen=0)
    raise typer.Exit(run.exit_code)


def _sure(
    items: Iterator[Extraction | Failure], min_confidence: float
) -> Iterator[Extraction | Failure]:
    for item in items:
        yield item if isinstance(item, Failure) else sure_facts(item, min_confidence)


class _Run:
    """The documents of one call: read, waiting for their facts, done, failed."""

    def __init__(self, paths: list[Path], options: ReadOptions, written: list[Path]) -> None:
        self.paths = paths
        self.options = options
        self.written = written
        self.num_done = 0
        self.num_failed = 0
        self._waiting: dict[str, Document] = {}

    def documents(self) -> Iterator[Document | Failure]:
        """Read the documents, remembering each text until its facts are known."""
        for item in read_documents(self.paths, self.options, leave_out=self.written):
            if isinstance(item, Document):
                self._waiting[item.id] = item
            yield item

    def deliver(
        self, items: Iterator[Extraction | Failure], sinks: list[Sink]
    ) -> Iterator[tuple[Document, Extraction]]:
        """Hand each extraction to the sinks, report each failure, and pass the rest on."""
        for item in items:
            if isinstance(item, Failure):
                self.num_failed += 1
                say(item.sentence)
                continue
            document = self._waiting.pop(item.document.id)
            for sink in sinks:
                sink(document, item)
            self.num_done += 1
            yield document, item

    @property
    def exit_code(self) -> int:
        """0 when every document was read, 3 when some were, 1 when none was."""
        if not self.num_failed:
            return 0
        return PARTLY_DONE if self.num_done else 1


def _written(files: list[Path], graph: Path | None, *others: Path | None) -> list[Path]:
    """Give what this call writes into the folders that it reads."""
    inside = outputs_among(files, graph, *others)
    if graph in inside:
        inside += [Path(f"{graph}{ending}") for ending in SQLITE_ENDINGS]
    return inside


def _files_to_write(stack: ExitStack, graph: Path | None, text_out: Path | None) -> Iterator[Sink]:
    """Open what is written document by document, and give a sink for each."""
    if graph is not None:
        store = stack.enter_context(GraphStore.open(graph))
        yield lambda document, facts: _ignore(store.add(facts, document.text))
    if text_out is not None:
        yield _text_writer(stack.enter_context(atomic_write(text_out)))


def _ignore(_report: object) -> None:
    """Drop what a sink reports."""


def _text_writer(stream: BinaryIO) -> Sink:
    """Give a sink that writes each text on a line, in the form of JSON lines that is read too."""

    def write(document: Document, extraction: Extraction) -> None:
        values: dict[str, Any] = {"id": document.id, "text": document.text}
        values |= {"source": document.source, "sha256": extraction.document.sha256}
        values |= {"pages": list(document.pages)} if document.pages else {}
        stream.write(json_line(values).encode("utf-8") + b"\n")

    return write


def _print_json(_document: Document, extraction: Extraction) -> None:
    # bytes, for data is UTF-8 whatever the terminal's encoding
    typer.echo(json_line(extraction.to_dict()).encode("utf-8"))


def _print_facts(document: Document, extraction: Extraction) -> None:
    print_extraction(document, extraction)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show how much has been read, on stderr and only on a terminal."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,} characters read"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("reading", total=None)
        yield lambda count: bar.advance(task, count)
