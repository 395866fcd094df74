import json
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from doubles import eager, tiny_files
from lexloom.annotations.document import AnnotatedDocument, read_jsonl, write_jsonl
from lexloom.cli import app
from lexloom.errors import AnnotationError, ArtifactError, InputError, SchemaError, UsageError
from lexloom.extract.files import save_extractor
from lexloom.records import Entity

TEXT = (
    "Ann lives in Paris. Bob met Carl in Oslo.\n李明在北京工作。他去了上海。\nAnn lives in Paris.\n"
)
SENTENCES = {"Ann lives in Paris.", "Bob met Carl in Oslo.", "李明在北京工作。", "他去了上海。"}


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """Runs ``lexloom data sample`` on a file, and gives the texts that it chose."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")

    def run(*arguments, file="in.txt", out="next.jsonl"):
        command = ["data", "sample", file, "--out", out, *map(str, arguments)]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        run.result = result
        run.documents = list(read_jsonl(tmp_path / out))
        return [document.text for document in run.documents]

    return run


def test_the_choice_of_the_last_call_is_not_chosen_from(sample, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Ann left.", encoding="utf-8")
    (tmp_path / "in" / "next.jsonl").write_text('{"id": "x", "text": "Old choice."}\n')
    assert sample(file="in", out="in/next.jsonl") == ["Ann left."]
    assert "in/next.jsonl is not read" in sample.result.stderr


def test_without_a_model_sentences_are_drawn_at_random_and_repeatably(sample):
    assert set(sample("--count", 9)) == SENTENCES
    first = sample("--count", 2)
    assert first == sample("--count", 2)
    assert any(first != sample("--count", 2, "--seed", seed) for seed in range(1, 6))
    assert "2 of 4 texts chosen" in sample.result.stderr


def test_what_is_annotated_already_is_not_chosen_again(sample, tmp_path):
    write_jsonl([AnnotatedDocument(id="x", text="他去了上海。")], tmp_path / "done.jsonl")
    assert set(sample("--done", "done.jsonl")) == SENTENCES - {"他去了上海。"}


def test_whole_texts_can_be_chosen(sample, tmp_path):
    assert sample("--whole") == [TEXT]
    rows = [{"id": "1", "body": "One. Two."}, {"id": "2", "body": "Three."}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    chosen = sample("--whole", "--text-field", "body", file="rows.jsonl")
    assert set(chosen) == {"One. Two.", "Three."}


def test_a_model_chooses_the_same_texts_again(sample, tiny_extractor_path):
    model = ("--model", tiny_extractor_path)
    assert set(sample(*model)) == SENTENCES
    assert len(set(sample(*model, "--count", 3))) == 3
    assert sample(*model, "--count", 2) == sample(*model, "--count", 2)
    assert all(document.entities == () for document in sample.documents)


def test_what_the_model_finds_can_be_had_to_correct(sample, tiny_extractor_path, tmp_path):
    (tmp_path / "s.toml").write_text('[entities.person]\nen = "person"\n')
    sample("--model", tiny_extractor_path, "--suggest", "--schema", "s.toml", "--by", "margin")
    types = {entity.type for document in sample.documents for entity in document.entities}
    assert types <= {"person"}


@pytest.mark.parametrize("is_nested", [False, True])
def test_suggestions_lie_over_each_other_only_where_people_marked_so(sample, tmp_path, is_nested):
    save_extractor(tiny_files(decode=eager()), tmp_path / "eager")
    inner = [Entity("e2", "person", "Ann", 0, 3)] if is_nested else []
    whole = Entity("e1", "person", "Ann Lee", 0, 7)
    marked = AnnotatedDocument(id="m", text="Ann Lee came.", entities=(whole, *inner))
    write_jsonl([marked], tmp_path / "done.jsonl")
    sample("--model", "eager", "--suggest", "--done", "done.jsonl")
    mentions = [
        sorted((entity.start, entity.end) for entity in document.entities)
        for document in sample.documents
    ]
    assert any(mentions)
    assert any(a[1] > b[0] for spans in mentions for a, b in pairwise(spans)) == is_nested


def test_the_report_can_be_had_as_json(sample):
    sample("--json", "--count", 1)
    report = json.loads(sample.result.stdout)
    assert report == {"texts": 4, "too_long": 0, "chosen": 1, "out": "next.jsonl", "failed": 0}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--by", "x"], UsageError, r"there is no measure 'x' \(one of entropy, margin\)"),
        (["--suggest"], UsageError, "--suggest needs a model"),
        (["--schema", "s.toml"], UsageError, "--schema needs a model"),
        (["--done", "none.jsonl"], AnnotationError, r"cannot read none\.jsonl"),
        (["--done", "all.jsonl"], InputError, r"in\.txt holds no text that is not annotated yet"),
        (["--model", "none"], ArtifactError, "none"),
        (["--model", "none", "--schema", "empty.toml"], SchemaError, "no type of entity or event"),
    ],
)
def test_what_cannot_be_done_is_said(sample, tmp_path, arguments, error, message):
    texts = [AnnotatedDocument(id=str(n), text=text) for n, text in enumerate(SENTENCES)]
    write_jsonl(texts, tmp_path / "all.jsonl")
    (tmp_path / "empty.toml").write_text('name = "x"\n')
    with pytest.raises(error, match=message):
        sample(*arguments)


def test_a_file_that_is_missing_is_said(sample):
    with pytest.raises(InputError, match=r"of none\.txt nothing could be read"):
        sample(file="none.txt")


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\0\1\2")
    command = ["data", "sample", "bad.txt", "none.txt", "in.txt", "--out", "next.jsonl", "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 3
    assert "there is no file none.txt" in result.stderr
    assert "bad.txt is binary" in result.stderr
    assert json.loads(result.stdout)["failed"] == 2
    assert {document.text for document in read_jsonl(tmp_path / "next.jsonl")} == SENTENCES


def test_the_measures_are_those_of_the_library():
    from lexloom.cli.sample import MEASURES
    from lexloom.extract.doubt import MEASURES as KNOWN

    assert tuple(KNOWN) == MEASURES
