from collections import namedtuple

import pytest

from lexloom.graph import GraphStore
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
    text_sha256,
)

Reading = namedtuple("Reading", "extraction text")


def _read(
    document,
    triples=(),
    *,
    events=(),
    model="m1",
    schema="s1",
    confidence=0.9,
    type="Thing",
    zero_shot=(),
):
    """Write a text that says the triples and events, and the extraction that reads all of it."""
    text, entities, relations, found = "", [], [], []

    def mention(name):
        nonlocal text
        entity = Entity(
            f"e{len(entities)}", type, name, len(text), len(text) + len(name), confidence
        )
        entities.append(entity)
        text += name + " "
        return entity

    for subject, predicate, object_ in triples:
        head = mention(subject)
        text += predicate + " "
        relations.append(Relation(predicate, head.id, mention(object_).id, confidence))
        text += ".\n"
    for trigger, roles in events:
        span = Span(trigger, len(text), len(text) + len(trigger))
        text += trigger + " "
        arguments = []
        for role, name in roles.items():
            e = mention(name)
            arguments.append(Argument(role, name, e.start, e.end, confidence, e.id))
        found.append(Event("Happening", span, tuple(arguments), confidence))
    extraction = Extraction(
        document=DocumentRef(document, text_sha256(text)),
        entities=tuple(entities),
        relations=tuple(relations),
        events=tuple(found),
        coverage=Coverage(len(text), len(text), 1),
        provenance=Provenance(
            model, "hash-" + model, schema, "0", "2025-01-01T00:00:00Z", tuple(zero_shot)
        ),
    )
    return Reading(extraction, text)


@pytest.fixture(scope="session")
def read():
    return _read


@pytest.fixture
def store(tmp_path):
    with GraphStore.open(tmp_path / "kg.sqlite") as store:
        yield store


@pytest.fixture
def connection(store):
    return store._connection


def _check_invariants(connection):
    """What holds of every graph, whatever was done to it."""
    ask = connection.execute
    assert ask("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert ask("PRAGMA foreign_key_check").fetchall() == []
    for orphans in (
        "entities WHERE id NOT IN (SELECT entity_id FROM names)",
        "names WHERE id NOT IN (SELECT name_id FROM mentions)",
        "facts WHERE id NOT IN (SELECT fact_id FROM evidence)",
        "documents WHERE id NOT IN (SELECT document_id FROM readings)",
    ):
        assert ask(f"SELECT * FROM {orphans}").fetchall() == []
    assert (
        ask(
            "SELECT e.id FROM evidence AS e JOIN facts AS f ON f.id = e.fact_id"
            " JOIN mentions AS ms ON ms.id = e.subject_mention JOIN names AS s ON s.id = ms.name_id"
            " JOIN mentions AS mo ON mo.id = e.object_mention JOIN names AS o ON o.id = mo.name_id"
            " WHERE (f.subject, f.object) != (s.entity_id, o.entity_id)"
        ).fetchall()
        == []
    )
    _check_trees(dict(ask("SELECT id, entity_id FROM names")), connection)


def _check_trees(entity_of, connection):
    edges = connection.execute(
        "SELECT name_id, into_id FROM merges WHERE undone IS NULL"
    ).fetchall()
    joined = {name: {name} for name in entity_of}
    for a, b in edges:
        assert joined[a] is not joined[b], "two ways lead from one name to another"
        joined[a] |= joined[b]
        for name in joined[b]:
            joined[name] = joined[a]
    for name, names in joined.items():
        assert names == {n for n, entity in entity_of.items() if entity == entity_of[name]}


@pytest.fixture(scope="session")
def check_invariants():
    return _check_invariants
