"""The schema: which types of entities, relations and events are asked for, in both languages.

A schema is a TOML file with the tables ``entities``, ``relations`` and ``events``; the types' order
in the file is their order everywhere.
"""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lexloom.config import from_mapping
from lexloom.errors import ConfigError, SchemaError


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityType:
    """A kind of entity."""

    name: str
    en: str = ""
    """Label in English; the name where empty."""
    zh: str = ""
    """Label in Chinese; the English label where empty."""
    description_en: str = ""
    description_zh: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationType:
    """A kind of relation, and which entity types may stand at its ends."""

    name: str
    en: str = ""
    zh: str = ""
    description_en: str = ""
    description_zh: str = ""
    head: tuple[str, ...] = ()
    """Entity types of its domain; empty for any."""
    tail: tuple[str, ...] = ()
    """Entity types of its range; empty for any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A part that something plays in an event."""

    name: str
    en: str = ""
    zh: str = ""
    description_en: str = ""
    description_zh: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """A kind of event and its roles."""

    name: str
    en: str = ""
    zh: str = ""
    description_en: str = ""
    description_zh: str = ""
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """Every type that is asked for.

    Raises:
        SchemaError: If two types of a kind share a name, or a relation names an unknown entity
            type.
    """

    name: str = "schema"
    entities: tuple[EntityType, ...] = ()
    relations: tuple[RelationType, ...] = ()
    events: tuple[EventType, ...] = ()

    def __post_init__(self) -> None:
        """Check that names are unique and ends are known, once, where a schema is made."""
        _check_unique("entity type", [item.name for item in self.entities])
        _check_unique("relation type", [item.name for item in self.relations])
        _check_unique("event type", [item.name for item in self.events])
        for event in self.events:
            _check_unique(f"role of {event.name}", [role.name for role in event.roles])
        known = {entity.name for entity in self.entities}
        for relation in self.relations:
            for end in (*relation.head, *relation.tail):
                if end not in known:
                    raise SchemaError(
                        f"the relation {relation.name!r} names the unknown entity type {end!r}",
                        hint=f"known types: {', '.join(sorted(known)) or 'none'}",
                    )

    @property
    def sha256(self) -> str:
        """The hash of the schema's content, whatever its file looked like."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Give the tables of the TOML form; the inverse of `from_dict`."""
        values: dict[str, Any] = {"name": self.name}
        values["entities"] = {item.name: _table(item) for item in self.entities}
        values["relations"] = {item.name: _table(item) for item in self.relations}
        values["events"] = {
            item.name: _table(item) | {"roles": {r.name: _table(r) for r in item.roles}}
            for item in self.events
        }
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, where: str = "schema") -> Self:
        """Read the tables of the TOML form.

        Raises:
            SchemaError: If a key is unknown or a value has the wrong type.
        """
        values = dict(values)
        tables = {kind: values.pop(kind, {}) for kind in ("entities", "relations", "events")}
        try:
            events = {
                name: dict(table, roles=_named(table.get("roles", {}), f"{where}.{name}.roles"))
                for name, table in _tables(tables["events"], f"{where}.events").items()
            }
            return from_mapping(
                cls,
                values
                | {
                    "entities": _named(tables["entities"], f"{where}.entities"),
                    "relations": _named(tables["relations"], f"{where}.relations"),
                    "events": _named(events, f"{where}.events"),
                },
                where=where,
            )
        except ConfigError as error:
            if isinstance(error, SchemaError):
                raise
            raise SchemaError(error.message, hint=error.hint) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a schema from a TOML file.

        Raises:
            SchemaError: If the file cannot be read or is no schema.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SchemaError(
                f"cannot read the schema {path}: {error.strerror}", hint="check the path"
            ) from error
        except UnicodeDecodeError as error:
            raise SchemaError(
                f"the schema {path} is not UTF-8 ({error.reason})",
                hint="convert it, for instance with iconv -f GB18030 -t UTF-8",
            ) from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise SchemaError(f"the schema {path} is not valid TOML: {error}") from error
        return cls.from_dict(values, where=str(path))

    def dumps(self) -> str:
        """Write the schema as TOML; the inverse of `load`."""
        lines = [f"name = {_toml(self.name)}"]
        for kind in ("entities", "relations", "events"):
            for name, table in self.to_dict()[kind].items():
                roles = table.pop("roles", {})
                lines += ["", f"[{kind}.{_toml(name)}]", *_toml_lines(table)]
                for role, values in roles.items():
                    lines += ["", f"[{kind}.{_toml(name)}.roles.{_toml(role)}]"]
                    lines += _toml_lines(values)
        return "\n".join(lines) + "\n"


def _check_unique(kind: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SchemaError(f"the {kind} {min(twice)!r} is defined twice")
    if not all(name.strip() for name in names):
        article = "an" if kind[0] in "aeiou" else "a"
        raise SchemaError(f"{article} {kind} has an empty name", hint="give every type a name")


def _table(item: Any) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(item).items()
        if value and key not in ("name", "roles")
    }


def _tables(value: Any, where: str) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping) or not all(isinstance(v, Mapping) for v in value.values()):
        raise SchemaError(f"{where} must be a table of tables, as in [entities.person]")
    return value


def _named(value: Any, where: str) -> list[dict[str, Any]]:
    tables = _tables(value, where)
    for name, table in tables.items():
        if "name" in table:
            raise SchemaError(
                f"{where}.{name}: unknown key 'name'", hint="the table's own key is the name"
            )
    return [{"name": name, **table} for name, table in tables.items()]


def _toml(value: Any) -> str:
    # a JSON string or list of strings is a TOML one too, once non-ASCII stays as it is
    text: str = json.dumps(value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007F")


def _toml_lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in table.items()]
