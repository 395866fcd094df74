"""``lexloom vectors nearest`` and ``analogy``: what word vectors answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from lexloom.cli.say import print_json
from lexloom.errors import UsageError
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.vectors.approximate import NeighbourIndex
    from lexloom.vectors.keyed import Neighbours, WordVectors

NEAREST_EXAMPLE = "Example: lexloom vectors nearest runs/vectors king 城市 --top 5"
ANALOGY_EXAMPLE = "Example: lexloom vectors analogy runs/vectors man king woman"

VectorsArgument = Annotated[
    Path, typer.Argument(help="A folder or file of vectors.", show_default=False)
]
TopOption = Annotated[int, typer.Option("--top", help="Words to give.", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def nearest(
    vectors: VectorsArgument,
    words: Annotated[list[str], typer.Argument(help="Words.", show_default=False)],
    *,
    top: TopOption = 10,
    index: Annotated[
        Path | None,
        typer.Option(help="A folder for a graph of neighbours (extra index); made if it is new."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give the words whose vectors are nearest to that of each word, with the cosines.

    All words are compared, so the answer is exact; with --index few are, and seldom one is missed.
    """
    loaded = load_vectors(vectors)
    found = (_index(index, loaded) if index else loaded).nearest(words, top)
    if as_json:
        values = [
            {"word": word, "nearest": _plain(near)} for word, near in zip(words, found, strict=True)
        ]
        print_json(values)
        return
    for word, near in zip(words, found, strict=True):
        _echo_neighbours(word if len(words) > 1 else "", near)


def analogy(  # noqa: PLR0913 - one argument a flag
    vectors: VectorsArgument,
    a: Annotated[str, typer.Argument(help="As this word ...", show_default=False)],
    b: Annotated[str, typer.Argument(help="... is to this, ...", show_default=False)],
    c: Annotated[str, typer.Argument(help="... so is this to the answer.", show_default=False)],
    *,
    top: TopOption = 10,
    mul: Annotated[
        bool, typer.Option("--mul", help="Multiply similarities (3CosMul), not add them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give the words that are to the third word as the second is to the first."""
    loaded = load_vectors(vectors)
    ask = loaded.most_similar_cosmul if mul else loaded.most_similar
    found = ask([b, c], [a], topn=top)
    if as_json:
        print_json(_plain(found))
    else:
        _echo_neighbours("", found)


def load_vectors(path: Path) -> "WordVectors":
    """Read vectors, and show that they are read: a large text takes a while."""
    from lexloom.vectors.keyed import WordVectors

    with Console(stderr=True).status(Text(f"reading {printable(str(path))}")):
        return WordVectors.load(path)


def _index(folder: Path, vectors: "WordVectors") -> "NeighbourIndex":
    """Open the index of a folder, or make it and show how far it is."""
    from lexloom.vectors.approximate import NeighbourIndex, is_built

    if is_built(folder):
        return NeighbourIndex.load(folder, vectors)
    if folder.exists():
        raise UsageError(f"{folder} is there and no index", hint="give a new folder")
    console = Console(stderr=True)
    columns = TextColumn("indexing"), BarColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("indexing", total=len(vectors))
        index = NeighbourIndex.build(vectors, on_words=lambda count: bar.advance(task, count))
    index.save(folder)
    return index


def _plain(found: "Neighbours") -> list[dict[str, str | float]]:
    return [{"word": word, "score": score} for word, score in found]


def _echo_neighbours(word: str, found: "Neighbours") -> None:
    for other, score in found:
        shown = map(printable, [word, other] if word else [other])
        _echo("\t".join([*shown, f"{score:.4f}"]))


def _echo(line: str) -> None:
    # UTF-8 whatever the terminal says
    typer.echo((line + "\n").encode("utf-8", "replace"), nl=False)
