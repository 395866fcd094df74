import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lexloom.errors import GraphError
from lexloom.graph import GraphStore
from lexloom.graph.connection import writing
from lexloom.graph.resolve import attach_names, drop_names, name_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Marie  Curie", "marie curie"),
        ("MARIE\u3000CURIE", "marie curie"),
        ("《红楼梦》", "红楼梦"),
        ("“Nature”", "nature"),
        ("ＡＢＣ", "abc"),
        ("Straße", "strasse"),
        ("ﬁnance", "finance"),
        ("'《\"x\"》'", "x"),
        ("《》", "《》"),
        ("  ", "  "),
        ("", ""),
        ("O'Brien", "o'brien"),
    ],
)
def test_names_are_equal_under_case_width_space_and_quotes(name, key):
    assert name_key(name) == key


@given(st.text())
def test_normalising_twice_changes_nothing(name):
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(min_size=1))
def test_no_name_becomes_empty(name):
    assert name_key(name)


def entities(store):
    """The spellings of each entity, as a set of sets."""
    rows = store._connection.execute("SELECT entity_id, name FROM names").fetchall()
    return {frozenset(n for e, n in rows if e == entity) for entity, _ in rows}


def sets(*groups):
    return {frozenset(group.split()) for group in groups}


def add(store, read, document, *names, **options):
    pairs = [(name, "with", "Pivot") for name in names]
    store.add(read(document, pairs, **options).extraction)


@pytest.fixture
def curies(store, read):
    add(store, read, "d1", "Curie")
    add(store, read, "d2", "CURIE")
    return store


def test_spellings_of_one_normalised_name_are_one_entity(curies):
    assert entities(curies) == sets("Curie CURIE", "Pivot")


def test_the_same_name_of_another_type_is_another_entity(store, read):
    add(store, read, "d1", "Curie", type="Person")
    add(store, read, "d2", "Curie", type="Unit")
    with pytest.raises(GraphError, match=r"several entities are called 'Curie': id:1 \(Person\)"):
        store.show("Curie")


def test_each_merge_is_logged_with_both_spellings(curies):
    (merge,) = curies.merges()
    assert (merge.kind, merge.type, merge.name, merge.into) == ("name", "Thing", "CURIE", "Curie")
    assert merge.time == "2025-01-01T00:00:00Z"


def test_unmerge_splits_the_spelling_and_its_facts(curies, check_invariants):
    (merge,) = curies.merges()
    split = curies.unmerge(merge.id)
    assert entities(curies) == sets("Curie", "CURIE", "Pivot")
    assert (split.name, split.num_documents) == ("CURIE", 1)
    assert curies.show("CURIE").num_facts == curies.show("Curie").num_facts == 1
    check_invariants(curies._connection)


def test_what_was_split_stays_split_when_documents_are_added(curies, read):
    curies.unmerge(curies.merges()[0].id)
    add(curies, read, "d3", "CURIE", "Curie", "curie")
    assert entities(curies) == sets("Curie curie", "CURIE", "Pivot")


def test_what_was_split_stays_split_when_its_document_gets_another_content(curies, read):
    curies.unmerge(curies.merges()[0].id)
    add(curies, read, "d2", "Other", "CURIE")
    assert entities(curies) == sets("Curie", "CURIE", "Other", "Pivot")


def test_an_undone_merge_stays_in_the_log(curies):
    (merge,) = curies.merges()
    curies.unmerge(merge.id)
    assert curies.merges() == ()
    (undone,) = curies.merges(undone=True)
    assert undone.id == merge.id
    assert undone.undone is not None


def test_a_merge_is_undone_once(curies):
    (merge,) = curies.merges()
    curies.unmerge(merge.id)
    with pytest.raises(GraphError, match=f"already undone is the merge {merge.id}"):
        curies.unmerge(merge.id)


def test_an_unknown_merge_is_refused(store):
    for number in (5, 0, -1, 2**63, 10**30):
        with pytest.raises(GraphError, match=rf"there is no merge {number} .*graph merges"):
            store.unmerge(number)


def test_a_merge_by_hand_joins_names_and_facts(store, read, check_invariants):
    add(store, read, "d1", "IBM")
    add(store, read, "d2", "Big_Blue")
    merge = store.merge("IBM", "Big_Blue")
    assert (merge.kind, merge.name, merge.into) == ("hand", "Big_Blue", "IBM")
    assert entities(store) == sets("IBM Big_Blue", "Pivot")
    (fact,) = store.show("Big_Blue").facts
    assert fact.num_documents == 2
    check_invariants(store._connection)


