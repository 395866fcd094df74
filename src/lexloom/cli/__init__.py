"""The command line: one thin file per command group, joined here.

A group is imported when one of its commands is asked for, and none imports torch at its top, so
that ``lexloom --help`` answers at once.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from lexloom import __version__, logs
from lexloom.cli.lazy import LazyCommand, lazy_group
from lexloom.cli.say import say
from lexloom.errors import LexloomError, UsageError

COMMANDS = {
    "extract": LazyCommand(
        "lexloom.cli.extract",
        "extract",
        "Read documents and give their entities, relations and events with exact offsets.",
    ),
    "corpus": LazyCommand(
        "lexloom.cli.corpus", "app", "Raw documents to a clean corpus, and what it holds."
    ),
    "data": LazyCommand(
        "lexloom.cli.data",
        "app",
        "Annotated data sets in and out of the native form (JSON lines with offsets).",
    ),
    "tokenizer": LazyCommand(
        "lexloom.cli.tokenizer", "app", "Train tokenizers, extend them, try and measure them."
    ),
    "tokens": LazyCommand("lexloom.cli.tokens", "app", "Documents to memory-mapped token files."),
    "vectors": LazyCommand(
        "lexloom.cli.vectors", "app", "Word vectors: learn, ask, score, draw, convert."
    ),
    "train": LazyCommand(
        "lexloom.cli.train", "app", "Train models; a run that was cut off goes on."
    ),
    "evaluate": LazyCommand("lexloom.cli.evaluate", "app", "Score models on annotated texts."),
    "predict": LazyCommand(
        "lexloom.cli.predict",
        "predict",
        "Give the label and its probability, the score, or the tags of each text.",
    ),
    "ngram": LazyCommand(
        "lexloom.cli.ngram",
        "app",
        "N-gram language models: train, score, ask, generate, ARPA; neural ones are asked too.",
    ),
    "fill-mask": LazyCommand(
        "lexloom.cli.fill_mask",
        "fill_mask",
        "Give the likeliest words for each [MASK], with their probabilities.",
    ),
    "graph": LazyCommand(
        "lexloom.cli.graph", "app", "Build, ask, correct and export a knowledge graph."
    ),
    "models": LazyCommand("lexloom.cli.models", "app", "Fetch models and look into them."),
    "doctor": LazyCommand(
        "lexloom.cli.doctor",
        "doctor",
        "Say what this machine can do, and what is missing; exit code 0 if facts can be read.",
    ),
}
"""Every command, in the order in which they are listed."""

OF_TEXTS = ("tokenizer", "vectors", "predict", "ngram", "fill-mask")
"""Commands whose arguments may be texts, which may be empty; those of the others name things."""
READER_IS_GONE = 128 + signal.SIGPIPE
"""Exit code where the output has no reader any more."""

app = typer.Typer(
    name="lexloom",
    cls=lazy_group(COMMANDS),
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


def run() -> None:
    """Run the command line; a user's mistake gives one sentence on stderr and its exit code.

    Where the reader of the output goes away, as ``head`` does, the command ends without a word, and
    with the exit code that a shell gives for other tools then.
    """
    _open_what_is_closed()
    _show_what_the_terminal_cannot()
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        _write_to_nobody()
        code = READER_IS_GONE
    sys.exit(code)


def _run() -> str | int | None:
    """Run the command line and give the exit code."""
    try:
        _refuse_empty_names(sys.argv[1:])
        app()
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # click and rich leave with 1 then
            raise leaving.__context__ from None
        return leaving.code
    except LexloomError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:  # such as a full disk
        where = f"{error.filename}: " if error.filename else ""
        say(f"{where}{error.strerror or error}")
        return 1
    return 0


def _refuse_empty_names(arguments: Sequence[str]) -> None:
    """Refuse an empty path, which would be taken for the current folder and all that is in it."""
    if "" in arguments and not set(OF_TEXTS) & set(arguments[:2]):
        raise UsageError("one of the arguments is empty", hint="is a variable of the shell unset?")


def _write_to_nobody() -> None:
    """Send away what the streams still hold, so that leaving does not try to write it."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nobody, number)
    os.close(nobody)


def _open_what_is_closed() -> None:
    """Let streams that the shell closed, as by ``>&-``, give nothing and take everything."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            opened = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 -- to the end
            setattr(sys, name, opened)


def _show_what_the_terminal_cannot() -> None:
    """Show characters that the output's encoding lacks, such as lone surrogates, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
