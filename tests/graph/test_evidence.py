from dataclasses import replace

import pytest

from lexloom.graph.evidence import (
    ALL,
    Snippets,
    document_events,
    entity_events,
    entity_mentions,
    fact_evidence,
)


@pytest.fixture
def documents(store, read):
    for name, confidence in (("b", 0.5), ("a", 0.9), ("c", 0.9)):
        reading = read(name, [("Ada", "knows", "Bob")], confidence=confidence)
        store.add(reading.extraction, reading.text)


def test_mentions_come_in_the_order_of_documents(documents, connection):
    mentions = entity_mentions(connection, 1, Snippets(connection), ALL)
    assert [mention.source.document for mention in mentions] == ["a", "b", "c"]


def test_the_most_confident_evidence_comes_first(documents, connection):
    found = list(fact_evidence(connection, 1, Snippets(connection), 2))
    assert [evidence.source.document for evidence in found] == ["a", "c"]


def test_a_snippet_shows_the_spans_in_their_context(documents, connection):
    (evidence,) = fact_evidence(connection, 1, Snippets(connection), 1)
    assert evidence.snippet == "Ada knows Bob .\n"


def test_no_snippet_is_cut_when_none_is_wanted(documents, connection):
    (evidence,) = fact_evidence(connection, 1, Snippets(connection, show=False), 1)
    assert evidence.snippet is None


def test_a_snippet_of_far_spans_is_cut_with_a_sign(store, connection, read):
    reading = read("d", [("Ada", "p" * 5000, "Bob")])
    store.add(reading.extraction, reading.text)
    snippet = Snippets(connection).around("d", 0, 5000)
    assert snippet.endswith("…")
    assert snippet[:-1] == reading.text[:400]


def test_snippets_follow_the_document(store, connection, read):
    for name in ("d1", "d2"):
        reading = read(name, [(name, "p", "Bob")])
        store.add(reading.extraction, reading.text)
    snippets = Snippets(connection)
    assert [snippets.around(name, 0, 2)[:2] for name in ("d1", "d2", "d1")] == ["d1", "d2", "d1"]


def test_the_events_of_an_entity_are_counted_beyond_the_limit(store, connection, read):
    happenings = [("met", {"who": "Ada"}), ("left", {"who": "Ada"}), ("slept", {"who": "Bob"})]
    store.add(read("d", events=happenings).extraction)
    number, events = entity_events(connection, store.search("Ada")[0].id, Snippets(connection), 1)
    assert (number, [event.trigger.text for event in events]) == (2, ["met"])


def test_an_argument_without_a_mention_keeps_its_span(store, connection, read):
    extraction = read("d", events=[("met", {"who": "Ada"})]).extraction
    (event,) = extraction.events
    loose = replace(event, arguments=(replace(event.arguments[0], entity=None),))
    store.add(replace(extraction, events=(loose,)))
    (found,) = document_events(connection, 1)
    assert (found.arguments[0].span.text, found.arguments[0].entity) == ("Ada", None)


def paged(reading, pages):
    reference = replace(reading.extraction.document, pages=pages)
    return replace(reading.extraction, document=reference).with_pages()


def test_every_span_of_a_document_with_pages_knows_its_page(store, connection, read):
    reading = read("r.pdf", [("Ada", "knows", "Bob")], events=[("met", {"who": "Ada"})])
    start = reading.text.index("Bob")
    store.add(paged(reading, (0, start)), reading.text)
    ada = store.search("Ada")[0].id
    (fact,) = fact_evidence(connection, 1, Snippets(connection), ALL)
    assert (fact.subject.page, fact.object.page) == (1, 2)
    mentions = entity_mentions(connection, ada, Snippets(connection), ALL)
    assert [mention.span.page for mention in mentions] == [1, 2]
    _, (event,) = entity_events(connection, ada, Snippets(connection), ALL)
    assert (event.trigger.page, event.arguments[0].span.page) == (2, 2)


def test_a_document_without_pages_has_none(documents, connection):
    (evidence, *_) = fact_evidence(connection, 1, Snippets(connection), ALL)
    assert evidence.subject.page is None


def test_pages_that_come_later_are_kept_and_a_new_text_brings_its_own(store, connection, read):
    def pages():
        return [evidence.object.page for evidence in fact_evidence(connection, 1, none, ALL)]

    none = Snippets(connection, show=False)
    reading = read("r.pdf", [("Ada", "knows", "Bob")])
    store.add(reading.extraction)
    assert pages() == [None]
    assert store.add(paged(reading, (0, 5))).status == "unchanged"
    assert pages() == [2]
    longer = read("r.pdf", [("Ada", "knows", "Bob"), ("Bob", "met", "Eve")])
    assert store.add(longer.extraction, longer.text).status == "replaced"
    assert pages() == [None]


UNKNOWN = ("entities.Thing", "relations.knows", "events.Happening.roles.who")


def test_what_a_model_was_not_trained_on_is_marked_where_it_was_read(store, connection, read):
    happening = [("met", {"who": "Ada"})]
    store.add(read("d", [("Ada", "knows", "Bob")], events=happening, zero_shot=UNKNOWN).extraction)
    none = Snippets(connection, show=False)
    assert {m.zero_shot for m in entity_mentions(connection, 1, none, ALL)} == {True}
    assert [e.zero_shot for e in fact_evidence(connection, 1, none, ALL)] == [True]
    (event,) = document_events(connection, 1)
    assert (event.zero_shot, event.arguments[0].zero_shot) == (False, True)


@pytest.mark.parametrize("name", ["a.b", "名", "\0", "\ud800", "a' || 'b", "%"], ids=ascii)
def test_a_type_of_any_name_can_be_zero_shot(store, connection, read, name):
    unknown = (f"entities.{name}", f"relations.{name}")
    store.add(read("d", [("Ada", name, "Bob")], type=name, zero_shot=unknown).extraction)
    store.add(read("e", [("Ada", name, "Bob")], type=name, zero_shot=unknown[:1]).extraction)
    none = Snippets(connection, show=False)
    assert [m.zero_shot for m in entity_mentions(connection, 1, none, ALL)] == [True, True]
    found = {e.source.document: e.zero_shot for e in fact_evidence(connection, 1, none, ALL)}
    assert found == {"d": True, "e": False}


def test_zero_shot_types_of_a_reading_from_an_older_graph_come_later(store, connection, read):
    none = Snippets(connection, show=False)
    store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
    again = read("d", [("Ada", "knows", "Bob")], zero_shot=UNKNOWN).extraction
    for _ in range(2):
        assert store.add(again).status == "unchanged"
        assert [e.zero_shot for e in fact_evidence(connection, 1, none, ALL)] == [True]
