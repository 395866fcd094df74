import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

TEXT = "A 9-year-old girl given insulin and oral zinc developed rash on her arms."


def argument(*pieces, **inner):
    """An argument of PHEE whose pieces are substrings of the sample."""
    return {
        "text": [list(pieces)],
        "start": [[TEXT.index(piece) for piece in pieces]],
        "entity_id": ["T1"],
        **inner,
    }


def line(**changes):
    event = {
        "event_id": "E1",
        "event_type": "Adverse_event",
        "Trigger": argument("developed"),
        "Subject": argument("A 9-year-old girl", Age=argument("9-year-old")),
        "Treatment": argument(
            "insulin",
            "zinc",
            Drug=argument("insulin"),
            Combination=[{"event_id": "E2", "Drug": argument("zinc")}],
        ),
        "Effect": {"text": [["rash"], ["arms"]], "start": [[56], [68]], "entity_id": ["T2", "T3"]},
        "Negated": argument("given", value=True),
    } | changes
    events = [{key: value for key, value in event.items() if value is not None}]
    return json.dumps({"id": "89_3", "context": TEXT, "annotations": [{"events": events}]})


def roles(document):
    return [(argument.role, argument.text) for argument in document.events[0].arguments]


MAIN = [
    ("Subject", "A 9-year-old girl"),
    ("Treatment", "insulin"),
    ("Treatment", "zinc"),
    ("Effect", "rash"),
    ("Effect", "arms"),
]


def test_main_arguments_are_read_and_each_piece_becomes_one(read):
    documents, report = read(line(), "phee")
    (event,) = documents[0].events
    assert (documents[0].id, event.type, event.trigger.text) == (
        "89_3",
        "Adverse_event",
        "developed",
    )
    assert roles(documents[0]) == MAIN
    assert documents[0].scope == Scope(entity_types=(), relation_types=())
    assert report.arguments == {"Subject": 1, "Treatment": 2, "Effect": 2}


def test_what_is_not_read_is_counted(read):
    _, report = read(line(), "phee")
    assert report.left_out.counts == {
        "sub-arguments were not asked for": 2,
        "Treatment.Combination, an event inside of an argument, is not read": 1,
        "the cue Negated is not read": 1,
    }
    assert report.unaligned.total == 0


def test_sub_arguments_are_read_when_asked_for(read):
    documents, report = read(line(), "phee", sub_roles=True)
    assert sorted(set(roles(documents[0])) - set(MAIN)) == [
        ("Subject.Age", "9-year-old"),
        ("Treatment.Drug", "insulin"),
    ]
    assert "sub-arguments were not asked for" not in report.left_out.counts


def test_a_sentence_in_chinese_with_a_missing_role_is_read(read):
    event = {
        "event_type": "不良事件",
        "Trigger": {"text": [["引起"]], "start": [[3]]},
        "Effect": {"text": [["皮疹"]], "start": [[5]]},
    }
    row = {"id": "一", "context": "胰岛素引起皮疹", "annotations": [{"events": [event]}]}
    documents, _ = read(json.dumps(row), "phee")
    assert roles(documents[0]) == [("Effect", "皮疹")]


@pytest.mark.parametrize("start", [57, 99, -4])
def test_an_argument_that_does_not_fit_is_counted_and_the_event_kept(read, start):
    effect = {"text": [["rash"]], "start": [[start]]}
    documents, report = read(line(Effect=effect), "phee")
    assert [role for role, _ in roles(documents[0])] == ["Subject", "Treatment", "Treatment"]
    assert report.unaligned.total == 1


@pytest.mark.parametrize(
    "trigger", [None, {"text": [["developed"]], "start": [[0]]}, {"text": [], "start": []}]
)
def test_an_event_without_a_fitting_trigger_is_counted(read, trigger):
    documents, report = read(line(Trigger=trigger), "phee")
    assert documents[0].events == ()
    assert report.unaligned.counts["the event has no trigger that fits the text"] == 1


def test_the_first_piece_of_a_trigger_is_read_and_the_others_are_counted(read):
    documents, report = read(line(Trigger=argument("given", "developed")), "phee")
    assert documents[0].events[0].trigger.text == "given"
    assert report.unaligned.counts == {"a trigger in several pieces": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line()[:-20], "line 1: not a whole JSON object"),
        (line(Effect={"text": [["rash"]], "start": [[1, 2]]}), "do not fit each other"),
        (line(Effect={"text": [["rash"]], "start": [["x"]]}), "do not fit each other"),
        (line(Effect={"text": ["rash"], "start": [56]}), "do not fit each other"),
        (line(Effect={"start": [[1]]}), "'text' must be a list, got nothing"),
        (line(event_type=3), "'event_type' must be a string"),
        ('{"id": "a", "context": "b"}', "'annotations' must be a list"),
        ('{"id": 3, "context": "b"}', "'id' must be a string"),
    ],
)
def test_a_broken_file_is_refused_by_its_line(read, content, message):
    with pytest.raises(AnnotationError, match=message) as caught:
        read(content, "phee")
    assert caught.value.hint
