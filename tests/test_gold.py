"""The hand-made test set: its files hold what they promise, and its markup is read strictly."""

import json
import runpy
from pathlib import Path

import pytest

from lexloom.annotations.document import read_jsonl
from lexloom.annotations.schema import Schema

FOLDER = Path(__file__).parents[1] / "benchmarks" / "gold"
MAIN_TYPES = ("person", "organization", "location", "time", "number", "money")


@pytest.fixture(scope="module")
def gold():
    return runpy.run_path(str(FOLDER / "compile.py"), run_name="gold")


@pytest.fixture(scope="module")
def schema(gold):
    return Schema.load(gold["SCHEMA"])


def read(name):
    return list(read_jsonl(FOLDER / f"{name}.jsonl"))


def document(gold, markup):
    (read,) = gold["read_markup"]("## news\n" + markup, "en")
    return read


@pytest.mark.parametrize("name", ["en", "zh", "no_relation"])
def test_the_json_lines_are_in_step_with_their_markup(name, gold):
    assert read(name) == gold["load"](name), "run python benchmarks/gold/compile.py"


@pytest.mark.parametrize("name", ["en", "zh"])
def test_a_language_has_the_promised_counts(name, gold, schema):
    counts = gold["counts"](read(name))
    assert set(counts["sentences"]) == {
        f"{name}-{domain}" for domain in ("news", "business", "science", "life")
    }
    assert min(counts["sentences"].values()) >= 50
    for entity_type in schema.entities:
        least = 40 if entity_type.name in MAIN_TYPES else 15
        assert counts["entities"][entity_type.name] >= least, entity_type.name
    assert counts["relations"].total() >= 120
    assert len(counts["relations"]) >= 15
    assert set(counts["events"]) == {event.name for event in schema.events}


def test_sentences_without_relations_have_two_mentions_and_no_facts(gold):
    documents = read("no_relation")
    counts = gold["counts"](documents)["sentences"]
    assert counts["none-en"] >= 150
    assert counts["none-zh"] >= 150
    assert all(len(d.entities) >= 2 for d in documents)
    assert not any(d.relations or d.events for d in documents)


def test_no_sentence_stands_in_two_files(gold):
    documents = [d for name in gold["FILES"] for d in read(name)]
    assert len({d.text for d in documents}) == len(documents)
    assert len({d.id for d in documents}) == len(documents)


def test_every_fact_of_the_set_is_looked_for():
    for name in ("en", "zh", "no_relation"):
        for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            assert "scope" not in json.loads(line)


def test_rules_name_every_type(schema):
    rules = (FOLDER / "RULES.md").read_text(encoding="utf-8")
    for item in (*schema.entities, *schema.relations, *schema.events):
        assert item.name in rules, f"RULES.md has no word about {item.name}"


def test_every_type_of_the_general_schema_speaks_both_languages(schema):
    for item in (*schema.entities, *schema.relations, *schema.events):
        assert all((item.en, item.zh, item.description_en, item.description_zh)), item.name
    assert all(relation.head and relation.tail for relation in schema.relations)
    assert all(event.roles for event in schema.events)


def test_markup_gives_exact_offsets_in_both_scripts(gold):
    marked = "[周敏|per]住在[Harwick|loc]。\n> lives_in: 周 -> Harwick\n"
    read = document(gold, marked)
    assert read.id == "en-news-001"
    assert read.text == "周敏住在Harwick。"
    assert [(e.start, e.end, e.type) for e in read.entities] == [
        (0, 2, "person"),
        (4, 11, "location"),
    ]
    assert [(r.type, r.head, r.tail) for r in read.relations] == [("lives_in", "e1", "e2")]


def test_a_name_that_occurs_twice_is_asked_for_by_number(gold):
    read = document(gold, "[A|per] and [A|per] met [B|per].\n> sibling: A@2 -> B\n")
    assert read.relations[0].head == "e2"


def test_an_argument_that_is_a_mention_names_it(gold):
    read = document(
        gold, "[Ann|per] sued a shop.\n! lawsuit sued: agent_person=Ann; object_organization=shop\n"
    )
    agent, target = read.events[0].arguments
    assert (agent.entity, target.entity, target.text) == ("e1", None, "shop")
    assert (read.events[0].trigger.start, read.events[0].trigger.end) == (4, 8)


@pytest.mark.parametrize(
    ("markup", "message"),
    [
        ("[Ann|human] left.", "unknown type 'human'"),
        ("[Ann left.", "stray bracket"),
        ("> sibling: A -> B", "no sentence before it"),
        ("[Ann|per] left.\n> sibling Ann", "not a relation"),
        ("[Ann|per] left.\n> sibling: Ann -> Bob", "no single mention"),
        ("[Ann|per] and [Ann|per] left.\n> sibling: Ann -> Ann", "no single mention"),
        ("[Ann|per] saw a saw.\n! lawsuit saw:", "stands 2 times"),
    ],
)
def test_a_wrong_line_is_named(markup, message, gold):
    with pytest.raises(ValueError, match=message):
        document(gold, markup)


@pytest.mark.parametrize(
    ("markup", "message"),
    [
        ("[Ann|per] in [Harwick|loc].\n> sibling: Ann -> Harwick", "sibling between person and"),
        ("[Ann|per] and [Bob|per].\n> friend: Ann -> Bob", "friend between"),
        ("[Ann|per] sued.\n! lawsuit sued: money=Ann", "lawsuit with ['money']"),
        ("[Ann|per] sued.\n! party sued:", "party with []"),
        ("[Ann|per]abel left.", "cuts a word"),
        (
            "[Ann|per] and [Bob|per].\n> sibling: Ann -> Bob\n> sibling: Ann -> Bob",
            "the same relation twice",
        ),
    ],
)
def test_what_breaks_the_schema_is_a_problem(markup, message, gold, schema):
    (problem,) = gold["problems"]([document(gold, markup)], schema)
    assert message in problem


def test_the_same_sentence_twice_is_a_problem(gold, schema):
    documents = list(gold["read_markup"]("## news\nSo it goes.\nSo it goes.\n", "en"))
    assert list(gold["problems"](documents, schema)) == ["en-news-002: the same sentence twice"]


def test_a_name_marked_in_two_ways_is_listed(gold):
    documents = gold["read_markup"]("## news\n[Ann|per] left.\n[Ann|loc] is far.\nAnn!\n", "en")
    assert list(gold["two_ways"](list(documents))) == [
        "'Ann' is location and person",
        "en-news-003: 'Ann' is not marked in 'Ann!'",
    ]