def test_a_merge_by_hand_and_its_unmerge_give_the_same_graph(store, read):
    add(store, read, "d1", "IBM", "ibm")
    add(store, read, "d2", "Big_Blue")
    before = list(store.lines())
    store.unmerge(store.merge("IBM", "Big_Blue").id)
    assert list(store.lines()) == before


def test_new_spellings_follow_what_was_merged_by_hand(store, read):
    add(store, read, "d1", "IBM", "Big_Blue")
    store.merge("IBM", "Big_Blue")
    add(store, read, "d2", "BIG_BLUE")
    assert entities(store) == sets("IBM Big_Blue BIG_BLUE", "Pivot")


def test_merges_can_be_undone_in_any_order(store, read, check_invariants):
    add(store, read, "d1", "a", "b", "c")
    first, second = store.merge("a", "b"), store.merge("c", "a")
    store.unmerge(first.id)
    assert entities(store) == sets("a c", "b", "Pivot")
    store.unmerge(second.id)
    assert entities(store) == sets("a", "b", "c", "Pivot")
    check_invariants(store._connection)


def test_what_was_joined_through_a_forgotten_name_stays_joined(store, read, check_invariants):
    for document, name in (("d1", "a"), ("d2", "b"), ("d3", "c")):
        add(store, read, document, name)
    store.merge("a", "b")
    store.merge("c", "a")
    store.forget("d1")
    assert entities(store) == sets("b c", "Pivot")
    check_invariants(store._connection)


def test_a_loop_of_facts_made_by_a_merge_is_undone_with_it(store, read):
    store.add(read("d", [("a", "owns", "b")]).extraction)
    merge = store.merge("a", "b")
    (fact,) = store.show("a").facts
    assert fact.subject == fact.object
    store.unmerge(merge.id)
    (fact,) = store.show("a").facts
    assert fact.subject != fact.object


def test_an_entity_cannot_be_merged_with_itself(curies):
    with pytest.raises(GraphError, match="both names mean the entity 1 already"):
        curies.merge("Curie", "CURIE")


def test_entities_of_two_types_cannot_be_merged(store, read):
    add(store, read, "d1", "a", type="Person")
    add(store, read, "d2", "b", type="Unit")
    with pytest.raises(GraphError, match=r"only entities of one type .* got Person and Unit"):
        store.merge("a", "b")


def test_attaching_the_same_names_again_makes_nothing(connection):
    with writing(connection):
        first = attach_names(connection, [("T", "a"), ("T", "A")], "now")
        again = attach_names(connection, [("T", "A"), ("T", "a")], "now")
    assert (first.new_entities, first.merges) == (1, 1)
    assert (again.new_entities, again.merges) == (0, 0)
    assert again.names == first.names


def test_dropping_unmentioned_names_drops_their_entities(connection):
    with writing(connection):
        attached = attach_names(connection, [("T", "a"), ("T", "A"), ("T", "b")], "now")
        dropped = drop_names(connection, [name for name, _ in attached.names.values()])
    assert dropped == 2
    assert connection.execute("SELECT count(*) FROM merges").fetchone() == (0,)


NAMES = ["ada", "Ada", "ADA", "《ada》", "bob", "Bob", "eve"]


class Changes(RuleBasedStateMachine):
    """Adds, forgets, merges and unmerges at random; the test binds the fixtures."""

    read = check_graph = None

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = GraphStore.open(Path(self.folder.name) / "kg.sqlite")

    @rule(
        document=st.sampled_from("xyz"),
        names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=4),
        model=st.sampled_from(["m1", "m2"]),
    )
    def add(self, document, names, model):
        triples = [(a, "p", b) for a, b in pairwise(names)]
        self.store.add(type(self).read(document, triples, model=model).extraction)

    @rule(document=st.sampled_from("xyz"))
    def forget(self, document):
        if document in {held.id for held in self.store.documents()}:
            self.store.forget(document)

    @rule(data=st.data())
    def merge(self, data):
        present = [row[0] for row in self.store._connection.execute("SELECT id FROM entities")]
        if len(present) > 1:
            pair = st.lists(st.sampled_from(present), min_size=2, max_size=2, unique=True)
            self.store.merge(*data.draw(pair))

    @rule(data=st.data())
    def unmerge(self, data):
        if merges := self.store.merges():
            self.store.unmerge(data.draw(st.sampled_from(merges)).id)

    @invariant()
    def is_sound(self):
        type(self).check_graph(self.store._connection)

    def teardown(self):
        self.store.close()
        self.folder.cleanup()


def test_any_history_of_changes_keeps_the_graph_sound(read, check_invariants):
    bound = {"read": staticmethod(read), "check_graph": staticmethod(check_invariants)}
    machine = type("BoundChanges", (Changes,), bound)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None)
    )
