"""``lexloom vectors plot``: a map of words, as a picture and as a page to zoom."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lexloom.cli.vectors.ask import JsonOption, VectorsArgument
from lexloom.errors import UsageError

EXAMPLE = "Example: lexloom vectors plot runs/vectors --html map.html --png map.png --count 500"


def plot(
    vectors: VectorsArgument,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Words to draw; the most frequent if left out.", show_default=False),
    ] = None,
    *,
    html: Annotated[Path | None, typer.Option(help="A page in one file, to zoom.")] = None,
    png: Annotated[Path | None, typer.Option(help="A picture.")] = None,
    count: Annotated[int, typer.Option(help="Words to draw if none are given.", min=1)] = 500,
    as_json: JsonOption = False,
) -> None:
    """Draw words in the plane in which their vectors differ most (PCA)."""
    if html is None and png is None:
        raise UsageError("give --html, --png or both", hint="as in --html map.html")
    from lexloom.serve.word_map import draw_word_map, write_word_map_page
    from lexloom.vectors.keyed import WordVectors
    from lexloom.vectors.projection import principal_plane

    loaded = WordVectors.load(vectors)
    chosen = words or loaded.index_to_key[:count]
    places = principal_plane(loaded.unit(chosen))
    title = f"{len(chosen):,} words of {vectors.name}"
    missing = ""
    if html:
        write_word_map_page(html, chosen, places, title=title)
    if png:
        missing = draw_word_map(png, chosen, places, title=title)
    if missing:
        typer.echo(f"lexloom: no font of this machine can show {missing}", err=True)
    paths = [str(path) for path in (html, png) if path]
    typer.echo(
        json.dumps({"paths": paths, "num_words": len(chosen)}) if as_json else "\n".join(paths)
    )
