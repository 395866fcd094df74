from dataclasses import replace

import pytest

from lexloom.cli import facts
from lexloom.cli.facts import print_extraction
from lexloom.records import (
    Argument,
    Coverage,
    Document,
    DocumentRef,
    Entity,
    Event,
    Extraction,
    Provenance,
    Relation,
    Skipped,
    Span,
)

TEXT = "Ann left Rome."
ANN = Entity("e0", "person", "Ann", 0, 3, 0.91)
ROME = Entity("e1", "place", "Rome", 9, 13, 0.5)
EVENT = Event(
    "move",
    Span.of(TEXT, 4, 8),
    (Argument("who", "Ann", 0, 3), Argument("from", "Rome", 9, 13)),
    0.75,
)


@pytest.fixture
def printed(capsys):
    """Prints an extraction and gives the lines."""

    def run(document=None, **changes):
        document = document or Document("notes.txt", TEXT)
        values = {
            "document": DocumentRef.of(document),
            "entities": (ANN, ROME),
            "relations": (),
            "events": (),
            "coverage": Coverage(len(document.text), len(document.text), 1),
            "provenance": Provenance("m", "h", "s", "0", "t"),
        }
        print_extraction(document, Extraction(**values | changes))
        captured = capsys.readouterr()
        assert captured.err == ""
        return [line.rstrip() for line in captured.out.splitlines()]

    return run


def words(line):
    return line.split()


def test_a_document_is_named_with_how_much_was_read(printed):
    assert words(printed()[0]) == ["notes.txt", "14", "of", "14", "characters", "read"]


def test_a_page_is_printed_where_there_is_one(printed):
    rome = replace(ROME, page=2)
    event = replace(EVENT, trigger=replace(EVENT.trigger, page=1))
    text = "\n".join(printed(entities=(ANN, rome), events=(event,)))
    assert "page 2, [9, 13)" in text
    assert "page 1, [4, 8)" in text
    assert "page 0" not in text
    assert text.count("page") == 2


def test_mentions_are_printed_with_type_place_and_confidence(printed):
    rows = printed()
    assert words(rows[1]) == ["person", "Ann", "[0,", "3)", "0.91"]
    assert words(rows[2]) == ["place", "Rome", "[9,", "13)", "0.50"]


def test_relations_name_both_ends(printed):
    rows = printed(relations=(Relation("left", "e0", "e1", 0.25),))
    assert words(rows[3]) == ["left", "Ann", "→", "Rome", "0.25"]


def test_events_name_trigger_and_arguments(printed):
    rows = printed(events=(EVENT,))
    assert words(rows[3]) == ["move", "left:", "who=Ann,", "from=Rome", "[4,", "8)", "0.75"]
    bare = Event("move", Span.of(TEXT, 4, 8))
    assert "left: no arguments" in " ".join(words(printed(events=(bare,))[3]))


def test_a_document_without_facts_says_so(printed):
    assert "  no facts found" in printed(entities=())


def test_what_was_not_read_is_told_with_its_reason(printed):
    coverage = Coverage(14, 10, 2, (Skipped(4, 8, "600 tokens in one window"),))
    rows = printed(coverage=coverage)
    assert words(rows[0])[1:4] == ["10", "of", "14"]
    assert rows[1] == "  not read [4, 8): 600 tokens in one window"


def test_of_many_facts_the_first_are_printed_and_the_rest_is_counted(printed, monkeypatch):
    monkeypatch.setattr(facts, "MAX_ROWS", 1)
    rows = printed(events=(EVENT, EVENT, EVENT))
    assert "… 1 more entities" in rows[2]
    assert "… 2 more events" in rows[4]
    assert not any("Rome" in row for row in rows[:3])


def test_names_cannot_steer_the_terminal(printed):
    evil = "\x1b[31m\r\u202e[bold]x\ud800"
    document = Document(f"a{evil}", evil)
    mention = Entity("e0", "person", evil, 0, len(evil))
    shown = "\n".join(printed(document, entities=(mention,)))
    assert not {"\x1b", "\r", "\u202e", "\ud800"} & set(shown)
    assert "[bold]x" in shown


def test_a_type_cannot_speak_to_the_terminal(printed):
    entity = replace(ANN, type="\x1b[31mp\nq")
    event = replace(EVENT, type="a\x1bb", arguments=(Argument("r\x1br", "Ann", 0, 3),))
    relation = Relation("l\x1bm", "e0", "e0", 0.5)
    shown = "\n".join(printed(entities=(entity,), events=(event,), relations=(relation,)))
    assert "\x1b" not in shown
    assert "�[31mp q" in shown
