import pytest

from lexloom.errors import GraphError
from lexloom.graph.query import find_entity, summaries


@pytest.fixture
def chain(store, read):
    """A – B – C – D, and a hub with many leaves hanging on D."""
    links = [("A", "to", "B"), ("B", "to", "C"), ("C", "to", "D"), ("D", "to", "hub")]
    store.add(read("chain", links).extraction)
    store.add(read("again", [("C", "to", "B")]).extraction)
    store.add(read("star", [(f"leaf{n}", "on", "hub") for n in range(30)]).extraction)
    return store


def names(entities):
    return [entity.name for entity in entities]


@pytest.mark.parametrize("reference", ["Ada", "ada", "  ADA ", "《Ada》", "id:1", 1, "1"])
def test_an_entity_is_found_by_spelling_or_number(store, connection, read, reference):
    store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
    assert find_entity(connection, reference) == 1


def test_an_exact_spelling_comes_before_a_number(store, connection, read):
    store.add(read("d", [("Ada", "was born in", "1")]).extraction)
    assert find_entity(connection, "1") == 2
    assert find_entity(connection, "id:1") == 1


def test_a_split_spelling_is_found_before_its_normalised_name(store, connection, read):
    store.add(read("d", [("Ada", "knows", "ADA")]).extraction)
    split = store.unmerge(store.merges()[0].id)
    assert find_entity(connection, "ADA") == split.id
    assert find_entity(connection, "Ada") != split.id


@pytest.mark.parametrize("reference", ["nobody", "id:99", 0, -1, 2**80, "9" * 30, "id:", "³"])
def test_what_is_not_there_is_named_with_a_hint(store, connection, read, reference):
    store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
    with pytest.raises(GraphError, match=r"the graph has no entity '.*graph search"):
        find_entity(connection, reference)


def test_an_entity_is_shown_under_its_most_frequent_spelling(store, connection, read):
    store.add(read("d", [("ADA", "knows", "Ada"), ("Ada", "knows", "Bob")]).extraction)
    summary = summaries(connection, [1])[1]
    assert (summary.name, summary.num_mentions, summary.num_documents) == ("Ada", 3, 1)


def test_the_confidence_of_an_entity_grows_with_documents_not_with_mentions(store, read):
    store.add(read("d1", [("Ada", "knows", "Ada")], confidence=0.5).extraction)
    assert store.show("Ada").entity.confidence == 0.5
    store.add(read("d2", [("Ada", "knows", "Bob")], confidence=0.6).extraction)
    assert store.show("Ada").entity.confidence == 0.8


def test_show_tells_names_mentions_facts_and_events_with_sources(store, read):
    reading = read("d", [("居里", "发现", "镭")], events=[("获奖", {"得主": "居里"})])
    store.add(reading.extraction, reading.text)
    detail = store.show("居里")
    assert [(name.name, name.num_mentions) for name in detail.names] == [("居里", 2)]
    (fact,) = detail.facts
    (evidence,) = fact.evidence
    for span in (evidence.subject, evidence.object, detail.events[0].trigger):
        assert reading.text[span.start : span.end] == span.text
    assert evidence.source.sha256 == reading.extraction.document.sha256
    assert evidence.source.model_hash == "hash-m1"
    (argument,) = detail.events[0].arguments
    assert (argument.role, argument.entity) == ("得主", detail.entity.id)


def test_show_says_how_much_a_limit_left_out(chain):
    detail = chain.show("hub", limit=5)
    assert (detail.num_facts, len(detail.facts), len(detail.mentions)) == (31, 5, 5)
    assert detail.entity.num_mentions == 31


def test_an_event_is_shown_with_each_entity_in_it_once(store, read):
    store.add(read("d", events=[("met", {"who": "Ada", "whom": "ADA"})]).extraction)
    detail = store.show("Ada")
    assert detail.num_events == len(detail.events) == 1


@pytest.mark.parametrize(("depth", "expected"), [(1, ["B"]), (2, ["B", "C"]), (3, ["B", "C", "D"])])
def test_neighbours_are_reached_step_by_step(chain, depth, expected):
    found = chain.neighbours("A", depth=depth)
    assert names(found.neighbours) == expected
    assert not found.truncated


