"""What a command says beside its data: a sentence on stderr, behind the program's name."""

import typer

from lexloom.printable import printable


def say(sentence: str) -> None:
    """Say a sentence on stderr; it may hold what was read, which steers no terminal then."""
    typer.echo(f"lexloom: {printable(sentence)}", err=True)
