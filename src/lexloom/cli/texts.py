"""The texts of one call: read from files, what cannot be read said on stderr and counted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lexloom.cli.tokenizer import PARTLY_DONE, print_failure
from lexloom.corpus.read import read_documents
from lexloom.records import Failure

FilesArgument = Annotated[
    list[Path],
    typer.Argument(help="Files, folders, or - for the standard input.", show_default=False),
]


class Texts:
    """The texts of files and folders, read as they are asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.num_failed = 0
        self.num_read = 0

    def __iter__(self) -> Iterator[str]:
        for item in read_documents(self.paths):
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
