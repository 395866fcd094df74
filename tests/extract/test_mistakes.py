from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.extract import mistakes as module
from lexloom.extract.confidence import KINDS
from lexloom.extract.mistakes import GROUPS, find_differences, find_mistakes
from lexloom.extract.protocols import PROTOCOLS
from lexloom.extract.reliability import PROTOCOL_OF
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXT = "Ann lives in Paris. 李明😀去了北京，Bob left."
TYPES = st.sampled_from(["person", "place"])
SURE = st.floats(0, 1)
SPANS = st.tuples(st.integers(0, len(TEXT) - 6), st.integers(1, 6)).map(
    lambda row: (row[0], row[0] + row[1])
)
FEW_SPANS = st.one_of(st.sampled_from([(0, 3), (13, 18), (20, 22), (25, 27), (0, 9)]), SPANS)


@st.composite
def readings(draw):
    """Facts that are often the same, or nearly."""
    rows = draw(st.lists(st.tuples(TYPES, FEW_SPANS, SURE), max_size=6))
    entities = tuple(
        Entity(f"e{n}", type, TEXT[start:end], start, end, sure)
        for n, (type, (start, end), sure) in enumerate(rows)
    )
    relations = ()
    if entities:
        end = st.sampled_from([entity.id for entity in entities])
        relation = st.builds(Relation, st.sampled_from(["in", "near"]), end, end, SURE)
        relations = tuple(draw(st.lists(relation, max_size=5)))
    argument = st.builds(
        lambda role, span, sure: Argument(role, TEXT[slice(*span)], *span, sure),
        st.sampled_from(["who", "where"]), FEW_SPANS, SURE,
    )  # fmt: skip
    event = st.builds(
        Event,
        type=st.sampled_from(["move", "talk"]),
        trigger=FEW_SPANS.map(lambda span: Span.of(TEXT, *span)),
        arguments=st.lists(argument, max_size=3).map(tuple),
        confidence=SURE,
    )
    events = tuple(draw(st.lists(event, max_size=3)))
    return AnnotatedDocument(
        id="d", text=TEXT, entities=entities, relations=relations, events=events
    )


@st.composite
def scopes(draw, document):
    ids = [entity.id for entity in document.entities]
    known = st.none()
    if ids:
        end = st.sampled_from(ids)
        known = st.one_of(known, st.lists(st.tuples(end, end), max_size=4).map(tuple))
    return Scope(
        entity_types=draw(st.sampled_from([None, ("person",)])),
        relation_types=draw(st.sampled_from([None, ("in",)])),
        event_types=draw(st.sampled_from([None, ("move",)])),
        all_mentions=draw(st.booleans()),
        partial_types=draw(st.sampled_from([(), ("place",)])),
        known_pairs=draw(known),
    )


@st.composite
def pairs(draw):
    gold, found = draw(readings()), draw(readings())
    if draw(st.booleans()):
        gold = replace(gold, scope=draw(scopes(gold)))
    return gold, found


def fact_of(item, kind):
    """The type and key by which the protocol counts an item."""
    ranges = [part.range for part in item.parts]
    if kind == "relation":
        (head, tail), parts = ranges, item.parts
        return item.type, (head, parts[0].type, tail, parts[1].type)
    if kind == "argument":
        return item.type, (item.parts[0].type, *ranges[0])
    return item.type, ranges[0]


