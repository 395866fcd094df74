"""Settings of a training, from a file and from ``--set``: nested tables, or flat if wanted."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lexloom.config import from_mapping, nearest, parse_overrides, read_table, to_mapping
from lexloom.errors import ConfigError

T = TypeVar("T")


def nested_settings(
    cls: type[T],
    path: Path | None,
    overrides: Sequence[str],
    defaults: Mapping[str, Any] | None = None,
) -> T:
    """Make the config `cls`; a key of a table within it may be given without the table's name.

    What is left out is as in ``cls()``, in tables that are given in part too.

    Args:
        cls: The config, all of whose fields have defaults.
        path: A file of settings.
        overrides: Settings as ``key=value``, which come before the file's.
        defaults: Settings that come before those of ``cls()``, and after the others.

    Raises:
        ConfigError: If a key is unknown, or a value does not fit.
    """
    values = (read_table(path) if path else {}) | parse_overrides(overrides)
    known = all_names(cls)
    for key in values:
        if key not in known:
            raise ConfigError(f"settings: unknown key {key!r}", hint=nearest(key, sorted(known)))
    merged = to_mapping(cls())
    for settings in (dict(defaults or {}), values):
        merged = _merged(merged, _nested(cls, settings))
    return from_mapping(cls, merged, where="settings")


def _merged(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put settings over others, those of a table within one by one."""
    merged = defaults | given
    for name, inner in defaults.items():
        if isinstance(inner, dict) and isinstance(given.get(name), dict):
            merged[name] = _merged(inner, given[name])
    return merged


def _nested(cls: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Put keys that only a table within knows into that table."""
    names = {field.name for field in dataclasses.fields(cls)}
    nested = {key: value for key, value in values.items() if key in names}
    rest = {key: value for key, value in values.items() if key not in names}
    hints = typing.get_type_hints(cls)
    for name, table in hints.items():
        if not dataclasses.is_dataclass(table):
            continue
        known = all_names(table)
        given = {key: rest.pop(key) for key in list(rest) if key in known}
        inner = nested.get(name, {})
        if given and isinstance(inner, dict):
            nested[name] = inner | given
        if isinstance(nested.get(name), dict):
            nested[name] = _nested(table, nested[name])
    return nested | rest


def all_names(cls: Any) -> set[str]:
    """Give the names of all settings of a config, those of tables within it too."""
    hints = typing.get_type_hints(cls)
    names = set(hints)
    for table in hints.values():
        if dataclasses.is_dataclass(table):
            names |= all_names(table)
    return names
