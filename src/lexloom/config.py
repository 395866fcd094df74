"""Settings as frozen dataclasses, to and from TOML and JSON; an unknown key is an error.

Each dataclass lives beside the code it sets; this module only carries it to files and back.
"""

import dataclasses
import difflib
import json
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lexloom.errors import ConfigError

T = TypeVar("T")


def from_mapping(cls: type[T], values: Mapping[str, Any], *, where: str = "config") -> T:
    """Make the dataclass `cls` from plain values; lists become tuples, tables dataclasses.

    Raises:
        ConfigError: If a key is unknown (the nearest known one is named), a required one is
            missing, or a value has the wrong type.
    """
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    for key in values:
        if key not in fields:
            raise ConfigError(f"{where}: unknown key {key!r}", hint=nearest(key, list(fields)))
    for name, field in fields.items():
        required = field.default is field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise ConfigError(f"{where}: the key {name!r} is missing")
    converted = {
        key: _convert(hints[key], value, where=f"{where}.{key}") for key, value in values.items()
    }
    return cls(**converted)


def to_mapping(config: Any) -> dict[str, Any]:
    """Give a config dataclass as plain values, ready for JSON; the inverse of `from_mapping`."""
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return values


def load(cls: type[T], path: Path, overrides: Sequence[str] = ()) -> T:
    """Read a config from a TOML or JSON file, then apply ``key=value`` overrides.

    Raises:
        ConfigError: If the file cannot be read or parsed, or a key or value does not fit.
    """
    return from_mapping(cls, read_table(path) | parse_overrides(overrides), where=str(path))


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML or JSON file, told apart by the ending (TOML if neither), as plain values."""
    form = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if form == "JSON" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", hint="check the path") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise ConfigError(f"{path} is not valid {form}: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold a table of settings, got {type(values).__name__}")
    return values


def parse_overrides(overrides: Sequence[str]) -> dict[str, Any]:
    """Read ``key=value`` settings; a value is JSON or else a plain string."""
    values: dict[str, Any] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set takes key=value, got {override!r}")
        try:
            values[key] = json.loads(value)
        except (ValueError, RecursionError):
            values[key] = value
    return values


def nearest(key: str, known: Sequence[str]) -> str:
    """Give a hint that names the known key most like `key`, or all of them."""
    return _similar(key, known) or f"known keys: {', '.join(sorted(known))}"


def check_one_of(value: Any, known: Sequence[Any], *, where: str) -> None:
    """Refuse a value that is none of the known ones.

    Raises:
        ConfigError: If it is none; they are all named, and the one most like it as a hint.
    """
    if value not in known:
        raise ConfigError(
            f"{where} must be one of {', '.join(map(repr, known))}, got {value!r}",
            hint=_similar(str(value), [str(one) for one in known]),
        )


def _similar(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else ""


def _convert(hint: Any, value: Any, *, where: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in args:
            return None
        chosen = next(arg for arg in args if arg is not type(None))
        return _convert(chosen, value, where=where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where} must be a list, got {value!r}")
        return tuple(_convert(args[0], item, where=where) for item in value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a table, got {value!r}")
        return from_mapping(hint, value, where=where)
    if origin is typing.Literal:
        check_one_of(value, args, where=where)
        return value
    return _scalar(hint, value, where=where)


def _scalar(hint: Any, value: Any, *, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return _as_float(value, where=where)
    if isinstance(hint, type) and (
        not isinstance(value, hint) or (hint is int and isinstance(value, bool))
    ):
        raise ConfigError(f"{where} must be {hint.__name__}, got {value!r}")
    return value


def _as_float(value: int, *, where: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ConfigError(f"{where} is too large a number") from error
