from lexloom.graph.connection import writing
from lexloom.graph.facts import drop_facts, fact_ids, rejoin_facts


def rows(connection, table):
    return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def test_a_triple_has_one_fact(store, connection, read):
    store.add(read("d", [("a", "p", "b")]).extraction)
    (known,) = rows(connection, "facts")
    with writing(connection):
        ids = fact_ids(connection, [known[1:], (1, "q", 2), (1, "q", 2)])
    assert ids[known[1:]] == known[0]
    assert len(rows(connection, "facts")) == 2


def test_facts_without_evidence_go_and_others_stay(store, connection, read):
    store.add(read("d", [("a", "p", "b")]).extraction)
    with writing(connection):
        ids = fact_ids(connection, [(1, "p", 2), (1, "q", 2)])
        assert drop_facts(connection, ids.values()) == 1
    assert [row[2] for row in rows(connection, "facts")] == ["p"]


def test_evidence_follows_the_entities_of_its_mentions(store, connection, read, check_invariants):
    store.add(read("d", [("a", "p", "b"), ("c", "p", "b"), ("b", "q", "c")]).extraction)
    with writing(connection):
        connection.execute("UPDATE names SET entity_id = 1 WHERE name = 'c'")
        connection.execute("INSERT INTO merges VALUES (1, 'hand', 3, 1, '', NULL)")
        rejoin_facts(connection, [3])
        connection.execute("DELETE FROM entities WHERE id = 3")
    assert {row[1:] for row in rows(connection, "facts")} == {(1, "p", 2), (2, "q", 1)}
    check_invariants(connection)


def test_evidence_of_other_names_is_left_alone(store, connection, read):
    store.add(read("d", [("a", "p", "b"), ("c", "p", "e")]).extraction)
    before = rows(connection, "facts"), rows(connection, "evidence")
    with writing(connection):
        rejoin_facts(connection, [1, 2, 3, 4])
    assert (rows(connection, "facts"), rows(connection, "evidence")) == before
