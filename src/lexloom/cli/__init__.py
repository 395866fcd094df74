"""The command line: one thin file per command group, joined here.

No command module imports torch at its top, so that ``lexloom --help`` answers at once.
"""

import sys
from typing import Annotated

import typer

from lexloom import __version__, logs
from lexloom.cli import (
    corpus,
    data,
    doctor,
    evaluate,
    extract,
    fill_mask,
    graph,
    models,
    ngram,
    predict,
    tokenizer,
    tokens,
    train,
    vectors,
)
from lexloom.errors import LexloomError

app = typer.Typer(
    name="lexloom",
    help="From words to knowledge: entities, relations and events with exact offsets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"lexloom {__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what is being done.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Set up logging before any command runs."""
    logs.configure(verbose=verbose)


app.command("extract", epilog=extract.EXAMPLE)(extract.extract)
app.add_typer(corpus.app, name="corpus")
app.add_typer(data.app, name="data")
app.add_typer(tokenizer.app, name="tokenizer")
app.add_typer(tokens.app, name="tokens")
app.add_typer(vectors.app, name="vectors")
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="evaluate")
app.command("predict", epilog=predict.EXAMPLE)(predict.predict)
app.add_typer(ngram.app, name="ngram")
app.command("fill-mask", epilog=fill_mask.EXAMPLE)(fill_mask.fill_mask)
app.add_typer(graph.app, name="graph")
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)


def run() -> None:
    """Run the command line; a user's mistake gives one sentence on stderr and its exit code."""
    try:
        app()
    except LexloomError as error:
        typer.echo(f"lexloom: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:  # such as a full disk
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"lexloom: {where}{error.strerror or error}", err=True)
        sys.exit(1)
