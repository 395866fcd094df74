import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

SENTENCES = [["We", "use", "deep", "nets", "."], [], ["They", "parse", "text", "."]]


def line(**changes):
    values = {
        "doc_key": "X_1",
        "sentences": SENTENCES,
        "ner": [[[2, 3, "Method"]], [], [[5, 5, "Generic"], [7, 7, "Material"]]],
        "relations": [[], [], [[5, 5, 7, 7, "USED-FOR"]]],
        "clusters": [[[2, 3], [5, 5]]],
    }
    return json.dumps(values | changes)


def facts(document):
    entity = {e.id: (e.type, e.text, e.start) for e in document.entities}
    return [(entity[r.head], r.type, entity[r.tail]) for r in document.relations]


def test_spans_count_the_tokens_of_the_document_and_include_the_last(read):
    (document,), report = read(line(), "scierc")
    assert document.text == "We use deep nets .\n\nThey parse text ."
    assert [(e.type, e.text) for e in document.entities] == [
        ("Method", "deep nets"),
        ("Generic", "They"),
        ("Material", "text"),
    ]
    assert facts(document) == [(("Generic", "They", 20), "USED-FOR", ("Material", "text", 31))]
    assert document.id == "X_1"
    assert document.scope == Scope(event_types=())
    assert report.left_out.counts == {"which mentions are the same is not read": 1}


def test_chinese_tokens_are_joined_by_nothing(read):
    sentences = [["我们", "用", "模型"], ["它", "好"]]
    (document,), _ = read(line(sentences=sentences, ner=[[[2, 3, "M"]]], relations=[]), "scierc")
    assert document.text == "我们用模型\n它好"
    assert document.entities[0].text == "模型\n它"


def test_tokens_are_joined_as_asked_for(read):
    (document,), _ = read(
        line(sentences=[["We", "use"], ["nets"]], ner=[], relations=[]), "scierc", joiner="_"
    )
    assert document.text == "We_use\nnets"


def test_the_events_of_dygie_are_read(read):
    events = [
        [[[1, "Use"], [2, 3, "Thing"]]],
        [],
        [[[6, 7, "Parse"], [7, 7, "Object"], [8, 8, "End"]]],
    ]
    (document,), _ = read(line(events=events), "scierc")
    assert [(e.type, e.trigger.text) for e in document.events] == [
        ("Use", "use"),
        ("Parse", "parse text"),
    ]
    assert [(a.role, a.text, a.entity) for e in document.events for a in e.arguments] == [
        ("Thing", "deep nets", "T0"),
        ("Object", "text", "T2"),
        ("End", ".", None),
    ]
    assert document.scope == Scope()


def test_a_set_without_relations_did_not_look_for_them(read):
    values = json.loads(line())
    del values["relations"]
    (document,), _ = read(json.dumps(values), "scierc")
    assert document.scope == Scope(relation_types=(), event_types=())


def test_a_relation_leads_to_the_first_of_two_entities_at_one_place(read):
    ner = [[[2, 3, "Method"], [2, 3, "Task"], [7, 7, "Material"]]]
    (document,), _ = read(line(ner=ner, relations=[[[2, 3, 7, 7, "USED-FOR"]]]), "scierc")
    assert len(document.entities) == 3
    assert [head[0] for head, _, _ in facts(document)] == ["Method"]


@pytest.mark.parametrize("place", [[3, 2], [2, 99], [-1, 2], ["2", 3], [2, None], [0, True]])
def test_a_span_that_does_not_fit_is_counted_with_its_relations(read, place):
    ner = [[[*place, "Method"], [7, 7, "Material"]]]
    (document,), report = read(line(ner=ner, relations=[[[*place, 7, 7, "USED-FOR"]]]), "scierc")
    assert len(document.entities) == 1
    assert report.unaligned.total == 2


def test_an_end_that_is_no_entity_is_counted(read):
    _, report = read(line(relations=[[[0, 0, 7, 7, "USED-FOR"]]]), "scierc")
    assert report.unaligned.counts == {"an end of the relation is no marked entity": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line()[:-2], "line 1: not a whole JSON object"),
        (line(sentences=["We"]), "line 1: a sentence is not a list of strings"),
        (line(sentences=[["We", 3]]), "a sentence is not a list of strings"),
        (line(ner=None), "'ner' must be a list, got nothing"),
        (line(ner=[[[0, 1]]]), "a row of 'ner' has 3 values"),
        (line(ner=["x"]), "a row of 'ner' has 3 values"),
        (line(ner=[5]), "a row of 'ner' has 3 values"),
        (line(ner=[[[0, 1, 2]]]), "a type must be a string, got 2"),
        (line(relations=[[[0, 1, "x"]]]), "a row of 'relations' has 5 values"),
        (line(events=[[[[1, 2, 3, "x"]]]]), "an event is a list of a trigger and arguments"),
        (line(events=[[[]]]), "an event is a list of a trigger and arguments"),
        (line(events=[[[[1], [2, 3, "x"]]]]), "an event is a list of a trigger and arguments"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "scierc")
