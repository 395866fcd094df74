"""XML as a stream of elements, without entities of its own and without depth that never ends."""

import xml.etree.ElementTree
from collections.abc import Iterator
from typing import Literal, Protocol, TypeAlias
from xml.etree.ElementTree import Element

import defusedxml  # type: ignore[import-untyped]
import defusedxml.ElementTree  # type: ignore[import-untyped]

from lexloom.errors import InputError

MAX_DEPTH = 500
CHUNK_BYTES = 1 << 16
Event: TypeAlias = tuple[Literal["start", "end"], Element]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def xml_events(stream: _Readable, name: str) -> Iterator[Event]:
    """Give each element where it starts and where it ends; the caller clears what it has used.

    Raises:
        InputError: If it is not well-formed, declares entities, or is nested too deep.
    """
    depth = 0
    try:
        for event, element in defusedxml.ElementTree.iterparse(stream, events=("start", "end")):
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                raise InputError(f"{name} is XML nested deeper than {MAX_DEPTH}")
            yield event, element
    except defusedxml.DefusedXmlException as error:
        raise InputError(
            f"{name} is XML that declares entities, which could unpack without end",
            hint="take its document type out if you trust it",
        ) from error
    except (xml.etree.ElementTree.ParseError, LookupError, ValueError) as error:
        raise InputError(
            f"{name} is not well-formed XML: {error}", hint="it seems to be cut off or damaged"
        ) from error


def local_name(element: Element) -> str:
    """Give an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def local_attribute(element: Element, name: str) -> str:
    """Give an attribute whatever its namespace, or the empty string."""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")
