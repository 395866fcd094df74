import pytest

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.errors import AnnotationError, UsageError
from lexloom.extract.protocols import Counts, protocol_named
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXT = "Marie Curie studied in Paris. 居里夫人在巴黎工作，Curie left Paris."


def entity(id, type, mention, nth=0):
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(mention, start + 1)
    return Entity(id, type, mention, start, start + len(mention))


def marked(entities=(), relations=(), events=(), **scope):
    return AnnotatedDocument(
        id="d",
        text=TEXT,
        entities=tuple(entities),
        relations=tuple(relations),
        events=tuple(events),
        scope=Scope(**scope),
    )


def event(type, trigger, *arguments):
    start = TEXT.index(trigger)
    filled = []
    for role, mention in arguments:
        at = TEXT.index(mention)
        filled.append(Argument(role, mention, at, at + len(mention)))
    return Event(type, Span(trigger, start, start + len(trigger)), tuple(filled))


def count(protocol, gold, predicted):
    return protocol_named(protocol).count(gold, predicted)


PERSON, CITY = entity("e0", "person", "Marie Curie"), entity("e1", "city", "Paris")
PERSON_ZH, CITY_ZH = entity("e2", "person", "居里夫人"), entity("e3", "city", "巴黎")
CITY_AGAIN = entity("e4", "city", "Paris", nth=1)
LIVED = Relation("lived_in", "e0", "e1")


def renamed(entities, relations=()):
    """The same facts under other ids, in another order."""
    names = {e.id: f"x{number}" for number, e in enumerate(entities)}
    moved = [Entity(names[e.id], e.type, e.text, e.start, e.end) for e in reversed(entities)]
    ends = [Relation(r.type, names[r.head], names[r.tail]) for r in relations]
    return moved, ends


@pytest.mark.parametrize(
    "protocol",
    ["ner_strict", "ner_string", "relations_strict", "relations_boundaries", "relations_triple"],
)
def test_ids_and_order_do_not_count(protocol):
    gold = marked([PERSON, CITY, PERSON_ZH], [LIVED])
    counts = count(protocol, gold, marked(*renamed(gold.entities, gold.relations)))
    assert counts
    assert all(c.f1 == 1 for c in counts.values())


def test_a_mention_is_strictly_right_only_with_both_borders_and_its_type():
    gold = marked([PERSON, CITY])
    wrong_border = Entity("a", "person", "Marie", 0, 5)
    wrong_type = Entity("b", "person", CITY.text, CITY.start, CITY.end)
    counts = count("ner_strict", gold, marked([wrong_border, wrong_type]))
    assert counts == {"person": Counts(0, 2, 1), "city": Counts(0, 0, 1)}


def test_a_string_counts_once_however_often_it_stands_in_the_text():
    gold, predicted = marked([CITY, CITY_AGAIN]), marked([CITY_AGAIN])
    assert count("ner_string", gold, predicted) == {"city": Counts(1, 1, 1)}
    assert count("ner_strict", gold, predicted) == {"city": Counts(1, 1, 2)}


def test_the_relation_protocols_differ_in_types_and_places():
    gold = marked([PERSON, CITY], [LIVED])
    other_type = marked([PERSON, Entity("e1", "country", CITY.text, CITY.start, CITY.end)], [LIVED])
    other_place = marked([PERSON, CITY_AGAIN], [Relation("lived_in", "e0", "e4")])
    right = {
        name: [count(name, gold, p)["lived_in"].num_correct for p in (other_type, other_place)]
        for name in ("relations_strict", "relations_boundaries", "relations_triple")
    }
    assert right == {
        "relations_strict": [0, 0],
        "relations_boundaries": [1, 0],
        "relations_triple": [1, 1],
    }


def test_a_relation_has_a_direction():
    gold = marked([PERSON, CITY], [LIVED])
    turned = marked([PERSON, CITY], [Relation("lived_in", "e1", "e0")])
    assert count("relations_boundaries", gold, turned) == {"lived_in": Counts(0, 1, 1)}


