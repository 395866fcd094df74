"""Settings as a user gives them: those of a model beside those of its training, in one table."""

from collections.abc import Mapping
from typing import Any, TypeVar

from lexloom.config import from_mapping
from lexloom.errors import ConfigError

T = TypeVar("T")


def from_flat(cls: type[T], values: Mapping[str, Any], defaults: Mapping[str, Any]) -> T:
    """Make `cls`, which has a field ``train``; keys that it lacks are settings of the training.

    Args:
        cls: The dataclass.
        values: What was given; a table ``train`` may stand in it too.
        defaults: Settings of the training that were not given.

    Raises:
        ConfigError: If a key is unknown or a value does not fit.
    """
    fields: Any = cls.__dict__["__dataclass_fields__"]
    own = {name: values[name] for name in values if name in fields}
    table = own.pop("train", {})
    if not isinstance(table, dict):
        raise ConfigError(
            f"train must be a table of settings, got {table!r}", hint="as in --set num_epochs=3"
        )
    rest = {name: value for name, value in values.items() if name not in own | {"train": 0}}
    return from_mapping(cls, own | {"train": {**defaults, **table, **rest}}, where="settings")
