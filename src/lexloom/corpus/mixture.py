"""How often a document is in the corpus: weights of sources, by chance that hangs on the id alone.

A weight of 2.5 gives two copies of each document and a third of every second one; 0.25 keeps one in
four. The same seed gives the same choice for a document, whatever stands around it.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from lexloom.errors import ConfigError
from lexloom.seeds import derive

MAX_WEIGHT = 100.0


def num_copies(id: str, weight: float, *, seed: int) -> int:
    """Give how many copies of a document the corpus holds: `weight` of them on average."""
    whole = int(weight)
    share = weight - whole
    if not share:
        return whole
    return whole + (derive(seed, "mixture", id) < share * (1 << 63))


def copy_id(id: str, number: int) -> str:
    """Name the copies of a document: the first keeps its id."""
    return id if number == 0 else f"{id}#{number + 1}"


def parse_weights(values: Sequence[str]) -> dict[str, float]:
    """Read weights such as ``laws=2.0``.

    Raises:
        ConfigError: If one is no name and number, or is out of range.
    """
    weights: dict[str, float] = {}
    for value in values:
        name, _, number = value.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError as error:
            raise ConfigError(
                f"a weight is a source and a number, got {value!r}", hint="such as laws=2.0"
            ) from error
        if not name or not 0.0 <= weights[name] <= MAX_WEIGHT:
            raise ConfigError(
                f"a weight must name a source and be in [0, {MAX_WEIGHT:g}], got {value!r}",
                hint="such as laws=2.0",
            )
    return weights


def source_names(paths: Sequence[Path]) -> dict[str, str]:
    """Name each path that the corpus is built from: by its last part, or whole where two agree."""
    short = [_name(path) for path in paths]
    return {
        str(path): name if short.count(name) == 1 else str(path)
        for path, name in zip(paths, short, strict=True)
    }


def source_of(where: str, names: Mapping[str, str]) -> str:
    """Give the name of the path that a document was read from: the longest that holds it."""
    holding = [path for path in names if _holds(path, where)]
    return names[max(holding, key=len)] if holding else where


def check_sources(weights: Mapping[str, float], names: Mapping[str, str]) -> None:
    """Check that each weight names a source.

    Raises:
        ConfigError: If one does not; the sources are named.
    """
    for name in weights:
        if name not in names.values():
            raise ConfigError(
                f"there is no source {name!r} to weight",
                hint=f"the sources are {', '.join(sorted(set(names.values())))}",
            )


def _name(path: Path) -> str:
    # made absolute, for "." and ".." have no name of their own
    name = path.name if path.name not in ("", "..") else Path(os.path.abspath(path)).name  # noqa: PTH100
    return name.lstrip(".").split(".")[0] or str(path)


def _holds(path: str, where: str) -> bool:
    if path == ".":
        return not where.startswith(("/", ".."))
    rest = where.removeprefix(path)
    return len(rest) < len(where) and (not rest or path.endswith("/") or rest[0] in "/:!#")
