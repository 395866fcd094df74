"""The files that a command is asked to write, checked before it begins."""

from collections.abc import Iterable
from pathlib import Path

from lexloom.errors import UsageError


def check_targets(*targets: Path | None, inputs: Iterable[Path] = ()) -> None:
    """Refuse a folder, one file for two things, and a file that is read.

    Raises:
        UsageError: If a file cannot be written, would be written twice, or would take the place of
            one of the inputs.
    """
    read = [path for path in inputs if path.is_file()]
    named: set[Path] = set()
    for target in targets:
        if target is None:
            continue
        if target.is_dir():
            raise UsageError(f"{target} is a folder", hint="give the name of a file to write")
        if target.resolve() in named:
            raise UsageError(f"{target} is given twice", hint="give each output a file of its own")
        if target.is_file() and any(target.samefile(path) for path in read):
            raise UsageError(
                f"{target} is read, and would be overwritten", hint="give the output another name"
            )
        named.add(target.resolve())


def check_ending(target: Path | None, endings: Iterable[str]) -> None:
    """Refuse a name that does not say a form that can be written.

    Raises:
        UsageError: If it has another ending.
    """
    if target is not None and target.suffix.lower() not in endings:
        raise UsageError(
            f"cannot tell the form of {target}", hint=f"its name must end in {' or '.join(endings)}"
        )
