"""Give a whole graph as lines of JSON or GraphML; equal graphs give equal bytes.

A line of JSON is a document, an entity, a fact or an event, named in ``kind``; facts name entities
by their ``id``. `graphml` holds the other format and `ordered` what both write.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, Literal

from lexloom.graph.graphml import graphml_lines
from lexloom.graph.ordered import (
    ordered_documents,
    ordered_entities,
    ordered_events,
    ordered_facts,
    rank_entities,
)

ExportFormat = Literal["jsonl", "graphml"]

_SURROGATES = re.compile("[\ud800-\udfff]")


def json_line(value: Any) -> str:
    """Give `value`, which may hold dataclasses, as one line of JSON.

    Text stays readable; lone surrogates are escaped, for UTF-8 cannot hold them.
    """
    line = json.dumps(value, ensure_ascii=False, default=_fields)
    return _SURROGATES.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def json_lines(connection: sqlite3.Connection) -> Iterator[str]:
    """Give documents, then entities, facts and events, each with its evidence, one per line."""
    rank_entities(connection)
    for document in ordered_documents(connection):
        values = document._asdict()
        del values["row"]
        yield json_line({"kind": "document"} | values)
    for entity in ordered_entities(connection):
        mentions = [_without_snippet(mention) for mention in entity.mentions]
        yield json_line({"kind": "entity"} | entity._asdict() | {"mentions": mentions})
    for fact in ordered_facts(connection):
        evidence = [_without_snippet(item) for item in fact.evidence]
        yield json_line({"kind": "fact"} | fact._asdict() | {"evidence": evidence})
    for event in ordered_events(connection):
        yield json_line({"kind": "event"} | event)


def _fields(value: Any) -> dict[str, Any]:
    # `dataclasses.asdict` copies everything first and takes half the time of an export
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _without_snippet(place: Any) -> dict[str, Any]:
    values = _fields(place)
    del values["snippet"]
    return values


FORMATS: dict[ExportFormat, Callable[[sqlite3.Connection], Iterator[str]]] = {
    "jsonl": json_lines,
    "graphml": graphml_lines,
}
