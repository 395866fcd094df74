"""Sets that mark names, or chemicals and diseases, in the words of the schema."""

from collections.abc import Iterator
from dataclasses import replace

import borders
import names

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.records import Entity

NOT_CHEMICALS = frozenset(
    {"antibiotics", "antibiotic", "vaccine", "vaccines", "protein", "proteins", "sugar", "salt"}
    | {"water", "drug", "drugs", "steroids", "analgesics", "antidepressants", "lipid", "lipids"}
)
MEDICAL = ("bc5cdr", "ncbi")


def renamed(name: str, document: AnnotatedDocument) -> AnnotatedDocument:
    """Give a set's mentions the schema's types and borders; what it did not look for is unknown."""
    is_medical = name in MEDICAL
    found = borders.apart(
        replace(entity, id=f"{entity.id}-{number}")
        for number, entity in enumerate(_entities(name, document))
    )
    return replace(
        document,
        entities=tuple(found),
        relations=(),
        events=(),
        scope=Scope(
            entity_types=(*names.LOOKED_FOR[name], *names.ABSENT_TYPES[name]),
            relation_types=(),
            event_types=names.FINANCE_EVENTS if is_medical else (),
        ),
    )


def _entities(name: str, document: AnnotatedDocument) -> Iterator[Entity]:
    types = names.ENTITY_TYPES[name]
    for entity in document.entities:
        if entity.type not in types:
            continue
        typed = replace(entity, type=types[entity.type])
        if name not in MEDICAL:
            bordered = borders.trimmed(document.text, typed)
            if bordered is None or (name == "litbank" and not _is_litbank_name(bordered)):
                continue
            yield replace(bordered, type=_by_its_words(bordered))
        elif entity.text.lower() not in NOT_CHEMICALS:
            yield typed


def _is_litbank_name(entity: Entity) -> bool:
    """LitBank marks "the old man" and "the house" too."""
    is_generic = entity.type != "person" and entity.text in borders.GENERIC_PLACES
    return borders.is_name(entity.text) and not is_generic


def _by_its_words(entity: Entity) -> str:
    """Tell facilities from places, and bodies from groups, which the sets do not."""
    guess = names.guess(entity.text)
    if {entity.type, guess} in ({"location", "facility"}, {"organization", "group"}):
        return guess
    return entity.type
