"""Packages that only some of the commands on vectors need, brought in by extras of the install."""

import importlib
from typing import Any

from lexloom.errors import MissingDependencyError


def import_extra(module: str, *, package: str, extra: str) -> Any:
    """Import a module of an optional package.

    Args:
        module: What is imported.
        package: The package that has it, as it is called.
        extra: The extra of this package that brings it.

    Raises:
        MissingDependencyError: If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{package} is not installed", hint=f"pip install 'lexloom[{extra}]'"
        ) from error
