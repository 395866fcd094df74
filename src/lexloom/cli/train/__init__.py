"""``lexloom train``: one command a kind of model, each with progress, dev scores and resume."""

import typer

from lexloom.cli.train import extractor

app = typer.Typer(help="Train models; a run that was cut off goes on.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep the group a group while it has one command."""


app.command("extractor", epilog=extractor.EXAMPLE)(extractor.extractor)
