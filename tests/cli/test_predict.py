import json

import pytest
from typer.testing import CliRunner

from lexloom.cli import app
from lexloom.errors import AnnotationError, InputError, UsageError


@pytest.fixture
def predict(head_models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments, model="classifier", given=None):
        command = ["predict", "--model", str(head_models / model), *arguments]
        result = CliRunner().invoke(app, command, input=given, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return run


def test_a_text_gets_a_label_and_its_probability(predict):
    label, share, text = predict("ann left 北京").stdout.rstrip("\n").split("\t")
    assert label in "abc"
    assert 1 / 3 <= float(share) <= 1
    assert text == "ann left 北京"


def test_files_tables_and_the_standard_input_give_a_line_each(predict, tmp_path):
    (tmp_path / "t.txt").write_text("ann\n\nbob\n")
    (tmp_path / "t.tsv").write_text("id\ttext\n1\tcarl\n2\t \n")
    result = predict("t.txt", "t.tsv", "-", "dora", given="acme\n \nleft\n")
    texts = [line.split("\t")[2] for line in result.stdout.splitlines()]
    assert texts == ["ann", "bob", "carl", "acme", "left", "dora"]
    assert "3 blank texts were left out (the first: t.txt, line 2)" in result.stderr


def test_an_empty_text_is_blank_and_no_folder(predict):
    result = predict("", "ann", " ")
    assert [line.split("\t")[2] for line in result.stdout.splitlines()] == ["ann"]
    assert "2 blank texts were left out (the first: an argument)" in result.stderr


def test_a_row_without_one_of_its_texts_is_left_out_and_named(predict, tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\nann\tbob\ncarl\t\n\tdora\n")
    (tmp_path / "t.jsonl").write_text('{"a": "acme", "b": null}\n{"a": "ann", "b": "left"}\n')
    result = predict("t.tsv", "t.jsonl", "--text", "a", "--pair", "b")
    pairs = [line.split("\t")[2:] for line in result.stdout.splitlines()]
    assert pairs == [["ann", "bob"], ["ann", "left"]]
    assert "3 blank texts were left out (the first: t.tsv, line 3)" in result.stderr
    result = predict("-", "ann", given="\nbob\n")
    assert "1 blank texts were left out (the first: standard input, line 1)" in result.stderr


@pytest.mark.parametrize("given", ["empty.txt", "blank.txt", "-", " "])
def test_nothing_to_read_is_said(predict, tmp_path, given):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "blank.txt").write_text("\n \n")
    with pytest.raises(InputError, match="holds no text to read"):
        predict(given, given="")


def test_json_says_everything(predict, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"a": "ann", "b": "bob"}\n')
    found = json.loads(predict("t.jsonl", "--text", "a", "--pair", "b", "--json").stdout)
    assert (found["text"], found["pair"], found["is_cut"]) == ("ann", "bob", False)
    assert found["probabilities"][found["label"]] == found["probability"]
    found = json.loads(predict("ann", "--json", model="regressor").stdout)
    assert set(found) == {"text", "score", "std", "is_cut"}


def test_a_pair_differs_from_its_first_text(predict):
    alone, pair = (
        json.loads(predict("ann left", *more, "--json").stdout)["probabilities"]
        for more in ([], ["--pair", "bob met carl"])
    )
    assert alone != pair


def test_doubt_is_shown_on_demand(predict):
    assert "±" in predict("ann", "--uncertainty", "3").stdout
    assert json.loads(predict("ann", "--uncertainty", "3", "--json").stdout)["std"] > 0
    assert json.loads(predict("ann", "--json").stdout)["std"] is None


def test_a_tagger_gives_words(predict):
    assert [line.split("\t")[0] for line in predict("ann left.", model="tagger").stdout.split("\n")
            if line] == ["ann", "left", "."]  # fmt: skip
    words = json.loads(predict("ann 北京", "--json", model="tagger").stdout)["words"]
    assert [(w["text"], w["start"], w["end"]) for w in words] == [
        ("ann", 0, 3), ("北", 4, 5), ("京", 5, 6),
    ]  # fmt: skip


def test_long_texts_are_told(predict):
    result = predict("ann " * 100, "\ud800", "😀\x00")
    assert "1 texts are longer than 40 tokens; their ends were not read" in result.stderr
    assert len(result.stdout.splitlines()) == 3


def test_a_text_with_line_breaks_stays_one_line(predict, tmp_path):
    (tmp_path / "t.csv").write_text('text\n"ann\tleft\nbob"\n')
    (line,) = predict("t.csv").stdout.splitlines()
    assert line.split("\t")[2] == "ann left bob"


STEERING = {"\x1b", "\r", "\u202e", "\u2066", "\x9b"}


@pytest.mark.parametrize("model", ["classifier", "regressor", "tagger"])
def test_a_text_cannot_steer_the_terminal(predict, model):
    text = "ann\x1b[31m\u202e bob\u2066 \x9b2J"
    shown = predict(text, model=model).stdout
    assert "ann" in shown
    assert not STEERING & set(shown)
    values = json.loads(predict(text, "--json", model=model).stdout)
    assert values["text"] == text


def test_what_does_not_fit_is_refused(predict, tmp_path):
    with pytest.raises(AnnotationError, match=r"cannot read none\.txt"):
        predict("none.txt")
    with pytest.raises(AnnotationError, match=r"cannot read none\.tsv"):
        predict("none.tsv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(AnnotationError, match="cannot read folder"):
        predict("folder")
    with pytest.raises(UsageError, match="a tagger reads no pairs"):
        predict("ann", "--pair", "bob", model="tagger")
    with pytest.raises(AnnotationError, match="standard input, line 2: not UTF-8"):
        predict("-", given=b"ann\n\xff\xfe\n")
    (tmp_path / "t.tsv").write_text("body\nx\n")
    with pytest.raises(AnnotationError, match="there is no column 'text'"):
        predict("t.tsv")


@pytest.mark.parametrize("count", ["1", "0", "many"])
def test_doubt_needs_two_passes(count, head_models):
    result = CliRunner().invoke(
        app, ["predict", "--model", str(head_models / "classifier"), "x", "--uncertainty", count]
    )
    assert result.exit_code == 2
