"""A graph as GraphML, the XML that network tools read.

Entities and events are nodes, told apart by ``kind``; a fact is an edge with its predicate as
``label``, and a role of an event is an edge from the event to the entity that fills it. Arguments
that mention no entity, and the evidence, are in the JSON lines of `export` only.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from lexloom.graph.ordered import (
    OrderedEntity,
    OrderedFact,
    ordered_entities,
    ordered_events,
    ordered_facts,
    rank_entities,
)

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">"""
_KEYS = {
    "kind": ("node", "string"),
    "type": ("node", "string"),
    "name": ("node", "string"),
    "document": ("node", "string"),
    "label": ("edge", "string"),
    "confidence": ("all", "double"),
    "num_documents": ("all", "int"),
    "zero_shot": ("all", "boolean"),
}
_DEFAULTS = {"zero_shot": "false"}
"""What a key means where a node or an edge does not have it."""


def graphml_lines(connection: sqlite3.Connection) -> Iterator[str]:
    """Give the lines of a GraphML document; what XML cannot hold is replaced by U+FFFD."""
    rank_entities(connection)
    yield _HEADER
    for name, (domain, type_) in _KEYS.items():
        key = f'<key id="{name}" for="{domain}" attr.name="{name}" attr.type="{type_}"'
        default = _DEFAULTS.get(name)
        yield f"{key}/>" if default is None else f"{key}><default>{default}</default></key>"
    yield '<graph id="lexloom" edgedefault="directed">'
    for entity in ordered_entities(connection):
        values = {"kind": "entity", "type": entity.type, "name": entity.name}
        yield _node(entity.id, values | _support(entity))
    num_edges = 0
    for num_edges, fact in enumerate(ordered_facts(connection), start=1):
        ends = (fact.subject, fact.object)
        yield _edge(num_edges, ends, {"label": fact.predicate} | _support(fact))
    yield from _event_lines(connection, num_edges)
    yield "</graph>"
    yield "</graphml>"


def xml_text(text: str) -> str:
    """Escape `text` for XML 1.0; control characters and lone surrogates become U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _event_lines(connection: sqlite3.Connection, num_edges: int) -> Iterator[str]:
    for number, event in enumerate(ordered_events(connection), start=1):
        values = {
            "kind": "event",
            "type": event["type"],
            "name": event["trigger"]["text"],
            "document": event["source"]["document"],
            "confidence": str(event["confidence"]),
        }
        yield _node(f"event{number}", values | _mark(event["zero_shot"]))
        for argument in event["arguments"]:
            if argument["entity"] is not None:
                num_edges += 1
                role = {"label": argument["role"], "confidence": str(argument["confidence"])}
                role |= _mark(argument["zero_shot"])
                yield _edge(num_edges, (f"event{number}", argument["entity"]), role)


def _support(supported: OrderedEntity | OrderedFact) -> dict[str, str]:
    return {
        "confidence": str(supported.confidence),
        "num_documents": str(supported.num_documents),
    } | _mark(supported.zero_shot)


def _mark(zero_shot: bool) -> dict[str, str]:
    return {"zero_shot": "true"} if zero_shot else {}


def _node(id_: str, values: Mapping[str, str]) -> str:
    return f'<node id="{id_}">{_data(values)}</node>'


def _edge(number: int, ends: tuple[str, str], values: Mapping[str, str]) -> str:
    source, target = ends
    return f'<edge id="edge{number}" source="{source}" target="{target}">{_data(values)}</edge>'


def _data(values: Mapping[str, str]) -> str:
    return "".join(f'<data key="{key}">{xml_text(text)}</data>' for key, text in values.items())
