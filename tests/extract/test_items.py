import pytest

from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.confidence import KINDS
from lexloom.extract.items import Item, Part, items_of
from lexloom.extract.protocols import PROTOCOLS
from lexloom.extract.reliability import PROTOCOL_OF
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXT = "李明😀 left Paris for Rome."
LI = Entity("a", "person", "李明", 0, 2, 0.9)
PARIS, ROME = Entity("b", "place", "Paris", 9, 14), Entity("c", "place", "Rome", 19, 23)
LEFT = Event(
    "move",
    Span("left", 4, 8),
    (Argument("who", "李明", 0, 2, 0.5), Argument("to", "Rome", 19, 23)),
    0.75,
)
DOCUMENT = AnnotatedDocument(
    id="d",
    text=TEXT,
    entities=(LI, PARIS, ROME),
    relations=(Relation("from", "a", "b", 0.25),),
    events=(LEFT, Event("stop", Span("Rome", 19, 23))),
)
WHO = Part("argument", "who", "李明", 0, 2)
TRIGGER = Part("trigger", "move", "left", 4, 8)


def test_what_decides_comes_first_and_every_part_is_verbatim():
    mention, _, _ = items_of(DOCUMENT, "entity")
    assert mention == Item("person", (Part("mention", "person", "李明", 0, 2),), 0.9)
    (relation,) = items_of(DOCUMENT, "relation")
    ends = (Part("head", "person", "李明", 0, 2), Part("tail", "place", "Paris", 9, 14))
    assert relation == Item("from", ends, 0.25)
    trigger, _ = items_of(DOCUMENT, "trigger")
    assert trigger == Item("move", (TRIGGER,), 0.75)
    argument, _ = items_of(DOCUMENT, "argument")
    assert argument == Item("move", (WHO, TRIGGER), 0.5)
    parts = [part for kind in KINDS for item in items_of(DOCUMENT, kind) for part in item.parts]
    assert all(TEXT[slice(*part.range)] == part.text for part in parts)


@pytest.mark.parametrize("kind", KINDS)
def test_items_come_as_the_protocol_gives_its_facts(kind):
    facts = list(PROTOCOLS[PROTOCOL_OF[kind]].facts_of(DOCUMENT))
    items = list(items_of(DOCUMENT, kind))
    assert [item.type for item in items] == [fact.type for fact in facts]
    assert len(items) == {"entity": 3, "relation": 1, "trigger": 2, "argument": 2}[kind]


def test_a_gold_fact_has_no_confidence_in_its_json_form():
    parts = {"argument": {"type": "who", "text": "李明", "start": 0, "end": 2}}
    assert Item("move", (WHO,)).to_dict() == {"type": "move", **parts}
    assert Item("move", (WHO,), 0.5).to_dict() == {"type": "move", **parts, "confidence": 0.5}
