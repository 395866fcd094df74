import json

import pytest

from lexloom.errors import AnnotationError


def line(relation, tokens="the fire caused heavy damage", h=(1, 2), t=(3, 5), **changes):
    row = {"token": tokens.split(), "h": {"name": "?", "pos": h}, "t": {"pos": t}}
    return json.dumps(row | {"relation": relation} | changes)


def facts(document):
    text = {entity.id: entity.text for entity in document.entities}
    relations = [(text[r.head], r.type, text[r.tail]) for r in document.relations]
    return relations, [(text[head], text[tail]) for head, tail in document.scope.known_pairs]


BOTH = [("fire", "heavy damage"), ("heavy damage", "fire")]


@pytest.mark.parametrize(
    ("label", "relations", "known"),
    [
        ("Cause-Effect(e1,e2)", [("fire", "Cause-Effect", "heavy damage")], BOTH),
        ("Cause-Effect(e2,e1)", [("heavy damage", "Cause-Effect", "fire")], BOTH),
        ("Other", [], BOTH),
        ("place of birth", [("fire", "place of birth", "heavy damage")], BOTH[:1]),
    ],
)
def test_a_label_says_the_relation_its_direction_and_what_is_known(read, label, relations, known):
    documents, _ = read(line(label), "semeval")
    assert facts(documents[0]) == (relations, known)
    assert documents[0].scope.all_mentions is False
    assert documents[0].scope.event_types == ()


def test_mentions_take_the_type_that_the_caller_gives(read):
    assert read(line("Other"), "wiki80")[1].entities == {"entity": 2}
    assert read(line("Other"), "wiki80", entity_type="thing")[1].entities == {"thing": 2}


def test_chinese_tokens_are_joined_by_nothing(read):
    documents, _ = read(line("因果", "大火 造成 严重 损失", (0, 1), (2, 4)), "semeval")
    assert facts(documents[0])[0] == [("大火", "因果", "严重损失")]


def test_a_mention_that_is_its_own_partner_is_known_once(read):
    documents, _ = read(line("Other", t=(1, 2)), "semeval")
    assert len(documents[0].scope.known_pairs) == 1


@pytest.mark.parametrize("place", [(2, 1), (1, 9), (-2, 1), ("1", 2)])
def test_a_mention_that_does_not_fit_is_counted_and_its_pair_is_not_known(read, place):
    documents, report = read(line("is", h=place) + "\n" + line("is"), "semeval")
    assert documents[0].scope.known_pairs == ()
    assert report.relations == {"is": 1}
    assert report.unaligned.total == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line("is")[:-2], "line 1: not a whole JSON object"),
        (line("is", token="fire"), "'token' must be a list"),
        (line("is", token=[1]), "a token is not a string"),
        (line("is", h=(1,)), "'pos' has a start and an end"),
        (line("is", t=None), "'pos' must be a list, got nothing"),
        (line(3), "'relation' must be a string"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "semeval")
