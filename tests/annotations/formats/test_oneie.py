import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError


def entity(id, type, start, end, **more):
    return {"id": id, "entity_type": type, "start": start, "end": end, "text": "?"} | more


def line(**changes):
    values = {
        "doc_id": "d",
        "sent_id": "d-3",
        "sentence": 'Ann Lee joined "Acme".',
        "tokens": ["Ann", "Lee", "joined", '"', "Acme", '"', "."],
        "entity_mentions": [
            entity("E1", "PER", 0, 2, mention_type="NAM"),
            entity("E2", "ORG", 4, 5, entity_subtype="Commercial"),
        ],
        "relation_mentions": [
            {
                "id": "R1",
                "relation_type": "ORG-AFF",
                "relation_subtype": "ORG-AFF:Employment",
                "arguments": [
                    {"entity_id": "E2", "role": "Arg-2"},
                    {"entity_id": "E1", "role": "Arg-1"},
                ],
            }
        ],
        "event_mentions": [
            {
                "event_type": "Personnel:Start-Position",
                "trigger": {"text": "joined", "start": 2, "end": 3},
                "arguments": [{"entity_id": "E1", "role": "Person"}],
            }
        ],
    }
    return json.dumps(values | changes)


def test_mentions_point_into_the_sentence_itself(read):
    (document,), report = read(line(), "oneie")
    assert document.id == "d-3"
    assert document.text == 'Ann Lee joined "Acme".'
    assert [(e.type, e.text) for e in document.entities] == [("PER", "Ann Lee"), ("ORG", "Acme")]
    (relation,) = document.relations
    assert (relation.type, relation.head, relation.tail) == ("ORG-AFF", "T0", "T1")
    (event,) = document.events
    assert (event.type, event.trigger.text) == ("Personnel:Start-Position", "joined")
    assert [(a.role, a.text, a.entity) for a in event.arguments] == [("Person", "Ann Lee", "T0")]
    assert document.scope == Scope()
    assert report.left_out.counts == {"subtypes are not read": 2}


@pytest.mark.parametrize(
    "sentence",
    [
        None,
        'Ann Lee joined ``Acme".',
        "Ann Lee joined",
        'Ann Lee has joined "Acme".',  # a word that is no token
    ],
)
def test_tokens_that_do_not_make_the_sentence_are_joined(read, sentence):
    (document,), _ = read(line(sentence=sentence), "oneie")
    assert document.text == 'Ann Lee joined " Acme " .'
    assert document.entities[1].text == "Acme"


def test_an_empty_token_has_no_place_and_the_tokens_are_joined(read):
    empty = {"entity_mentions": [], "relation_mentions": [], "event_mentions": []}
    (document,), _ = read(line(sentence="Ann", tokens=["Ann", ""], **empty), "oneie")
    assert document.text == "Ann "


def test_tokens_are_joined_as_asked_for(read):
    (document,), _ = read(line(sentence=None), "oneie", joiner="_")
    assert document.text == 'Ann_Lee_joined_"_Acme_"_.'


@pytest.mark.parametrize(("ids", "id"), [({"wnd_id": "w-1"}, "w-1"), ({}, "sample.txt-0")])
def test_an_id_may_be_that_of_a_window_or_none(read, ids, id):
    values = json.loads(line()) | ids
    del values["sent_id"]
    (document,), _ = read(json.dumps(values), "oneie")
    assert document.id == id


def test_chinese_is_read_alike(read):
    changes = {"sentence": "李明在北京", "tokens": ["李明", "在", "北京"]}
    rows = [entity("E1", "人物", 0, 1), entity("E2", "地点", 2, 3)]
    empty = {"relation_mentions": [], "event_mentions": []}
    (document,), _ = read(line(entity_mentions=rows, **changes, **empty), "oneie")
    assert [e.text for e in document.entities] == ["李明", "北京"]


@pytest.mark.parametrize("place", [(2, 0), (0, 9), (-1, 2), (None, 2), ("0", 2)])
def test_a_mention_that_does_not_fit_is_counted_with_what_names_it(read, place):
    rows = [entity("E1", "PER", *place), entity("E2", "ORG", 4, 5)]
    (document,), report = read(line(entity_mentions=rows), "oneie")
    assert (len(document.entities), len(document.relations)) == (1, 0)
    assert document.events[0].arguments == ()
    assert report.unaligned.total == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line()[:-2], "line 1: not a whole JSON object"),
        (line(tokens="Ann"), "'tokens' must be a list"),
        (line(tokens=[3]), "a token is not a string"),
        (line(entity_mentions=[{"id": "E1"}]), "'entity_type' must be a string"),
        (line(entity_mentions=["E1"]), "'id' must be a string"),
        (line(relation_mentions=["R1"]), "'relation_type' must be a string"),
        (line(event_mentions=[{"event_type": "x"}]), "'trigger' must be an object"),
        (line(event_mentions=None), "'event_mentions' must be a list, got nothing"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "oneie")
