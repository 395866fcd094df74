"""``lexloom vectors convert``: word vectors from one file format to another."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lexloom.cli.say import print_json
from lexloom.cli.vectors.ask import JsonOption, VectorsArgument, load_vectors

EXAMPLE = "Example: lexloom vectors convert runs/vectors vectors.txt --to word2vec"


def convert(
    vectors: VectorsArgument,
    target: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    to: Annotated[
        str,
        typer.Option(help="safetensors, word2vec, word2vec-binary, glove or fasttext."),
    ] = "word2vec",
    as_json: JsonOption = False,
) -> None:
    """Read vectors of any form that is known and write them in another."""
    loaded = load_vectors(vectors)
    with Console(stderr=True).status("writing"):
        loaded.save(target, to)
    if as_json:
        values = {"path": str(target), "num_words": len(loaded), "dim": loaded.vector_size}
        print_json(values)
    else:
        typer.echo(str(target))
