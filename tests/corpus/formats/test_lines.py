import json

import pytest

from lexloom.records import Document


def test_each_line_is_a_document_with_its_place(read):
    data = b'{"text": "one"}\n\n{"id": "x", "text": "two", "more": 1}\n'
    assert read(data, "a.jsonl") == [
        Document("a.jsonl:1", "one", "a.jsonl:1"),
        Document("x", "two", "a.jsonl:3"),
    ]


def test_another_field_can_hold_the_text(read, only):
    line = b'{"text": "no", "content": "yes"}'
    assert only(read(line, "a.ndjson", text_field="content")).text == "yes"
    failure = only(read(line, "a.ndjson", text_field="body"))
    assert failure.reason == 'a.ndjson:1 is not an object with a "body"'


def test_pages_written_by_text_out_are_read_again(read, only):
    line = json.dumps({"id": "r.pdf", "text": "One.\nTwo.", "pages": [0, 5]}).encode()
    assert only(read(line, "a.jsonl")) == Document("r.pdf", "One.\nTwo.", "a.jsonl:1", (0, 5))


@pytest.mark.parametrize("pages", ["1", [1], [0, 3, 2], [0, 99], [0, True], {"0": 1}, None])
def test_pages_that_are_none_are_named(read, only, pages):
    line = json.dumps({"text": "one", "pages": pages}).encode()
    failure = only(read(line, "a.jsonl"))
    assert failure.reason == 'a.jsonl:1: the "pages" must be offsets in order, from 0'


def test_a_number_of_too_many_digits_is_no_json(read, only):
    failure = only(read(b'{"text": "a", "n": ' + b"1" * 5000 + b"}", "a.jsonl"))
    assert failure.reason.startswith("a.jsonl:1 is not JSON (")