@given(pairs())
def test_every_fact_that_is_not_right_is_one_mistake_and_the_counts_are_the_score_s(pair):
    gold, found = pair
    for kind in KINDS:
        protocol = PROTOCOLS[PROTOCOL_OF[kind]]
        is_known = protocol.known_test(gold)
        wanted, got = (
            {(f.type, f.key) for f in protocol.facts_of(d) if is_known(f)} for d in (gold, found)
        )
        differences = find_differences(gold, found, kind)
        missed = [fact_of(m.gold, kind) for m in differences.mistakes if m.gold]
        false = [fact_of(m.found, kind) for m in differences.mistakes if m.found]
        assert Counter(missed) == Counter(wanted - got)
        assert Counter(false) == Counter(got - wanted)
        assert {fact_of(item, kind) for item in differences.right} == wanted & got
        counts = protocol.count(gold, found).values()
        assert len(false) == sum(c.num_predicted - c.num_correct for c in counts)
        assert len(missed) == sum(c.num_gold - c.num_correct for c in counts)
        assert {m.group for m in differences.mistakes} <= GROUPS[kind].keys()
        assert all(m.kind == kind and m.items for m in differences.mistakes)


@given(pairs())
def test_spans_are_verbatim_and_found_ones_alone_have_a_confidence(pair):
    for mistake in find_mistakes(*pair):
        for item in mistake.items:
            for part in item.parts:
                assert TEXT[part.start : part.end] == part.text
        assert mistake.gold is None or mistake.gold.confidence is None
        assert mistake.found is None or mistake.found.confidence is not None


@given(pairs())
def test_facts_far_apart_are_never_one_mistake(pair):
    expected = find_mistakes(*pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            module, "_neighbours",
            lambda missed, false, n: set(product(range(len(missed)), range(len(false)))),
        )  # fmt: skip
        assert find_mistakes(*pair) == expected
        patch.undo()
        patch.setattr(module, "CELL_CHARACTERS", 2)
        assert find_mistakes(*pair) == expected


@given(readings())
def test_a_reading_has_no_mistake_against_itself(reading):
    assert find_mistakes(reading, reading) == []


# --- examples of every group


def entity(id, type, start, end, sure=1.0):
    return Entity(id, type, TEXT[start:end], start, end, sure)


ANN, PARIS = entity("a", "person", 0, 3), entity("p", "place", 13, 18)
LI, BEIJING = entity("l", "person", 20, 22), entity("b", "place", 25, 27)


def reading(entities=(), relations=(), events=()):
    return AnnotatedDocument(
        id="d", text=TEXT, entities=tuple(entities), relations=tuple(relations),
        events=tuple(events),
    )  # fmt: skip


def groups(gold, found, kind):
    return [m.group for m in find_mistakes(gold, found) if m.kind == kind]


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        ([ANN], [], ["missed"]),
        ([], [PARIS], ["spurious"]),
        ([ANN], [entity("x", "place", 0, 3)], ["wrong_type"]),
        ([LI], [entity("x", "person", 20, 23)], ["wrong_border"]),
        ([LI], [entity("x", "place", 21, 24)], ["wrong_border_and_type"]),
        ([LI], [entity("x", "person", 22, 24)], ["missed", "spurious"]),  # they only touch
        # of two that overlap the nearer one is meant, and the other is one too many
        ([LI], [entity("x", "person", 19, 21), entity("y", "person", 19, 22)],
         ["wrong_border", "spurious"]),
    ],
)  # fmt: skip
def test_mentions_are_grouped(gold, found, expected):
    assert groups(reading(gold), reading(found), "entity") == expected


def related(type="in", head="a", tail="p", entities=(ANN, PARIS)):
    return reading(entities, [Relation(type, head, tail)])


BARE = reading([ANN, PARIS])


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        (related(), related(head="p", tail="a"), ["reversed"]),
        (related(), related("near"), ["wrong_relation"]),
        (related(), related("near", "p", "a"), ["wrong_relation"]),
        (related(), related(entities=(ANN, entity("p", "person", 13, 18))), ["wrong_end_type"]),
        (related(), related(entities=(ANN, entity("p", "place", 10, 18))), ["wrong_border"]),
        (related(), reading([ANN]), ["missed_end"]),
        (related(), BARE, ["missed"]),
        (BARE, related(), ["spurious"]),
        (reading([ANN]), related(), ["false_end"]),
        (related(), related(tail="b", entities=(ANN, BEIJING)), ["missed_end", "false_end"]),
        # the same two spans, in the one and in the other direction
        (related(), reading([ANN, PARIS], [Relation("in", "p", "a"), Relation("near", "a", "p")]),
         ["reversed", "spurious"]),
    ],
)  # fmt: skip
def test_relations_are_grouped(gold, found, expected):
    assert groups(gold, found, "relation") == expected


