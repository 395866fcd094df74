import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.annotations import reading
from lexloom.annotations.reading import listed, need, read_json_array, read_json_lines, read_lines
from lexloom.errors import AnnotationError


def test_only_a_line_feed_ends_a_line(write):
    path = write("一\u2028二\r\na\x0bb\x85c\rd\n\nlast")
    assert list(read_lines(path)) == [
        (1, "一\u2028二"),
        (2, "a\x0bb\x85c\rd"),
        (3, ""),
        (4, "last"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_line(write):
    assert list(read_lines(write("\ufeffa\n\ufeffb"))) == [(1, "a"), (2, "\ufeffb")]


def test_a_file_that_is_not_utf8_is_refused_with_the_line_and_a_way_out(write):
    with pytest.raises(AnnotationError, match="line 2: not UTF-8") as caught:
        list(read_lines(write(b"good\n" + "北京".encode("gb18030"))))
    assert "iconv" in caught.value.hint


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match=r"cannot read .*none.*No such file"):
        list(read_lines(tmp_path / "none"))
    with pytest.raises(AnnotationError, match="Is a directory"):
        list(read_lines(tmp_path))


def test_json_lines_are_counted_with_blank_ones_skipped(write):
    rows = list(read_json_lines(write('{"a": 1}\n\n{"a": 2}\n')))
    assert [values["a"] for _, values in rows] == [1, 2]
    assert [where.rpartition(", ")[2] for where, _ in rows] == ["line 1", "line 3"]


def test_a_python_dict_stands_for_a_json_object(write):
    path = write("{'token': ['it', \"'s\"], 'n': None}\n")
    assert [values for _, values in read_json_lines(path)] == [{"token": ["it", "'s"], "n": None}]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": 1', "not a whole JSON object"),
        ("{'a': open('x')}", "not a whole JSON object"),
        ("3", "must be a JSON object, got int"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": 1}\n[]', "must be a JSON object, got list"),
    ],
)
def test_a_line_that_is_no_object_is_refused(write, line, message):
    number = line.count("\n") + 1
    with pytest.raises(AnnotationError, match=f"line {number}: {message}"):
        list(read_json_lines(write(line)))


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.integers())), max_size=5),
    st.sampled_from([None, 1]),
    st.integers(1, 40),
)
def test_an_array_is_the_same_whatever_part_of_it_is_held(tmp_path_factory, values, indent, size):
    path = tmp_path_factory.mktemp("array") / "a.json"
    path.write_text(json.dumps(values, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "CHUNK_CHARACTERS", size)
        assert [row for _, row in read_json_array(path)] == values


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"a": 1}, {"a":', "document 2: not a whole JSON object"),
        ('[{"a": 1}', "document 2: not a whole JSON object"),
        ('"a"', "not a JSON array"),
        ("[1]", "document 1: must be a JSON object, got int"),
    ],
)
def test_an_array_that_is_broken_is_refused(write, content, message):
    with pytest.raises(AnnotationError, match=message):
        list(read_json_array(write(content)))


@pytest.mark.parametrize("read", [read_json_lines, read_json_array])
def test_an_array_and_lines_stand_for_each_other(write, read):
    for content in ('\n{"a": 1}\n{"a": 2}\n', ' \n [{"a": 1},\n{"a": 2}]'):
        assert [values for _, values in read(write(content))] == [{"a": 1}, {"a": 2}]
    with pytest.raises(AnnotationError, match="document 1: nested too deeply"):
        list(read(write("[" * 100_000)))


def test_an_empty_file_holds_no_objects(write):
    assert list(read_json_array(write(" \n"))) == []


@pytest.mark.parametrize(
    ("values", "got"),
    [({}, "nothing"), ({"n": "3"}, "'3'"), ({"n": True}, "True"), ([], "nothing")],
)
def test_a_value_of_another_kind_is_refused_by_its_key(values, got):
    with pytest.raises(AnnotationError, match=f"here: 'n' must be a whole number, got {got}"):
        need(values, "n", int, "here")
    assert need({"n": 3}, "n", int, "here") == 3


def test_a_list_may_be_missing_or_null_but_nothing_else():
    assert listed({}, "a", "x") == listed({"a": None}, "a", "x") == []
    assert listed({"a": [1]}, "a", "x") == [1]
    for values in ({"a": True}, {"a": "b"}, "text"):
        with pytest.raises(AnnotationError, match="x: 'a' must be a list"):
            listed(values, "a", "x")
