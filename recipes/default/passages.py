"""Passages of several written sentences, so that a model reads on to the end of a long text.

A model that is taught by sentences overlooks what stands late in a passage. The sentences here are
drawn at random, follow each other without a reason, and say nothing of each other; half of the
passages run on without a full stop between them, as much text does.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from lexloom.annotations.document import AnnotatedDocument
from lexloom.records import Argument, Entity, Event, Relation, Span

Mention = TypeVar("Mention", Span, Entity, Argument)

LENGTHS = {"en": (250, 450), "zh": (90, 200)}
"""Characters of a passage, at least, and at most if its sentences allow, by language."""
FULL_STOPS = ".!?。！？"
JOINTS = {"en": (" ", ", "), "zh": ("", "，")}
"""What stands between two sentences: behind a full stop, and in its place."""


def passages(
    documents: Sequence[AnnotatedDocument], language: str, *, count: int, seed: int
) -> Iterator[AnnotatedDocument]:
    """Give `count` passages of sentences in which everything is marked."""
    rng = random.Random(seed)
    for number in range(count):
        least, most = LENGTHS[language]
        chosen: list[AnnotatedDocument] = []
        wanted = rng.randint(least, most)
        while sum(len(document.text) for document in chosen) < wanted:
            chosen.append(rng.choice(documents))
        yield joined(chosen, f"passage-{language}-{number}", JOINTS[language], number % 2 == 1)


def joined(
    documents: Sequence[AnnotatedDocument], id: str, joints: tuple[str, str], runs_on: bool
) -> AnnotatedDocument:
    """Put texts one behind the other, with their facts; without full stops in between if asked."""
    text, parts = "", []
    for number, document in enumerate(documents):
        if text:
            text += joints[runs_on]
        parts.append(_moved(document, len(text), f"{number}-"))
        is_last = number == len(documents) - 1
        text += document.text if is_last or not runs_on else _without_stop(document)
    return AnnotatedDocument(
        id=id,
        text=text,
        entities=tuple(entity for part in parts for entity in part[0]),
        relations=tuple(relation for part in parts for relation in part[1]),
        events=tuple(event for part in parts for event in part[2]),
    )


def _without_stop(document: AnnotatedDocument) -> str:
    """Give the text without its full stop, unless a name ends there."""
    ends = [mention.end for mention in document.entities]
    return document.text[: max([*ends, len(document.text.rstrip(FULL_STOPS))])]


def _moved(
    document: AnnotatedDocument, offset: int, prefix: str
) -> tuple[list[Entity], list[Relation], list[Event]]:
    def moved(item: Mention) -> Mention:
        return replace(item, start=item.start + offset, end=item.end + offset)

    return (
        [replace(moved(entity), id=prefix + entity.id) for entity in document.entities],
        [
            replace(relation, head=prefix + relation.head, tail=prefix + relation.tail)
            for relation in document.relations
        ],
        [
            replace(
                event,
                trigger=moved(event.trigger),
                arguments=tuple(
                    replace(moved(a), entity=None if a.entity is None else prefix + a.entity)
                    for a in event.arguments
                ),
            )
            for event in document.events
        ],
    )
