"""A schema that a user asks for: read, and held against what the model was trained on."""

from collections.abc import Sequence
from pathlib import Path

from lexloom.annotations.schema import Schema
from lexloom.cli.say import say
from lexloom.errors import SchemaError

MAX_NAMED = 12
"""Types that are named in a message; the rest is counted."""


def asked_schema(path: Path) -> Schema:
    """Read the schema that ``--schema`` names.

    Raises:
        SchemaError: If it cannot be read, or has no type.
    """
    schema = Schema.load(path)
    if not (schema.entities or schema.events):
        raise SchemaError(
            f"the schema {path} has no type of entity or event to ask for",
            hint='add a table such as [entities.drug] with en = "drug" or zh = "药品"',
        )
    return schema


def say_zero_shot(schema: Schema, tables: Sequence[str]) -> None:
    """Say on stderr which tables of a schema the model was not trained on."""
    if not tables:
        return
    named = ", ".join(tables[:MAX_NAMED])
    rest = f" and {len(tables) - MAX_NAMED} more" if len(tables) > MAX_NAMED else ""
    say(f"zero-shot, for the model was not trained on them: {named}{rest}")
    if {table for table in tables if table.count(".") == 1} >= {
        *(f"entities.{item.name}" for item in schema.entities),
        *(f"events.{item.name}" for item in schema.events),
    }:
        say(
            "it was trained on no type of this schema, so expect few facts, most of them"
            " wrong (teach it from fifty sentences: lexloom train extractor --init default"
            " --data mine.jsonl --out runs/mine)"
        )