LEFT = Span.of(TEXT, 32, 36)


def happened(type="move", trigger=LEFT, *arguments):
    rows = tuple(Argument(role, TEXT[s:e], s, e) for role, s, e in arguments)
    return reading(events=[Event(type, trigger, rows)])


WENT = Span.of(TEXT, 23, 25)


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        (happened(), happened("talk"), ["wrong_type"]),
        (happened(), happened(trigger=Span.of(TEXT, 28, 36)), ["wrong_border"]),
        (happened(), happened("talk", Span.of(TEXT, 28, 36)), ["wrong_border_and_type"]),
        (happened(), reading(), ["missed"]),
        (happened(), happened(trigger=WENT), ["missed", "spurious"]),
    ],
)
def test_triggers_are_grouped(gold, found, expected):
    assert groups(gold, found, "trigger") == expected


WHO = happened("move", LEFT, ("who", 28, 31))


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        (WHO, happened("move", LEFT, ("where", 28, 31)), ["wrong_role"]),
        (WHO, happened("talk", LEFT, ("who", 28, 31)), ["wrong_event"]),
        (WHO, happened("move", LEFT, ("who", 20, 31)), ["wrong_border"]),
        (WHO, happened(), ["missed"]),
        (WHO, reading(), ["missed_trigger"]),
        (happened(), WHO, ["spurious"]),
        (reading(), WHO, ["false_trigger"]),
        # the argument is right although its trigger was found elsewhere: so the protocol says
        (WHO, happened("move", WENT, ("who", 28, 31)), []),
    ],
)
def test_arguments_are_grouped(gold, found, expected):
    assert groups(gold, found, "argument") == expected


def test_what_was_not_looked_for_is_no_mistake():
    gold = replace(reading([ANN]), scope=Scope(entity_types=("person",), partial_types=("person",)))
    found = reading([entity("x", "place", 0, 3), entity("y", "person", 5, 9)])
    (mistake,) = find_mistakes(gold, found)
    assert (mistake.group, mistake.gold.parts[0].text) == ("missed", "Ann")


def test_of_doubles_the_surest_is_shown():
    twice = reading([entity("x", "person", 0, 3, 0.25), entity("y", "person", 0, 3, 0.75)])
    (mistake,) = find_mistakes(reading(), twice)
    assert mistake.found.confidence == 0.75


def test_the_json_form_says_both_facts():
    found = reading([ANN, PARIS], [Relation("in", "p", "a", 0.5)])
    (mistake,) = find_mistakes(related(), found)
    assert mistake.to_dict() == {
        "kind": "relation",
        "group": "reversed",
        "gold": {
            "type": "in",
            "head": {"type": "person", "text": "Ann", "start": 0, "end": 3},
            "tail": {"type": "place", "text": "Paris", "start": 13, "end": 18},
        },
        "found": {
            "type": "in",
            "head": {"type": "place", "text": "Paris", "start": 13, "end": 18},
            "tail": {"type": "person", "text": "Ann", "start": 0, "end": 3},
            "confidence": 0.5,
        },
    }


def test_a_long_document_takes_no_square_of_its_mentions():
    text = "ab " * 4_000
    rows = range(0, 12_000, 3)
    gold = AnnotatedDocument(
        id="d", text=text, entities=tuple(Entity(f"e{n}", "x", "ab", n, n + 2) for n in rows)
    )
    found = replace(gold, entities=tuple(replace(e, type="y") for e in gold.entities))
    mistakes = find_differences(gold, found, "entity").mistakes
    assert Counter(m.group for m in mistakes) == {"wrong_type": 4_000}