def test_facts_are_followed_both_ways(chain):
    assert names(chain.neighbours("D").neighbours) == ["C", "hub"]


def test_the_best_supported_neighbour_comes_first(chain):
    assert names(chain.neighbours("B").neighbours) == ["C", "A"]


def test_neighbours_come_with_every_fact_between_them(chain):
    facts = chain.neighbours("B").facts
    ends = {(fact.subject.name, fact.object.name) for fact in facts}
    assert ends == {("A", "B"), ("B", "C"), ("C", "B")}
    assert all(fact.evidence for fact in facts)


def test_a_limit_on_neighbours_is_said(chain):
    found = chain.neighbours("hub", limit=10)
    assert len(found.neighbours) == len(found.facts) == 10
    assert found.truncated


def test_a_limit_that_is_just_enough_leaves_nothing_out(chain):
    found = chain.neighbours("hub", limit=31)
    assert len(found.neighbours) == len(found.facts) == 31
    assert not found.truncated


def test_an_entity_without_facts_has_no_neighbours(store, read):
    store.add(read("d", events=[("met", {"who": "Ada"})]).extraction)
    assert store.neighbours("Ada", depth=3).neighbours == ()


def test_search_finds_parts_of_names_equal_ones_first(store, read):
    pairs = [("Marie Curie", "p", "Curie"), ("Curie Institute", "p", "CURIE"), ("Bohr", "p", "x")]
    store.add(read("d", pairs).extraction)
    assert names(store.search("curie")) == ["CURIE", "Curie Institute", "Marie Curie"]
    assert names(store.search("curie", limit=1)) == ["CURIE"]


def test_search_takes_marks_of_patterns_literally(store, read):
    store.add(read("d", [("100%", "p", "1000"), ("a_b", "p", "axb")]).extraction)
    assert names(store.search("0%")) == ["100%"]
    assert names(store.search("a_")) == ["a_b"]


def test_an_empty_search_lists_entities(chain):
    assert len(chain.search("", limit=3)) == 3


def test_stats_count_in_all_and_by_type(store, read):
    store.add(read("d1", [("Ada", "knows", "Bob")], type="Person").extraction)
    pairs = [("ADA", "knows", "Bob"), ("Bob", "owns", "Ada")]
    store.add(read("d2", pairs, events=[("met", {})], type="Person").extraction)
    stats = store.stats()
    assert (stats.documents, stats.readings, stats.mentions) == (2, 2, 6)
    assert (stats.entities, stats.facts, stats.events, stats.merges) == (2, 2, 1, 1)
    assert [(row.type, row.count) for row in stats.entity_types] == [("Person", 2)]
    assert [(row.type, row.count) for row in stats.predicates] == [("knows", 1), ("owns", 1)]
    assert [(row.type, row.count) for row in stats.event_types] == [("Happening", 1)]


def test_documents_are_listed_by_id(store, read):
    second = read("b", [("Ada", "knows", "Bob")])
    store.add(second.extraction, second.text)
    store.add(read("a").extraction)
    listed = [(d.id, d.has_text, d.num_readings, d.num_mentions) for d in store.documents()]
    assert listed == [("a", False, 1, 0), ("b", True, 1, 2)]
    assert [document.id for document in store.documents(limit=1)] == ["a"]


UNKNOWN = ("entities.Thing", "relations.knows")


def test_an_entity_and_a_fact_are_zero_shot_until_a_trained_model_reads_them(store, read):
    triple = [("Ada", "knows", "Bob")]
    for name in ("d", "e"):
        store.add(read(name, triple, zero_shot=UNKNOWN).extraction)
    detail = store.show("Ada")
    assert (detail.entity.zero_shot, detail.facts[0].zero_shot) == (True, True)
    assert store.search("Bob")[0].zero_shot
    store.add(read("d", triple, model="m2", zero_shot=UNKNOWN[1:]).extraction)
    detail = store.show("Ada")
    assert (detail.entity.zero_shot, detail.facts[0].zero_shot) == (False, True)
    store.add(read("f", triple, model="m2").extraction)
    assert not store.neighbours("Ada").facts[0].zero_shot
    for name in ("d", "f"):
        store.forget(name)
    assert store.show("Ada").facts[0].zero_shot
