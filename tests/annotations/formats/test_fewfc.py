import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

TEXT = "甲公司与乙公司分别减持股份。"


def mention(word, role, /, **changes):
    start = TEXT.index(word)
    return {"word": word, "span": [start, start + len(word)], "role": role} | changes


def line(*events, **changes):
    rows = [{"type": "减持", "mentions": mentions} for mentions in events]
    return json.dumps({"id": "a1", "content": TEXT, "events": rows} | changes, ensure_ascii=False)


def test_events_may_share_their_trigger(read):
    documents, report = read(
        line(
            [mention("甲公司", "sub"), mention("减持", "trigger"), mention("股份", "obj")],
            [mention("减持", "trigger"), mention("乙公司", "sub")],
        ),
        "fewfc",
    )
    first, second = documents[0].events
    assert first.trigger == second.trigger
    assert [(a.role, a.text) for a in first.arguments] == [("sub", "甲公司"), ("obj", "股份")]
    assert [(a.role, a.text) for a in second.arguments] == [("sub", "乙公司")]
    assert documents[0].scope == Scope(entity_types=(), relation_types=())
    assert report.events == {"减持": 2}


def test_a_sentence_without_events_is_kept_and_english_is_read_alike(read):
    row = {"word": "sold", "span": [4, 8], "role": "trigger"}
    english = {"id": "e", "content": "Ann sold it", "events": [{"type": "sale", "mentions": [row]}]}
    documents, _ = read(line() + "\n" + json.dumps(english), "fewfc")
    assert [len(document.events) for document in documents] == [0, 1]


def test_a_repeated_argument_is_merged_and_counted(read):
    documents, report = read(
        line([mention("减持", "trigger")] + [mention("股份", "obj")] * 2), "fewfc"
    )
    assert len(documents[0].events[0].arguments) == 1
    assert report.merged == {"argument": 1}


@pytest.mark.parametrize("span", [[3, 0], [0, 99], [1, 4], [-14, -11], ["0", 3]])
def test_a_mention_that_does_not_fit_is_counted_and_the_event_kept(read, span):
    documents, report = read(
        line([mention("减持", "trigger"), mention("甲公司", "sub", span=span)]), "fewfc"
    )
    assert documents[0].events[0].arguments == ()
    assert report.unaligned.total == 1


def test_an_event_needs_one_trigger(read):
    twice = [mention("减持", "trigger"), mention("分别", "trigger")]
    documents, report = read(line([mention("股份", "obj")], twice), "fewfc")
    assert [event.trigger.text for event in documents[0].events] == ["减持"]
    assert report.unaligned.counts == {
        "the event has no trigger that fits the text": 1,
        "the event has a second trigger": 1,
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line([mention("减持", "trigger")])[:-3], "line 1: not a whole JSON object"),
        (line([mention("减持", "trigger", span=[1])]), "a span has a start and an end"),
        (line([mention("减持", "trigger", span=None)]), "'span' must be a list, got nothing"),
        (line([mention("减持", "trigger", word=None)]), "'word' must be a string"),
        (line(["减持"]), "'role' must be a string"),
        (line(events="none"), "'events' must be a list"),
        (line(content=None), "'content' must be a string"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "fewfc")
