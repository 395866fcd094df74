"""``lexloom tokens``: documents to memory-mapped token files, and what such files hold."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lexloom.cli.say import print_json
from lexloom.cli.texts import PARTLY_DONE, print_failure
from lexloom.corpus.read import check_outside, read_in_parts
from lexloom.records import Document, Failure

if TYPE_CHECKING:
    from lexloom.tokens.indexed import TokenFile

app = typer.Typer(help="Documents to memory-mapped token files.", no_args_is_help=True)

PrefixArgument = Annotated[Path, typer.Argument(help="The path without .bin or .idx.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(
    "build",
    epilog="Example: lexloom tokens build texts/ --tokenizer tok --out data/laws --workers 4",
)
def build_command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files, folders, or - for the standard input.", show_default=False),
    ],
    *,
    tokenizer: Annotated[
        Path, typer.Option(help="A tokenizer.json or its folder.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option(help="Prefix of the .bin, .idx and .json to write.", show_default=False)
    ],
    workers: Annotated[int, typer.Option(help="Processes; the output is the same.")] = 1,
    append_eos: Annotated[
        bool, typer.Option("--append-eos", help="End each document with its special token.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tokenize documents into Megatron's layout; a build that was cut off goes on."""
    from lexloom.tokens.build import BuildConfig, build
    from lexloom.tokens.indexed import data_path

    check_outside(data_path(out), files)
    config = BuildConfig(num_workers=workers, append_eos=append_eos)
    with _progress() as on_characters:
        documents = _told(read_in_parts(files))
        report = build(documents, tokenizer, out, config, on_characters=on_characters)
    assert report.record is not None  # build ends with it or with an error
    values = {
        "path": str(out),
        **report.record.to_dict(),
        "num_failures": len(report.failures),
        "num_shards": report.num_shards,
        "num_shards_kept": report.num_shards_kept,
    }
    _print(values, as_json=as_json)
    if report.failures:
        raise typer.Exit(PARTLY_DONE)


def _told(documents: Iterable[Document | Failure]) -> Iterator[Document | Failure]:
    """Pass documents on and name on stderr what cannot be read, also if the build then fails."""
    for item in documents:
        if isinstance(item, Failure):
            print_failure(item)
        yield item


@app.command("inspect", epilog="Example: lexloom tokens inspect data/laws --tokenizer tok --show 3")
def inspect_command(
    prefix: PrefixArgument,
    *,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Check that these ids are of this tokenizer.")
    ] = None,
    show: Annotated[int, typer.Option(help="Sequences to show.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Check token files against their hashes and count what they hold."""
    from lexloom.tokens.indexed import TokenFile
    from lexloom.tokens.tokenizer import Tokenizer

    loaded = None if tokenizer is None else Tokenizer.load(tokenizer)
    file = TokenFile.open(prefix, tokenizer=loaded, verify=True)
    values = _describe(file)
    sequences: list[Any] = []
    for number in range(min(show, len(file))):
        ids = file[number].tolist()
        sequences.append(ids if loaded is None else loaded.decode(ids, skip_special_tokens=False))
    if as_json:
        _print(values | ({"sequences": sequences} if show else {}), as_json=True)
        return
    _print(values, as_json=False)
    for sequence in sequences:
        print_json(sequence)


def _describe(file: "TokenFile") -> dict[str, Any]:
    lengths = file.lengths
    return {
        "path": str(file.prefix),
        "dtype": file.tokens.dtype.name,
        "num_documents": file.num_documents,
        "num_sequences": file.num_sequences,
        "num_tokens": file.num_tokens,
        "mean_sequence_tokens": float(lengths.mean()) if len(lengths) else 0.0,
        "max_sequence_tokens": int(lengths.max()) if len(lengths) else 0,
        "tokenizer_sha256": file.record.tokenizer_sha256 if file.record else None,
        "vocab_size": file.record.vocab_size if file.record else None,
        "has_eos": file.record.has_eos if file.record else None,
        "verified": file.record is not None,
    }


def _print(values: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(values)
        return
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in values.items():
        is_count = isinstance(value, int) and not isinstance(value, bool)
        shown = f"{value:,}" if is_count else f"{value:,.1f}" if isinstance(value, float) else value
        # Text, for a path may look like markup
        table.add_row(name.replace("_", " "), Text(str("not stated" if shown is None else shown)))
    Console().print(table)


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show how much has been tokenized, on stderr and only on a terminal."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,} characters tokenized"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("tokenizing", total=None)
        yield lambda count: bar.advance(task, count)
