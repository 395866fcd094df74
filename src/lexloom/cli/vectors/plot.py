"""``lexloom vectors plot``: a map of words, as a picture and as a page to zoom."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lexloom.cli.say import print_json, say
from lexloom.cli.vectors.ask import JsonOption, VectorsArgument, load_vectors
from lexloom.errors import UsageError

EXAMPLE = "Example: lexloom vectors plot runs/vectors --html map.html --png map.png --layout tsne"


def plot(  # noqa: PLR0913 - one argument a flag
    vectors: VectorsArgument,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Words to draw; the most frequent if left out.", show_default=False),
    ] = None,
    *,
    html: Annotated[Path | None, typer.Option(help="A page in one file, to zoom.")] = None,
    png: Annotated[Path | None, typer.Option(help="A picture.")] = None,
    count: Annotated[int, typer.Option(help="Words to draw if none are given.", min=1)] = 500,
    layout: Annotated[
        str, typer.Option(help="pca, tsne (extra maps) or umap (extra umap).")
    ] = "pca",
    seed: Annotated[int, typer.Option(help="The seed of tsne and umap.", min=0)] = 0,
    as_json: JsonOption = False,
) -> None:
    """Draw words in the plane in which their vectors differ most, or so that like ones are near.

    The plane is that of PCA; t-SNE and UMAP keep neighbours together and say less of distances.
    """
    if html is None and png is None:
        raise UsageError("give --html, --png or both", hint="as in --html map.html")
    from lexloom.serve.word_map import draw_word_map, write_word_map_page
    from lexloom.vectors.projection import LAYOUTS

    if layout not in LAYOUTS:
        raise UsageError(f"there is no layout {layout!r}", hint=f"there are {', '.join(LAYOUTS)}")
    loaded = load_vectors(vectors)
    chosen = list(dict.fromkeys(words)) if words else loaded.index_to_key[:count]
    with Console(stderr=True).status(f"laying out {len(chosen):,} words"):
        places = LAYOUTS[layout](loaded.unit(chosen), seed)
    title = f"{len(chosen):,} words of {vectors.name}"
    missing = ""
    if html:
        write_word_map_page(html, chosen, places, title=title)
    if png:
        missing = draw_word_map(png, chosen, places, title=title)
    if missing:
        say(f"no font of this machine can show {missing}")
    paths = [str(path) for path in (html, png) if path]
    if as_json:
        print_json({"paths": paths, "num_words": len(chosen)})
    else:
        typer.echo("\n".join(paths))
