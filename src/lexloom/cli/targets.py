"""The files that a command is asked to write, checked before it begins."""

import os
from collections.abc import Iterable
from pathlib import Path

from lexloom.cli.say import say
from lexloom.errors import UsageError


def check_targets(*targets: Path | None, inputs: Iterable[Path] = ()) -> None:
    """Refuse what cannot be written, one file for two things, and a file that is read.

    Raises:
        UsageError: If a file cannot be written, would be written twice, or would take the place of
            one of the inputs.
    """
    read = [path for path in inputs if path.is_file()]
    named: set[Path] = set()
    for target in targets:
        if target is None or _is_written_in_place(target):
            continue
        if target.is_dir():
            raise UsageError(f"{target} is a folder", hint="give the name of a file to write")
        _check_place(target)
        if target.resolve() in named:
            raise UsageError(f"{target} is given twice", hint="give each output a file of its own")
        if target.is_file() and any(target.samefile(path) for path in read):
            raise UsageError(
                f"{target} is read, and would be overwritten", hint="give the output another name"
            )
        named.add(target.resolve())


def _is_written_in_place(target: Path) -> bool:
    """Say whether it is a device or a pipe, whose place no file takes."""
    return target.exists() and not target.is_file() and not target.is_dir()


def _check_place(target: Path) -> None:
    """Refuse what would stand in a shut folder, or in no folder."""
    folder = next(parent for parent in target.absolute().parents if parent.exists())
    if not folder.is_dir():
        raise UsageError(f"cannot write {target}, for {folder} is no folder", hint="check the path")
    if not os.access(folder, os.W_OK):
        raise UsageError(
            f"cannot write {target}, for {folder} is not open to you",
            hint="check the folder's permissions, or give another",
        )


def check_ending(target: Path | None, endings: Iterable[str]) -> None:
    """Refuse a name that does not say a form that can be written.

    Raises:
        UsageError: If it has another ending.
    """
    if target is not None and target.suffix.lower() not in endings:
        raise UsageError(
            f"cannot tell the form of {target}", hint=f"its name must end in {' or '.join(endings)}"
        )


def outputs_among(folders: Iterable[Path], *targets: Path | None) -> list[Path]:
    """Give the outputs that lie in folders that are read, for reading to pass them over.

    Those that are there already are named on stderr.
    """
    inside = [
        target
        for target in targets
        if target and any(_lies_in(target, folder) for folder in folders)
    ]
    if there := [str(target) for target in inside if target.exists()]:
        what = "is not read, for it is" if len(there) == 1 else "are not read, for they are"
        say(f"{', '.join(there)} {what} written by this call")
    return inside


def _lies_in(target: Path, folder: Path) -> bool:
    return folder.is_dir() and target.resolve().is_relative_to(folder.resolve())
