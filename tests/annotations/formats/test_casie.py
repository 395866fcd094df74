import json

import pytest

from lexloom.annotations.document import Scope
from lexloom.errors import AnnotationError

TEXT = "Thieves stole the data of Acme. The theft hurt Acme."


def mention(text, start, **more):
    return {"text": text, "startOffset": start, "endOffset": start + len(text)} | more


def argument(text, start, role):
    return mention(text, start, role={"type": role}, type="Thing")


def event(nugget, *arguments, **changes):
    row = {"nugget": nugget, "subtype": "Databreach", "argument": list(arguments)}
    return row | {"type": "Attack", "realis": "Actual"} | changes


def file(*events, **changes):
    hopper = [{"events": list(events)}]
    row = {"sourcefile": "7.txt", "content": TEXT, "cyberevent": {"hopper": hopper}}
    return json.dumps(row | changes)


STOLE = event(mention("stole", 8), argument("Thieves", 0, "Attacker"))


def test_events_have_their_subtype_trigger_and_arguments(read):
    (document,), report = read(file(STOLE, event(mention("The theft", 32))), "casie")
    first, second = document.events
    assert document.id == "7"
    assert (first.type, first.trigger.text, second.trigger.text) == (
        "Databreach",
        "stole",
        "The theft",
    )
    assert [(a.role, a.text) for a in first.arguments] == [("Attacker", "Thieves")]
    assert document.scope == Scope(entity_types=(), relation_types=())
    assert report.left_out.counts == {
        "which events are the same is not read": 1,
        "whether an event happened is not read": 2,
        "the types of arguments are not read": 1,
    }


@pytest.mark.parametrize("shift", [-8, -1, 1, 12])
def test_a_mention_near_its_offsets_is_found_and_counted(read, shift):
    moved = argument("the data", 14 + shift, "Data")
    (document,), report = read(file(event(mention("stole", 8), moved)), "casie")
    (found,) = document.events[0].arguments
    assert (found.text, found.start, found.end) == ("the data", 14, 22)
    assert report.repaired.counts == {"the mention stands near its offsets": 1}
    assert report.unaligned.total == 0


@pytest.mark.parametrize("nugget", [mention("stolen", 8), mention("hurt", 8)])
def test_a_trigger_that_is_nowhere_near_is_counted_and_the_others_stay(read, nugget):
    (document,), report = read(file(event(nugget), STOLE), "casie")
    assert len(document.events) == 1
    assert report.unaligned.counts["the event has no trigger that fits the text"] == 1


def test_a_folder_is_read_file_by_file(tmp_path):
    from lexloom.annotations.formats.table import import_dataset

    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(file(STOLE, sourcefile=f"{name}.txt"))
    (tmp_path / "empty.json").write_text("")
    assert [document.id for document in import_dataset(tmp_path, "casie")] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (file(STOLE)[:-4], r"sample\.txt: not a whole JSON object"),
        (file(STOLE, content=3), "'content' must be a string"),
        (file(STOLE, cyberevent=None), "'cyberevent' must be an object"),
        (file(event({"text": "stole"})), "'startOffset' must be a whole number"),
        (file(event(mention("stole", 8), {"role": "x"})), "'role' must be an object"),
        (file("stole"), "'subtype' must be a string"),
    ],
)
def test_a_broken_file_is_refused(read, content, message):
    with pytest.raises(AnnotationError, match=message):
        read(content, "casie")
