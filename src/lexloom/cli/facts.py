"""Print the facts of a document for a reader: mentions in order, then relations and events."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lexloom.printable import printable
from lexloom.records import Document, Entity, Event, Extraction, Relation, Span

MAX_ROWS = 200
"""Rows of each kind that are printed; the rest is counted and left to --json and --html."""


def print_extraction(document: Document, extraction: Extraction) -> None:
    """Print one document's facts to stdout."""
    console = Console(highlight=False, soft_wrap=True)
    coverage = extraction.coverage
    console.print(Text(printable(document.id), style="bold"), end="  ")
    read = f"{coverage.characters_read:,} of {coverage.characters:,} characters read"
    console.print(Text(read, style="dim"))
    for skipped in coverage.skipped:
        place = f"[{skipped.start}, {skipped.end})"
        console.print(Text(f"  not read {place}: {skipped.reason}", style="red"))
    rows = [*_entities(extraction), *_relations(extraction), *_events(extraction)]
    if not rows:
        console.print("  no facts found")
    table = Table(box=None, show_header=False, pad_edge=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print()


def _entities(extraction: Extraction) -> Iterator[tuple[Text, ...]]:
    for entity in extraction.entities[:MAX_ROWS]:
        yield (
            Text(printable(entity.type), style="cyan"),
            Text(printable(entity.text)),
            _sure(f"{_place(entity)}  ", entity, extraction, "entities"),
        )
    yield from _rest("entities", len(extraction.entities))


def _relations(extraction: Extraction) -> Iterator[tuple[Text, ...]]:
    by_id = {entity.id: entity for entity in extraction.entities}
    for relation in extraction.relations[:MAX_ROWS]:
        head, tail = by_id[relation.head], by_id[relation.tail]
        yield (
            Text(printable(relation.type), style="green"),
            Text(f"{printable(head.text)} → {printable(tail.text)}"),
            _sure("", relation, extraction, "relations"),
        )
    yield from _rest("relations", len(extraction.relations))


def _events(extraction: Extraction) -> Iterator[tuple[Text, ...]]:
    for event in extraction.events[:MAX_ROWS]:
        parts = [f"{printable(a.role)}={printable(a.text)}" for a in event.arguments]
        yield (
            Text(printable(event.type), style="magenta"),
            Text(f"{printable(event.trigger.text)}: {', '.join(parts) or 'no arguments'}"),
            _sure(f"{_place(event.trigger)}  ", event, extraction, "events"),
        )
    yield from _rest("events", len(extraction.events))


def _sure(place: str, fact: Entity | Relation | Event, found: Extraction, table: str) -> Text:
    mark = "  zero-shot" if found.provenance.is_zero_shot(table, fact.type) else ""
    return Text(f"{place}{fact.confidence:.2f}{mark}", style="dim")


def _rest(kind: str, count: int) -> Iterator[tuple[Text, ...]]:
    if count > MAX_ROWS:
        yield Text(f"… {count - MAX_ROWS:,} more {kind}", style="dim"), Text(""), Text("")


def _place(mention: Entity | Span) -> str:
    page = "" if mention.page is None else f"page {mention.page}, "
    return f"{page}[{mention.start}, {mention.end})"
