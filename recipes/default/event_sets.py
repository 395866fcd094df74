"""Sets of events, in the words of the schema, and the mentions and relations that they imply."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import borders
import names

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.schema import Schema
from lexloom.records import Argument, Entity, Event, Relation

BOUGHT = re.compile("收购|并购")
SHARE = re.compile(r"(\d+(?:\.\d+)?)\s?[%％]")
CONTROL = 50.0
ACQUISITION_ROLES = {
    "share_transfer": {
        "obj-org": "agent_organization", "obj-per": "agent_person",
        "target-company": "object_organization", "sub-org": "", "sub-per": "",
    },
    "investment": {"sub": "agent_organization", "obj": "object_organization"},
}  # fmt: skip
"""In a transfer of shares the buyer is the object; in an acquisition it acts, and the seller has no
role."""
BLURRED = re.compile(
    "(?:不超过?|不低于|不少于|至少|超过?|逾|约|近|合计|共计?|总计)(?=[0-9一二三四五六七八九十百])"
)
"""Words before an amount, which stay outside of it."""
AMOUNTS = ("money", "number", "proportion")
DOUBT = re.compile(
    r"\b(?:no|not|never|without|may|might|possible|possibly|probable|probably|suspected|suggest\w*"
    r"|whether|unclear|hypothes\w+|risk)\b",
    re.IGNORECASE,
)


def fewfc(name: str, document: AnnotatedDocument, schema: Schema) -> AnnotatedDocument:
    """Read Chinese financial events; the types of the other part are unknown where they may occur.

    Args:
        name: ``fewfc`` for the base part, ``fewfc_trans`` for the other; each had its own types.
        document: The document.
        schema: Says which roles an event has.
    """
    events = _joined(_financial(document.text, event, schema) for event in document.events)
    asked = names.FEWFC_ASKED[name]
    other = next(part for part in names.FEWFC_ASKED if part != name)
    if not names.FEWFC_WORDS[other].search(document.text):
        asked = names.FINANCE_EVENTS
    elif any(event.type == "acquisition" for event in events):
        asked = tuple(dict.fromkeys((*asked, "acquisition")))
    entities = borders.apart(_fillers(events))
    return replace(
        document,
        events=events,
        entities=tuple(entities),
        scope=Scope(
            entity_types=(*names.ABSENT_TYPES["fewfc"], "organization", "person"),
            partial_types=("organization", "person"),
            relation_types=(),
            event_types=(*asked, *names.PHEE_EVENTS.values()),
        ),
    )


def _financial(text: str, event: Event, schema: Schema) -> Event:
    type, roles = names.FEWFC_EVENTS[event.type], names.ROLES
    is_purchase = BOUGHT.search(event.trigger.text) and _is_control(event)
    if type in ACQUISITION_ROLES and is_purchase:
        type, roles = "acquisition", ACQUISITION_ROLES[type]
    renamed = _renamed(event, type, roles, schema)
    return replace(event, type=type, arguments=tuple(_bordered(text, a) for a in renamed))


def _bordered(text: str, argument: Argument) -> Argument:
    match = BLURRED.match(text, argument.start, argument.end)
    if argument.role not in AMOUNTS or match is None:
        return argument
    return replace(argument, start=match.end(), text=text[match.end() : argument.end])


def _joined(events: Iterable[Event]) -> tuple[Event, ...]:
    """Join the acquisitions that one word tells of: the set had them as two kinds of event."""
    joined: list[Event] = []
    places: dict[tuple[int, int], int] = {}
    for event in events:
        span = (event.trigger.start, event.trigger.end)
        if event.type == "acquisition" and span in places:
            other = joined[places[span]]
            arguments = tuple(dict.fromkeys((*other.arguments, *event.arguments)))
            joined[places[span]] = replace(other, arguments=arguments)
            continue
        if event.type == "acquisition":
            places[span] = len(joined)
        joined.append(event)
    return tuple(joined)


def _is_control(event: Event) -> bool:
    """Whether the shares bought are a majority; where no share is told, all are meant."""
    shares = [
        float(found[1])
        for argument in event.arguments
        if argument.role == "proportion" and (found := SHARE.search(argument.text))
    ]
    return max(shares, default=100.0) > CONTROL


def _renamed(
    event: Event, type: str, names_of: dict[str, str], schema: Schema
) -> Iterator[Argument]:
    (known,) = ({role.name for role in item.roles} for item in schema.events if item.name == type)
    for argument in event.arguments:
        role = names_of.get(argument.role, argument.role)
        if role in known:
            yield replace(argument, role=role)


def _fillers(events: Collection[Event]) -> Iterator[Entity]:
    """Give the arguments that are names of organizations and persons."""
    spans: set[tuple[int, int]] = set()
    for event in events:
        for argument in event.arguments:
            type = names.NAMED_ROLES.get(argument.role)
            span = (argument.start, argument.end)
            if type is None or span in spans or names.GENERIC_ZH.match(argument.text):
                continue
            if type == "person" and not names.PERSON_ZH.fullmatch(argument.text):
                continue
            if len(argument.text) > 1:
                spans.add(span)
                yield Entity(f"N{len(spans)}", type, argument.text, *span)


def phee(
    document: AnnotatedDocument, detailed: AnnotatedDocument, diseases: Collection[str]
) -> AnnotatedDocument:
    """Read drug events, and from their parts which drug causes or treats which disease.

    Args:
        document: The document with main arguments.
        detailed: The same with arguments inside of arguments.
        diseases: Names of diseases, in lower case: other effects are no mentions.
    """
    entities: dict[tuple[int, int], Entity] = {}
    relations: dict[Relation, None] = {}
    for event in detailed.events:
        drugs = _mentions(event, ("Treatment.Drug",), "chemical", entities, None)
        treated = _mentions(event, ("Treatment.Disorder",), "disease", entities, diseases)
        effects = _mentions(event, ("Effect",), "disease", entities, diseases)
        caused = effects if event.type == "Adverse_event" else []
        relations |= {Relation("treats", d.id, t.id): None for d in drugs for t in treated}
        relations |= {Relation("causes", d.id, t.id): None for d in drugs for t in caused}
    apart = borders.apart(entities.values())
    kept = {entity.id for entity in apart}
    is_sure = not DOUBT.search(document.text)
    stated = tuple(r for r in relations if r.head in kept and r.tail in kept) if is_sure else ()
    return replace(
        document,
        entities=tuple(apart),
        relations=stated,
        events=tuple(
            replace(
                event,
                type=names.PHEE_EVENTS[event.type],
                arguments=tuple(replace(a, role=names.ROLES[a.role]) for a in event.arguments),
            )
            for event in document.events
        ),
        scope=Scope(
            entity_types=(*names.ABSENT_TYPES["phee"], "chemical", "disease"),
            partial_types=("chemical", "disease"),
            # every pair is told of, so that wrong arguments of events are learnt from too
            relation_types=("causes", "treats") if stated else (),
            event_types=(*names.PHEE_EVENTS.values(), *names.FINANCE_EVENTS),
        ),
    )


def _mentions(
    event: Event,
    roles: Collection[str],
    type: str,
    entities: dict[tuple[int, int], Entity],
    known: Collection[str] | None,
) -> list[Entity]:
    found = []
    for argument in event.arguments:
        if argument.role in roles and (known is None or argument.text.lower() in known):
            span = (argument.start, argument.end)
            new = Entity(f"M{len(entities)}", type, argument.text, *span)
            if entities.setdefault(span, new).type == type:
                found.append(entities[span])
    return found
