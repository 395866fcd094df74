"""``lexloom fill-mask``: what a model that was trained on masked words would write."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lexloom.cli.say import print_json
from lexloom.models.registry import resolve_model
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.models.fill_mask import FilledMask

EXAMPLE = 'Example: lexloom fill-mask --model runs/bert/model "Paris is the [MASK] of France."'


def fill_mask(
    texts: Annotated[list[str], typer.Argument(help="Texts that hold [MASK] once or more.")],
    *,
    model: Annotated[str, typer.Option(help="A BERT directory with its word head.")],
    top_k: Annotated[int, typer.Option(min=1, help="Words a mask.")] = 5,
    uncertainty: Annotated[
        int | None,
        typer.Option(min=2, help="Average so many passes with dropout, and show their spread."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a text and line.")
    ] = False,
) -> None:
    """Give the likeliest words for each [MASK], with their probabilities."""
    from lexloom.models.fill_mask import MaskFiller

    filler = MaskFiller.load(resolve_model(model))
    for text in texts:
        masks = filler.fill(text, top_k=top_k, num_passes=uncertainty)
        if as_json:
            print_json({"text": text, "masks": [asdict(mask) for mask in masks]})
        else:
            _print(masks)


def _print(masks: list["FilledMask"]) -> None:
    for mask in masks:
        typer.echo(f"[{mask.start}, {mask.end})")
        for word in mask.candidates:
            spread = "" if word.std is None else f" ± {word.std:.4f}"
            typer.echo(f"  {word.probability:.4f}{spread}\t{printable(word.word)}")
