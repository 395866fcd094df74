"""The texts of one call: read from files, what cannot be read said on stderr and counted."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track

from lexloom.cli.say import say
from lexloom.corpus.read import read_in_parts
from lexloom.records import Document, Failure

PARTLY_DONE = 3
"""Exit code when some of the files could not be read."""

FilesArgument = Annotated[
    list[Path],
    typer.Argument(help="Files, folders, or - for the standard input.", show_default=False),
]


class Texts:
    """The texts of files and folders, read as they are asked for."""

    def __init__(self, paths: list[Path], doing: str | None = None) -> None:
        """Set up.

        Args:
            paths: Files and folders.
            doing: What a bar says while they are read; None where something else is shown.
        """
        self.paths = paths
        self.doing = doing
        self.num_failed = 0
        self.num_read = 0

    def __iter__(self) -> Iterator[str]:
        documents: Iterable[Document | Failure] = read_in_parts(self.paths)
        for item in _watched(documents, self.doing) if self.doing else documents:
            if isinstance(item, Failure):
                self.num_failed += 1
                print_failure(item)
            else:
                self.num_read += 1
                yield item.text

    def leave(self, *others: "Texts | None") -> None:
        """Leave with the exit code that says whether all was read, some, or nothing."""
        texts = [self, *(other for other in others if other)]
        some = PARTLY_DONE if any(item.num_read for item in texts) else 1
        raise typer.Exit(some if any(item.num_failed for item in texts) else 0)


def print_failure(failure: Failure) -> None:
    """Say on stderr what could not be read."""
    say(failure.sentence)


def _watched(documents: Iterable[Document | Failure], doing: str) -> Iterable[Document | Failure]:
    """Show how many documents went by, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return documents
    return track(documents, doing, total=None, transient=True, console=console)


class Watch:
    """Shows what is being done and how many words went by, on stderr and only on a terminal."""

    def __init__(self, step: str) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}: {task.completed:,} words"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(step, total=None)

    def __enter__(self) -> "Watch":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def words(self, count: int) -> None:
        """Count words that went by."""
        self._bar.advance(self._task, count)

    def step(self, name: str) -> None:
        """Say what is done now."""
        self._bar.update(self._task, description=name)
