import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.graph.export import FORMATS, json_line
from lexloom.records import Span


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_survives_a_line_of_json_in_utf8(text):
    line = json_line({"text": text})
    assert json.loads(line.encode("utf-8")) == {"text": text}
    assert "\n" not in line


def test_text_stays_readable():
    assert json_line({"名": "居里"}) == '{"名": "居里"}'


def test_dataclasses_become_objects():
    span = {"text": "a", "start": 0, "end": 1, "page": 2}
    assert json.loads(json_line([Span(**span)])) == [span]


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError):
        json_line(object())


def test_the_lines_are_documents_entities_facts_and_events_with_evidence(store, read):
    reading = read("d", [("居里", "发现", "镭")], events=[("获奖", {"得主": "居里"})])
    store.add(reading.extraction, reading.text)
    lines = [json.loads(line) for line in store.lines("jsonl")]
    assert [line["kind"] for line in lines] == ["document", "entity", "entity", "fact", "event"]
    ids = {line["name"]: line["id"] for line in lines if line["kind"] == "entity"}
    fact, event = lines[3:]
    assert (fact["subject"], fact["predicate"], fact["object"]) == (ids["居里"], "发现", ids["镭"])
    (evidence,) = fact["evidence"]
    assert evidence["source"] == {
        "document": "d",
        "sha256": reading.extraction.document.sha256,
        "model": "m1",
        "model_hash": "hash-m1",
        "schema_hash": "s1",
        "time": "2025-01-01T00:00:00Z",
    }
    span = evidence["subject"]
    assert reading.text[span["start"] : span["end"]] == "居里"
    assert event["arguments"][0]["entity"] == ids["居里"]


@pytest.mark.parametrize("format_", FORMATS)
def test_whether_the_text_is_held_never_shows(store, read, format_):
    reading = read("d", [("Ada", "knows", "Bob")])
    store.add(reading.extraction)
    without = list(store.lines(format_))
    store.add(reading.extraction, reading.text)
    assert list(store.lines(format_)) == without


def test_an_empty_graph_has_no_lines(store):
    assert list(store.lines("jsonl")) == []


def test_lines_say_what_stands_on_zero_shot_facts_alone(store, read):
    unknown = ("entities.Thing", "events.Happening.roles.who")
    happening = [("met", {"who": "Ada"})]
    store.add(read("d", [("Ada", "knows", "Bob")], events=happening, zero_shot=unknown).extraction)
    lines = [json.loads(line) for line in store.lines("jsonl")]
    assert lines[0]["readings"][0]["zero_shot"] == list(unknown)
    marks = [(line["kind"], line["zero_shot"]) for line in lines[1:]]
    assert marks == [("entity", True), ("entity", True), ("fact", False), ("event", False)]
    assert lines[1]["mentions"][0]["zero_shot"] is True
    assert lines[3]["evidence"][0]["zero_shot"] is False
    assert lines[4]["arguments"][0]["zero_shot"] is True
