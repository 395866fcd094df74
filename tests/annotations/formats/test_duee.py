import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

TEXT = "5月工厂裁员90人，后来工厂又裁员10人"


def argument(role, mention, start=None, **more):
    row = {"role": role, "argument": mention, "alias": []} | more
    return row if start is None else row | {"argument_start_index": start}


def event(*arguments, **changes):
    row = {"event_type": "组织关系-裁员", "trigger": "裁员", "trigger_start_index": 4}
    return row | {"arguments": list(arguments), "class": "组织关系"} | changes


def line(*events, **changes):
    row = {"text": TEXT, "id": "cba1", "event_list": list(events)}
    return json.dumps(row | changes, ensure_ascii=False)


def mentions(event):
    return [(a.role, a.text, a.start) for a in event.arguments]


def test_events_have_their_trigger_and_arguments(read):
    content = line(event(argument("时间", "5月", 0), argument("裁员人数", "90人", 6)))
    (document,), _ = read(content, "duee")
    assert document.id == "cba1"
    assert (document.events[0].type, document.events[0].trigger.start) == ("组织关系-裁员", 4)
    assert mentions(document.events[0]) == [("时间", "5月", 0), ("裁员人数", "90人", 6)]
    assert document.scope == Scope(entity_types=(), relation_types=())


def test_offsets_may_be_strings_and_a_document_without_events_is_kept(read):
    content = line(event(argument("裁员方", "工厂", "12"), trigger_start_index="15"))
    documents, _ = read(content + "\n" + line(id="b"), "duee")
    assert documents[0].events[0].trigger.start == 15
    assert mentions(documents[0].events[0]) == [("裁员方", "工厂", 12)]
    assert documents[1].events == ()


def test_without_offsets_the_place_nearest_to_the_trigger_is_taken_and_counted(read):
    row = event(argument("裁员方", "工厂"), trigger_start_index=15)
    (document,), report = read(line(row), "duee")
    assert mentions(document.events[0]) == [("裁员方", "工厂", 12)]
    assert report.repaired.total == 1


def test_other_names_and_what_does_not_fit_are_counted(read):
    row = event(
        argument("裁员方", "工厂", 3),
        argument("裁员方", "公司"),
        argument("时间", "5月", 0, alias=["五月"]),
    )
    (document,), report = read(line(row), "duee")
    assert mentions(document.events[0]) == [("时间", "5月", 0)]
    assert report.left_out.counts == {"other names of an argument are not read": 1}
    assert report.unaligned.counts == {
        "the text at the offsets is not the mention": 1,
        "the string does not stand in the text": 1,
    }


def test_a_text_without_a_list_is_one_without_events_in_a_file_that_has_lists(read):
    bare = json.dumps({"text": "无事", "title": "公告", "id": "b"}, ensure_ascii=False)
    documents, report = read("\n".join([bare, line(event()), bare]), "duee")
    assert [len(document.events) for document in documents] == [0, 1, 0]
    assert report.repaired.counts["a text without 'event_list' holds no event"] == 2
    with pytest.raises(AnnotationError, match="line 1: 'event_list' must be a list, got nothing"):
        read("\n".join([bare, bare]), "duee")


@pytest.mark.parametrize("start", [-1, 99, 4.5, [4], "four", "²", "9" * 5000])
def test_an_event_whose_trigger_does_not_fit_is_counted(read, start):
    (document,), report = read(line(event(trigger_start_index=start)), "duee")
    assert document.events == ()
    assert report.unaligned.counts["the event has no trigger that fits the text"] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line(event())[:-3], "line 1: not a whole JSON object"),
        (json.dumps({"text": TEXT, "id": "x"}), "'event_list' must be a list, got nothing"),
        (line(event(trigger=None)), "'trigger' must be a string"),
        (line(event(arguments="x")), "'arguments' must be a list"),
        (line(event("x")), "'role' must be a string"),
        (line("x"), "'event_type' must be a string"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "duee")
