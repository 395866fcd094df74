"""Tables of texts with labels: what is read, and one sentence for each thing that is wrong."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.annotations.labelled import Columns, LabelledText, class_names, read_labelled
from lexloom.errors import AnnotationError, UsageError

CELL = st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"])).filter(
    lambda text: text.strip()
)


def read(path, **columns):
    return list(read_labelled(path, Columns(**columns)))


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1))
def test_a_tsv_gives_every_text_as_it_stands(rows, tmp_path_factory):
    lines = "".join(f"{text}\t{label}\n" for text, label in rows)
    path = write(tmp_path_factory.mktemp("d"), "d.tsv", f"text\tlabel\n{lines}")
    found = [(item.text, item.label) for item in read(path)]
    kept = [(text, label.strip()) for text, label in rows]
    assert found == kept


def test_a_single_quotation_mark_in_a_tsv_swallows_nothing(tmp_path):
    path = write(tmp_path, "d.tsv", 'label\ttext\n1\t"a\n0\tb" c\n')
    assert [item.text for item in read(path)] == ['"a', 'b" c']


def test_a_csv_is_read_with_quoting(tmp_path):
    path = write(tmp_path, "d.csv", 'text,label\n"a, ""b""\nc",1\n')
    assert [item.text for item in read(path)] == ['a, "b"\nc']


def test_a_csv_may_hold_a_long_document(tmp_path):
    path = write(tmp_path, "d.csv", f"text,label\n{'x' * 300_000},1\n")
    assert [len(item.text) for item in read(path)] == [300_000]


def test_json_lines_may_hold_labels_that_are_numbers(tmp_path):
    rows = [{"text": "中", "label": 3}, {"text": "b", "label": 0.5}, {"text": "c", "label": True}]
    path = write(tmp_path, "d.jsonl", "\n".join(map(json.dumps, rows)))
    assert [item.label for item in read(path)] == ["3", "0.5", "true"]


def test_pairs_and_other_column_names(tmp_path):
    path = write(tmp_path, "d.tsv", "id\ta\tb\tscore\n7\tx\ty\t2.5\n")
    (item,) = read(path, text="a", pair="b", label="score")
    assert (item.text, item.pair, item.score) == ("x", "y", 2.5)
    assert item.where.endswith("d.tsv, line 2")


def test_texts_to_be_labelled_may_be_blank(tmp_path):
    rows = '{"text": null, "pair": "x"}\n{"text": "y", "pair": ""}\n'
    items = read(write(tmp_path, "d.jsonl", rows), pair="pair", label=None)
    assert [(item.text, item.pair) for item in items] == [("", "x"), ("y", "")]
    with pytest.raises(AnnotationError, match="line 1: the text in 'text' must be a string"):
        read(tmp_path / "d.jsonl", pair="pair", label="pair")


def test_without_a_label_column_only_texts_are_read(tmp_path):
    (item,) = read(write(tmp_path, "d.tsv", "text\nx\n"), label=None)
    assert item.label == ""


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("d.tsv", "text\tlabels\nx\t1\n", r"line 2: there is no column 'label' \(columns: text, l"),
        ("d.tsv", "", "holds no row"),
        ("d.tsv", "text\tlabel\n", "holds no row"),
        ("d.tsv", "text\tlabel\nx\t1\nx\n", "line 3: 1 cells where the header names 2 columns"),
        ("d.tsv", "text\tlabel\nx\t1\ty\n", "line 2: 3 cells where the header names 2 columns"),
        ("d.tsv", "text\ttext\nx\t1\n", "two columns have the same name"),
        ("d.tsv", "text\tlabel\n \t1\n", "line 2: the text in 'text' is empty"),
        ("d.tsv", "text\tlabel\nx\t \n", "line 2: the label is empty"),
        ("d.csv", 'text,label\n"x,1\n', "not CSV"),
        ("d.jsonl", '{"text": 3, "label": 1}', "the text in 'text' must be a string, got 3"),
        ("d.jsonl", '{"text": "x", "label": null}', "the label must be a string or number, got No"),
        ("d.jsonl", '{"text": "x", "lab', "not a whole JSON object"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(name, text, message, tmp_path):
    with pytest.raises(AnnotationError, match=message):
        read(write(tmp_path, name, text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match=r"cannot tell the form of .*d\.xlsx"):
        read(tmp_path / "d.xlsx")
    with pytest.raises(AnnotationError, match="cannot read"):
        read(tmp_path / "none.tsv")
    (tmp_path / "b.tsv").write_bytes(b"text\tlabel\n\xff\xfe\t1\n")
    with pytest.raises(AnnotationError, match="line 2: not UTF-8"):
        read(tmp_path / "b.tsv")


@pytest.mark.parametrize("label", ["nan", "inf", "-inf", "two", "", "1,5"])
def test_a_score_must_be_a_finite_number(label):
    with pytest.raises(AnnotationError, match=r"f: the score .* is no finite number"):
        assert math.isfinite(LabelledText("x", None, label, "f").score)


def test_classes_are_ordered_by_value_or_by_name():
    def names(*labels):
        return class_names(LabelledText("x", None, label, "") for label in labels)

    assert names("10", "9", "-1", "9") == ("-1", "9", "10")
    assert names("b", "a", "10") == ("10", "a", "b")
