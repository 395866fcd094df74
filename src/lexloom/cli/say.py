"""How a command speaks: in sentences on stderr, behind the program's name, and in JSON."""

import json
import re
from typing import Any

import typer

from lexloom.printable import finite, printable

_SURROGATE = re.compile("[\ud800-\udfff]")


def say(sentence: str) -> None:
    """Say a sentence on stderr; it may hold what was read, which steers no terminal then."""
    typer.echo(f"lexloom: {printable(sentence)}", err=True)


def print_json(value: Any, *, indent: int | None = None, err: bool = False) -> None:
    """Print a value as `json_text` gives it, in UTF-8 on any terminal."""
    typer.echo(f"{json_text(value, indent=indent)}\n".encode(), nl=False, err=err)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Give JSON that everything reads: null for what is no number, half characters escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except ValueError:  # such as the loss of a training that came to nothing
        text = json.dumps(finite(value), ensure_ascii=False, indent=indent)
    # UTF-8 cannot hold half of a character, and its escape can
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
