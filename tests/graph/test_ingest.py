import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import GraphError
from lexloom.graph import GraphStore

TABLES = ("documents", "readings", "mentions", "names", "entities", "facts", "evidence", "events")

names = st.sampled_from(["Ada", "ADA", "«Ada»", "Bob", "BOB", "伊娃", "'); DROP TABLE facts; --"])
triples = st.lists(st.tuples(names, st.sampled_from(["knows", "owns"]), names), max_size=4)
events = st.lists(
    st.tuples(st.sampled_from(["met", "left"]), st.dictionaries(st.just("who"), names)), max_size=2
)
contents = st.fixed_dictionaries(
    {
        "triples": triples,
        "events": events,
        "model": st.sampled_from(["m1", "m2"]),
        "confidence": st.sampled_from([0.25, 0.5, 0.9, 1.0]),
    }
)
documents = st.dictionaries(st.sampled_from("uvwxyz"), contents, max_size=6)


def exported(readings, forgotten=()):
    """Both exports of a new graph that saw the readings and forgot some, and its merges."""
    with tempfile.TemporaryDirectory() as folder, GraphStore.open(Path(folder) / "kg") as store:
        for reading in readings:
            store.add(reading.extraction)
        for document in forgotten:
            store.forget(document)
        num_merges = len(store.merges(undone=True))
        return list(store.lines("jsonl")), list(store.lines("graphml")), num_merges


def rows(connection):
    return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


@settings(deadline=None, max_examples=25)
@given(documents, st.sets(st.sampled_from("uvwxyz")))
def test_a_forgotten_document_was_never_there(read, documents, forgotten):
    readings = {id_: read(id_, **content) for id_, content in documents.items()}
    kept = [reading for id_, reading in readings.items() if id_ not in forgotten]
    graph = exported(readings.values(), forgotten & readings.keys())
    assert graph == exported(kept)


@settings(deadline=None, max_examples=12)
@given(documents, st.randoms())
def test_the_order_of_adding_never_shows(read, documents, random):
    readings = [read(id_, **content) for id_, content in documents.items()]
    shuffled = random.sample(readings, len(readings))
    assert exported(readings) == exported(shuffled)


@settings(deadline=None, max_examples=12)
@given(documents)
def test_adding_everything_twice_changes_nothing(read, documents):
    readings = [read(id_, **content) for id_, content in documents.items()]
    assert exported([*readings, *readings]) == exported(readings)


@settings(deadline=None, max_examples=12)
@given(documents, contents)
def test_a_replaced_document_leaves_nothing_of_the_old_content(read, documents, content):
    readings = [read(id_, **values) for id_, values in documents.items()]
    old = read("z", [("only here", "was", "Bob")])
    new = read("z", **content)
    others = [reading for reading in readings if reading.extraction.document.id != "z"]
    assert exported([old, *others, new]) == exported([*others, new])


def test_the_report_counts_what_was_new(store, read):
    store.add(read("d1", [("Ada", "knows", "Bob")]).extraction)
    report = store.add(read("d2", [("ADA", "knows", "Eve")], events=[("met", {})]).extraction)
    assert (report.document, report.status) == ("d2", "added")
    assert (report.mentions, report.relations, report.events) == (2, 1, 1)
    assert (report.new_entities, report.new_facts, report.merges) == (1, 1, 1)


def test_the_same_reading_again_is_unchanged_down_to_the_rows(store, connection, read):
    reading = read("d", [("Ada", "knows", "Bob")], events=[("met", {"who": "Ada"})])
    store.add(reading.extraction)
    before = rows(connection)
    assert store.add(reading.extraction).status == "unchanged"
    assert rows(connection) == before


@pytest.mark.parametrize("other", [{"model": "m2"}, {"schema": "s2"}])
def test_another_model_or_schema_stands_beside_but_counts_as_one_document(store, read, other):
    triples = [("Ada", "knows", "Bob")]
    store.add(read("d", triples, confidence=0.5).extraction)
    assert store.add(read("d", triples, confidence=0.6, **other).extraction).status == "added"
    (fact,) = store.show("Ada").facts
    assert (fact.num_documents, fact.confidence, len(fact.evidence)) == (1, 0.6, 2)


def test_another_content_replaces_that_of_every_model(store, read):
    for model in ("m1", "m2"):
        store.add(read("d", [("Ada", "knows", "Bob")], model=model).extraction)
    assert store.add(read("d", [("Ada", "knows", "Eve")]).extraction).status == "replaced"
    assert store.search("Bob") == ()
    assert store.stats().readings == 1


def test_forgetting_counts_only_what_nothing_else_supports(store, read):
    store.add(read("d1", [("Ada", "knows", "Bob"), ("Ada", "knows", "Eve")]).extraction)
    store.add(read("d2", [("Ada", "knows", "Bob")], events=[("met", {})]).extraction)
    report = store.forget("d1")
    assert (report.mentions, report.events, report.entities, report.facts) == (4, 0, 1, 1)


def test_forgetting_the_last_document_empties_every_table(store, connection, read):
    reading = read("d", [("Ada", "knows", "ADA")], events=[("met", {"who": "Bob"})])
    store.add(reading.extraction, reading.text)
    store.forget("d")
    for table in (*TABLES, "arguments", "merges"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_an_unknown_document_cannot_be_forgotten(store):
    with pytest.raises(GraphError, match=r"no document 'nowhere\.txt'.*graph documents"):
        store.forget("nowhere.txt")


def test_the_text_given_later_is_kept(store, read):
    reading = read("d", [("Ada", "knows", "Bob")])
    store.add(reading.extraction)
    assert store.show("Ada").mentions[0].snippet is None
    store.add(reading.extraction, reading.text)
    assert store.show("Ada").mentions[0].snippet == reading.text


def test_adding_and_forgetting_scan_no_table(store, connection, read):
    statements = []
    connection.set_trace_callback(statements.append)
    for model in ("m1", "m1", "m2"):
        reading = read("d", [("Ada", "p", "ADA")], events=[("met", {"who": "Bob"})], model=model)
        store.add(reading.extraction)
    store.add(read("d", [("Ada", "p", "Bob")]).extraction)
    store.forget("d")
    connection.set_trace_callback(None)
    searched = [s for s in statements if s.startswith(("SELECT", "UPDATE", "DELETE"))]
    assert len(searched) > 20
    for statement in searched:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        assert not [step for *_, step in plan if step.startswith("SCAN") and "CONSTANT" not in step]
