import pytest

from lexloom.graph.connection import reading
from lexloom.graph.ordered import (
    ordered_documents,
    ordered_entities,
    ordered_events,
    ordered_facts,
    public_id,
    rank_entities,
)


@pytest.fixture
def ranked(store, connection, read):
    store.add(read("d2", [("b", "q", "a"), ("a", "z", "b"), ("a", "p", "b")]).extraction)
    store.add(read("d1", [("B", "q", "a")], events=[("y", {"r": "a"}), ("x", {})]).extraction)
    with reading(connection):
        rank_entities(connection)
        yield connection


def test_entities_come_by_name_under_their_first_spelling(ranked):
    entities = list(ordered_entities(ranked))
    assert [entity.names for entity in entities] == [["B", "b"], ["a"]]
    assert [entity.id for entity in entities] == [public_id("Thing", n) for n in ("B", "a")]


def test_an_entity_bears_its_most_frequent_spelling(ranked):
    assert [entity.name for entity in ordered_entities(ranked)] == ["b", "a"]


def test_facts_come_by_subject_predicate_and_object(ranked):
    a, b = public_id("Thing", "a"), public_id("Thing", "B")
    triples = [(f.subject, f.predicate, f.object) for f in ordered_facts(ranked)]
    assert triples == [(b, "q", a), (a, "p", b), (a, "z", b)]


def test_a_fact_has_all_its_evidence_and_the_confidence_of_it(ranked):
    fact = next(ordered_facts(ranked))
    assert [e.subject.text for e in fact.evidence] == ["B", "b"]
    assert (fact.num_documents, fact.confidence) == (2, 0.99)


def test_events_come_by_document_and_trigger_with_public_ids(ranked):
    events = list(ordered_events(ranked))
    assert [event["trigger"]["text"] for event in events] == ["y", "x"]
    assert events[0]["arguments"][0]["entity"] == public_id("Thing", "a")


def test_documents_come_by_id_with_their_readings(ranked):
    documents = list(ordered_documents(ranked))
    assert [document.id for document in documents] == ["d1", "d2"]
    assert documents[0].readings[0]["model_hash"] == "hash-m1"


def test_public_ids_tell_type_and_name_apart():
    assert public_id("ab", "c") != public_id("a", "bc")
    assert public_id("T", "\ud800") != public_id("T", "\ud801")


def test_ranks_are_gone_when_the_block_ends(connection):
    for _ in range(2):
        with reading(connection):
            rank_entities(connection)
            assert connection.execute("SELECT count(*) FROM ranks").fetchone() == (0,)


def test_a_node_or_an_edge_is_zero_shot_when_all_that_it_stands_on_is(store, connection, read):
    unknown = ("entities.Thing", "relations.p", "relations.q", "events.Happening")
    triples = [("a", "p", "b"), ("a", "q", "c")]
    store.add(read("d1", triples, events=[("x", {"r": "a"})], zero_shot=unknown).extraction)
    store.add(read("d2", [("a", "p", "e")], model="m2").extraction)
    store.add(read("d3", [("a", "p", "b")], model="m2", zero_shot=unknown[1:]).extraction)
    with reading(connection):
        rank_entities(connection)
        marks = {entity.name: entity.zero_shot for entity in ordered_entities(connection)}
        assert marks == {"a": False, "b": False, "c": True, "e": False}
        names = {e.id: e.name for e in ordered_entities(connection)}
        facts = {(f.predicate, names[f.object]): f.zero_shot for f in ordered_facts(connection)}
        assert facts == {("p", "b"): True, ("p", "e"): False, ("q", "c"): True}
        (event,) = ordered_events(connection)
        assert (event["zero_shot"], event["arguments"][0]["zero_shot"]) == (True, False)
        readings = [document.readings[0]["zero_shot"] for document in ordered_documents(connection)]
        assert readings == [sorted(unknown), [], sorted(unknown[1:])]
