import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.extract.merge import (
    FoundArgument,
    FoundEvent,
    FoundMention,
    FoundRelation,
    WindowFacts,
    merge_windows,
)
from lexloom.extract.windows import Window
from lexloom.records import Argument, Entity, Event, Relation, Span

TEXT = "Ann met Bob in Rome. Bob left."
WHOLE = Window(0, 30, 0, 30)
LEFT, RIGHT = Window(0, 30, 0, 8), Window(0, 30, 8, 30)
ANN = FoundMention("person", 0, 3, 0.9)
BOB = FoundMention("person", 8, 11, 0.8)
ROME = FoundMention("city", 15, 19, 0.7)


def test_entities_are_named_in_the_order_of_the_text():
    merged = merge_windows(TEXT, [WindowFacts(WHOLE, (ROME, ANN, BOB))])
    assert merged.entities == (
        Entity("e0", "person", "Ann", 0, 3, 0.9),
        Entity("e1", "person", "Bob", 8, 11, 0.8),
        Entity("e2", "city", "Rome", 15, 19, 0.7),
    )


def test_ends_and_types_order_entities_of_one_start():
    mentions = (FoundMention("b", 0, 7), FoundMention("b", 0, 3), FoundMention("a", 0, 3))
    merged = merge_windows(TEXT, [WindowFacts(WHOLE, mentions)])
    assert [(e.id, e.end, e.type) for e in merged.entities] == [
        ("e0", 3, "a"), ("e1", 3, "b"), ("e2", 7, "b"),
    ]  # fmt: skip


def test_a_mention_is_kept_only_from_the_window_that_owns_its_start():
    surer = FoundMention("person", 8, 11, 0.99)
    merged = merge_windows(TEXT, [WindowFacts(LEFT, (ANN, surer)), WindowFacts(RIGHT, (BOB, ROME))])
    assert [(e.text, e.confidence) for e in merged.entities] == [
        ("Ann", 0.9), ("Bob", 0.8), ("Rome", 0.7),
    ]  # fmt: skip


def test_equal_facts_become_one_with_the_greatest_confidence():
    again = FoundMention("person", 0, 3, 0.95)
    relations = (FoundRelation("met", 0, 1, 0.4), FoundRelation("met", 2, 1, 0.6))
    merged = merge_windows(TEXT, [WindowFacts(WHOLE, (ANN, BOB, again), relations)])
    assert [(e.text, e.confidence) for e in merged.entities] == [("Ann", 0.95), ("Bob", 0.8)]
    assert merged.relations == (Relation("met", "e0", "e1", 0.6),)


def test_a_relation_is_kept_where_its_head_starts_and_keeps_its_tail():
    met = FoundRelation("met", 0, 1, 0.5)
    left = WindowFacts(LEFT, (ANN, BOB), (met,))
    right = WindowFacts(RIGHT, (ANN, ROME), (FoundRelation("met", 0, 1),))
    merged = merge_windows(TEXT, [left, right])
    assert [e.text for e in merged.entities] == ["Ann", "Bob", "Rome"]
    assert merged.relations == (Relation("met", "e0", "e1", 0.5),)


def test_relations_are_pointed_at_the_merged_ids():
    window = WindowFacts(RIGHT, (ROME, BOB), (FoundRelation("in", 1, 0, 0.5),))
    merged = merge_windows(TEXT, [WindowFacts(LEFT, (ANN,)), window])
    assert merged.relations == (Relation("in", "e1", "e2", 0.5),)


def test_an_event_unites_its_arguments_and_links_them_to_entities():
    met = FoundEvent("meet", 4, 7, (FoundArgument("who", 8, 11, 0.3),), 0.5)
    more = FoundEvent(
        "meet", 4, 7, (FoundArgument("who", 8, 11, 0.6), FoundArgument("who", 0, 3, 0.7)), 0.4
    )
    merged = merge_windows(TEXT, [WindowFacts(WHOLE, (ANN,), (), (met, more))])
    assert merged.events == (
        Event(
            "meet",
            Span("met", 4, 7),
            (
                Argument("who", "Ann", 0, 3, 0.7, "e0"),
                Argument("who", "Bob", 8, 11, 0.6, None),
            ),
            0.5,
        ),
    )


def test_an_event_is_kept_only_where_its_trigger_starts():
    left = FoundEvent("leave", 25, 29)
    merged = merge_windows(
        TEXT, [WindowFacts(LEFT, events=(left,)), WindowFacts(RIGHT, events=(left,))]
    )
    assert [event.trigger.text for event in merged.events] == ["left"]


def test_an_argument_of_several_types_is_linked_to_the_surest():
    mentions = (FoundMention("city", 8, 11, 0.2), BOB, FoundMention("thing", 8, 11, 0.8))
    event = FoundEvent("meet", 4, 7, (FoundArgument("who", 8, 11),))
    merged = merge_windows(TEXT, [WindowFacts(WHOLE, mentions, (), (event,))])
    assert merged.events[0].arguments[0].entity == "e1"


def test_no_window_gives_no_fact():
    merged = merge_windows(TEXT, [])
    assert (merged.entities, merged.relations, merged.events) == ((), (), ())


spans = st.tuples(st.integers(0, 24), st.integers(1, 5)).map(lambda p: (p[0], p[0] + p[1]))
mentions = st.lists(
    st.builds(lambda span, kind: FoundMention(kind, *span, 0.5), spans, st.sampled_from("ab")),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(mentions, st.data())
def test_the_facts_are_the_same_whichever_window_they_were_found_in(found, data):
    index = st.integers(0, len(found) - 1)
    relations = data.draw(st.lists(st.builds(FoundRelation, st.sampled_from("rs"), index, index)))
    events = data.draw(st.lists(st.builds(lambda span: FoundEvent("e", *span), spans)))
    borders = [0, *sorted(data.draw(st.sets(st.integers(1, 29), max_size=4))), 30]
    facts = (tuple(found), tuple(relations), tuple(events))
    # every window sees everything, and answers for its core
    cores = itertools.pairwise(borders)
    tiled = [WindowFacts(Window(0, 30, start, end), *facts) for start, end in cores]
    assert merge_windows(TEXT, reversed(tiled)) == merge_windows(TEXT, [WindowFacts(WHOLE, *facts)])
