from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lexloom.extract.selection import sure_facts
from lexloom.records import (
    Argument,
    Coverage,
    DocumentRef,
    Entity,
    Event,
    Extraction,
    Provenance,
    Relation,
    Span,
)

TEXT = "Ann left Rome"


def extraction(a=0.9, b=0.5, related=0.8, event=0.7, role=0.6):
    return Extraction(
        document=DocumentRef("d", ""),
        entities=(Entity("e0", "x", "Ann", 0, 3, a), Entity("e1", "x", "Rome", 9, 13, b)),
        relations=(Relation("near", "e0", "e1", related),),
        events=(
            Event("go", Span.of(TEXT, 4, 8), (Argument("to", "Rome", 9, 13, role, "e1"),), event),
        ),
        coverage=Coverage(13, 13, 1),
        provenance=Provenance("m", "", "", "", ""),
    )


def test_facts_below_go_and_those_at_the_limit_stay():
    found = extraction()
    assert sure_facts(found, 0.5) == found
    assert sure_facts(found, 0.0) == found
    without = sure_facts(found, 0.6)
    assert [entity.id for entity in without.entities] == ["e0"]
    assert without.relations == ()  # one of its ends is gone
    (argument,) = without.events[0].arguments
    assert (argument.text, argument.entity) == ("Rome", None)
    assert sure_facts(found, 0.65).events[0].arguments == ()
    assert sure_facts(found, 0.95) == replace(found, entities=(), relations=(), events=())


shares = st.floats(0, 1)


@given(shares, shares, shares, shares, shares, shares)
def test_what_is_kept_is_sure_and_whole(a, b, related, event, role, least):
    kept = sure_facts(extraction(a, b, related, event, role), least)
    ids = {entity.id for entity in kept.entities}
    facts = [*kept.entities, *kept.relations, *kept.events]
    facts += [argument for item in kept.events for argument in item.arguments]
    assert all(fact.confidence >= least for fact in facts)
    assert all({relation.head, relation.tail} <= ids for relation in kept.relations)
    assert all(a.entity is None or a.entity in ids for e in kept.events for a in e.arguments)
    assert sure_facts(kept, least) == kept
