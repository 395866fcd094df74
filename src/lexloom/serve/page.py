"""The page of ``lexloom extract --html``: texts with their mentions, facts and graph, in one file.

The file opens from a disk without a server and asks the network for nothing; its policy forbids any
script but its own. Data enters as JSON that no markup can leave, one block per document, so that a
page is written document by document. ``page_parts/`` holds the template, the style and the scripts
that draw it.
"""

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lexloom import __version__
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.artifacts import atomic_write
from lexloom.errors import ConfigError
from lexloom.records import Document, Extraction
from lexloom.serve.self_contained import csp_hash, fill, page_part, script_json, whole

SCRIPTS = ("strings", "model", "text", "facts", "layout", "graph", "main")
"""The parts of the script, in the order they are joined."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLimits:
    """How much one page holds; what is beyond is left out, and the page says so.

    Raises:
        ConfigError: If a limit is less than one.
    """

    max_documents: int = 2_000
    """Most documents in a page."""
    max_document_characters: int = 1_000_000
    """Most code points of one document's text; its facts are kept all the same."""
    max_page_characters: int = 20_000_000
    """Most code points of all texts; documents after that are left out."""

    def __post_init__(self) -> None:
        """Check the ranges once, where the values enter."""
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")


DEFAULT_LIMITS = PageLimits()


def write_page(
    path: Path,
    items: Iterable[tuple[Document, Extraction]],
    *,
    schema: Schema | None = None,
    title: str = "Lexloom",
    limits: PageLimits = DEFAULT_LIMITS,
) -> None:
    """Write one self-contained HTML file, atomically, holding one document in memory at a time.

    Args:
        path: The file to write.
        items: Documents with what was read from them; taken one by one, to the end.
        schema: Gives the types their labels in both languages, and their order.
        title: The heading of the page.
        limits: How much the page may hold.

    Raises:
        ArtifactError: If the file cannot be written; what stood at `path` before stays.
    """
    with atomic_write(path) as stream:
        for chunk in _chunks(items, schema or Schema(), title, limits):
            stream.write(chunk.encode("utf-8"))


def render_page(
    items: Iterable[tuple[Document, Extraction]],
    *,
    schema: Schema | None = None,
    title: str = "Lexloom",
    limits: PageLimits = DEFAULT_LIMITS,
) -> str:
    """Give the page that `write_page` writes as one string."""
    return "".join(_chunks(items, schema or Schema(), title, limits))


def _chunks(
    items: Iterable[tuple[Document, Extraction]], schema: Schema, title: str, limits: PageLimits
) -> Iterator[str]:
    head, tail = _shell(title)
    yield head
    index = _Index(limits)
    for document, extraction in items:
        if index.add(document, extraction):
            shown = document.text[: limits.max_document_characters]
            block = {
                "text": shown,
                "source": document.source,
                "left_out_characters": len(document.text) - len(shown),
                "extraction": extraction.to_dict(),
            }
            yield _data_block(f"doc-{len(index.documents) - 1}", block)
    yield _data_block("index", index.to_dict(schema) | {"title": title})
    yield tail


@dataclass
class _Index:
    """What the page must know of its documents before it opens one: a line for each."""

    limits: PageLimits
    documents: list[dict[str, Any]] = field(default_factory=list)
    left_out_documents: int = 0
    num_characters: int = 0
    entity_types: dict[str, None] = field(default_factory=dict)
    event_types: dict[str, None] = field(default_factory=dict)

    def add(self, document: Document, extraction: Extraction) -> bool:
        """Take the document in and give True, or count it as left out and give False."""
        size = min(len(document.text), self.limits.max_document_characters)
        too_many = len(self.documents) >= self.limits.max_documents
        too_long = self.documents and self.num_characters + size > self.limits.max_page_characters
        if self.left_out_documents or too_many or too_long:
            self.left_out_documents += 1
            return False
        self.num_characters += size
        self.entity_types.update(dict.fromkeys(entity.type for entity in extraction.entities))
        self.event_types.update(dict.fromkeys(event.type for event in extraction.events))
        self.documents.append(
            {
                "id": document.id,
                "entities": len(extraction.entities),
                "relations": len(extraction.relations),
                "events": len(extraction.events),
            }
        )
        return True

    def to_dict(self, schema: Schema) -> dict[str, Any]:
        """Give the index with the types that occur, in the schema's order, and their labels."""
        labels = {
            "entity": {item.name: _label(item) for item in schema.entities},
            "relation": {item.name: _label(item) for item in schema.relations},
            "event": {
                item.name: _label(item)
                | {"roles": {role.name: _label(role) for role in item.roles}}
                for item in schema.events
            },
        }
        return {
            "documents": self.documents,
            "left_out_documents": self.left_out_documents,
            "entity_types": _ordered(self.entity_types, labels["entity"]),
            "event_types": _ordered(self.event_types, labels["event"]),
            "labels": labels,
        }


def _ordered(seen: Iterable[str], known: Iterable[str]) -> list[str]:
    occurring = dict.fromkeys(seen)
    return list(dict.fromkeys([*(name for name in known if name in occurring), *occurring]))


def _label(item: EntityType | RelationType | EventType | Role) -> dict[str, Any]:
    english = item.en or item.name
    return {
        "en": english,
        "zh": item.zh or english,
        "description_en": item.description_en,
        "description_zh": item.description_zh or item.description_en,
    }


def _data_block(name: str, value: Any) -> str:
    return f'<script type="application/json" id="{name}">{script_json(value)}</script>\n'


def _shell(title: str) -> tuple[str, str]:
    """Give what stands before and after the documents' data."""
    style = page_part("page.css")
    script = '"use strict";\n' + "\n".join(page_part(f"{name}.js") for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src {csp_hash(style)}; script-src {csp_hash(script)}; "
        "base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    values = {
        "policy": policy,
        "version": __version__,
        "title": whole(html.escape(title)),
        "style": style,
        "script": script,
    }
    head, tail = page_part("page.html").split("{{documents}}\n")
    # one pass each: what is put in is never searched for slots again
    return fill(head, values), fill(tail, values)