def test_an_argument_needs_event_type_role_and_span_but_not_the_trigger():
    gold = marked(events=[event("study", "studied", ("who", "Marie Curie"), ("where", "Paris"))])
    elsewhere = marked(events=[event("study", "left", ("who", "Marie Curie"), ("who", "Paris"))])
    assert count("events_argument", gold, elsewhere) == {"study": Counts(1, 2, 2)}
    assert count("events_trigger", gold, elsewhere) == {"study": Counts(0, 1, 1)}
    other = marked(events=[event("move", "studied", ("who", "Marie Curie"))])
    assert count("events_argument", gold, other)["study"].num_correct == 0


def test_types_outside_the_scope_are_no_false_positives():
    gold = marked(
        [PERSON],
        entity_types=("person",),
        relation_types=("lived_in",),
        event_types=("study",),
    )
    predicted = marked(
        [PERSON, CITY],
        [Relation("born_in", "e0", "e1"), LIVED],
        [event("move", "left", ("who", "Marie Curie"))],
    )
    assert count("ner_strict", gold, predicted) == {"person": Counts(1, 1, 1)}
    assert count("ner_string", gold, predicted) == {"person": Counts(1, 1, 1)}
    assert count("relations_strict", gold, predicted) == {"lived_in": Counts(0, 1, 0)}
    assert count("events_trigger", gold, predicted) == {}
    assert count("events_argument", gold, predicted) == {}


@pytest.mark.parametrize("protocol", ["ner_strict", "ner_string"])
def test_where_only_some_mentions_are_marked_another_mention_is_unknown(protocol):
    gold = marked([PERSON], all_mentions=False)
    mistyped = Entity("a", "city", PERSON.text, PERSON.start, PERSON.end)
    counts = count(protocol, gold, marked([mistyped, PERSON_ZH]))
    assert counts == {"person": Counts(0, 0, 1), "city": Counts(0, 1, 0)}


@pytest.mark.parametrize("protocol", ["ner_strict", "ner_string"])
def test_of_a_type_that_is_partly_marked_another_mention_is_unknown(protocol):
    gold = marked([PERSON], partial_types=("person",))
    other_city = Entity("a", "city", CITY.text, CITY.start, CITY.end)
    counts = count(protocol, gold, marked([other_city, PERSON, PERSON_ZH]))
    assert counts == {"person": Counts(1, 1, 1), "city": Counts(0, 1, 0)}


@pytest.mark.parametrize(
    "protocol", ["relations_strict", "relations_boundaries", "relations_triple"]
)
def test_only_relations_between_known_pairs_count(protocol):
    gold = marked([PERSON, CITY, PERSON_ZH, CITY_ZH], [LIVED], known_pairs=(("e0", "e1"),))
    unknown = Relation("lived_in", "e2", "e3")
    wrong = Relation("born_in", "e0", "e1")
    predicted = marked(gold.entities, [LIVED, unknown, wrong])
    counts = count(protocol, gold, predicted)
    assert counts == {"lived_in": Counts(1, 1, 1), "born_in": Counts(0, 1, 0)}


def test_a_known_pair_without_a_relation_makes_a_prediction_wrong():
    gold = marked([PERSON, CITY], known_pairs=(("e0", "e1"),))
    counts = count("relations_boundaries", gold, marked([PERSON, CITY], [LIVED]))
    assert counts == {"lived_in": Counts(0, 1, 0)}


def test_ratios_without_a_denominator_are_zero():
    nothing = Counts(0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)


def test_a_relation_to_an_unknown_entity_names_the_document():
    class Loose:
        entities = (PERSON,)
        relations = (LIVED,)
        events = ()

    with pytest.raises(AnnotationError, match=r"document d: .* unknown entity 'e1'"):
        count("relations_strict", marked([PERSON]), Loose())


def test_an_unknown_protocol_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"no scoring protocol 'f1' .*ner_strict"):
        protocol_named("f1")
