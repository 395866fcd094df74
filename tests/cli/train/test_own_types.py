"""``lexloom train extractor`` from an extractor, few texts and own types."""

import json

import pytest
from typer.testing import CliRunner

from doubles import SCHEMA, toy_documents
from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.cli import app
from lexloom.errors import AnnotationError, LexloomError, TrainingError, UsageError
from lexloom.extract.files import load_extractor_files
from lexloom.records import Entity

FAST = ["--set", "num_epochs=1", "--set", "precision=fp32"]


@pytest.fixture
def train(tmp_path, tiny_extractor_path, monkeypatch):
    """Runs ``lexloom train extractor`` from a tiny extractor on a few texts."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(documents(8), tmp_path / "data.jsonl")

    def run(*arguments, data="data.jsonl", init=tiny_extractor_path, out="run"):
        command = ["train", "extractor", "--data", data, "--init", str(init), "--out", out, *FAST]
        result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    run.schema = lambda: load_extractor_files(tmp_path / "run" / "model").schema
    run.card = lambda: (tmp_path / "run" / "model" / "README.md").read_text()
    return run


def documents(count, type="guest"):
    """Sentences in which the first word is marked."""
    texts = [f"{document.text} {number}" for number, document in enumerate(toy_documents())]
    return [
        AnnotatedDocument(id="same", text=text, entities=(Entity("a", type, text[:3], 0, 3),))
        for text in texts[:count]
    ]


def types(schema):
    return [item.name for item in schema.entities]


def test_of_few_texts_none_is_held_out_and_the_new_types_are_all_it_knows(train):
    result = train("--json")
    assert json.loads(result.stdout) == {"path": "run/model", "dev": {}}
    assert types(train.schema()) == ["guest"]
    assert train.schema().relations == train.schema().events == ()
    assert "Trained on 8 texts" in train.card()
    assert "No text was held out" in train.card()
    assert "dev" not in result.stderr


def test_what_the_model_knew_is_kept_if_it_is_asked_for(train, tmp_path):
    (tmp_path / "plain.txt").write_text("Ann met Bob. 李明在北京工作。")
    train("--keep-known", "--plain", "plain.txt")
    assert types(train.schema()) == ["guest", "person", "place"]
    assert train.schema().relations == SCHEMA.relations
    assert train.schema().events == SCHEMA.events
    assert "Trained on 10 texts" in train.card()


def test_a_known_type_is_learnt_on_under_the_models_words(train, tmp_path):
    write_jsonl(documents(8, "地点"), tmp_path / "zh.jsonl")
    (tmp_path / "s.toml").write_text('[entities."地点"]\n[entities.guest]\n', encoding="utf-8")
    result = train("--schema", "s.toml", data="zh.jsonl")
    assert train.schema().entities[0].en == "地点"  # as the tiny model calls its place
    assert "no example of 'guest': what has none is not learnt" in result.stderr


def test_facts_of_types_that_the_schema_lacks_are_counted(train, tmp_path):
    write_jsonl([*documents(6), *documents(2, "ghost")], tmp_path / "mixed.jsonl")
    (tmp_path / "s.toml").write_text("[entities.guest]\n")
    result = train("--schema", "s.toml", data="mixed.jsonl")
    assert "the schema has no entity type 'ghost': 2 facts" in result.stderr
    assert types(train.schema()) == ["guest"]


def test_with_dev_texts_the_run_is_scored(train, tmp_path):
    write_jsonl(documents(20)[15:], tmp_path / "dev.jsonl")
    result = json.loads(train("--dev", "dev.jsonl", "--json").stdout)
    assert 0 <= result["dev"]["score"] <= 1


def test_a_hundred_texts_are_parted_for_dev(train, tmp_path):
    texts = [f"{n} left." for n in range(100)]
    marks = [Entity("a", "n", text[0], 0, 1) for text in texts]
    many = [
        AnnotatedDocument(id=text, text=text, entities=(mark,))
        for text, mark in zip(texts, marks, strict=True)
    ]
    write_jsonl(many, tmp_path / "many.jsonl")
    train(data="many.jsonl")
    assert "10 dev texts" in train.card()


def test_five_hundred_types_can_be_learnt(train, tmp_path):
    many = [document for n in range(500) for document in documents(1, f"type {n}")]
    write_jsonl(many[:40], tmp_path / "many.jsonl")
    names = "".join(f'[entities."type {n}"]\n' for n in range(500))
    (tmp_path / "s.toml").write_text(names)
    result = train("--schema", "s.toml", data="many.jsonl")
    assert len(train.schema().entities) == 500
    assert "no example of 'type 40', " in result.stderr
    assert "and 452 more" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--plain", "p.txt"], UsageError, r"--plain names texts to rehearse on \(give --keep"),
        (["--keep-known", "--plain", "none.txt"], LexloomError, r"there is no file none\.txt"),
        (["--set", "evaluate_every_steps=1"], TrainingError, "needs train and dev documents"),
    ],
)
def test_what_cannot_be_done_is_said(train, arguments, error, message):
    with pytest.raises(error, match=message):
        train(*arguments)


@pytest.mark.parametrize("schema", ["", "[entities.gest]\n"])
def test_texts_without_a_mention_to_learn_are_refused_before_the_training(train, tmp_path, schema):
    (tmp_path / "s.toml").write_text(schema)
    with pytest.raises(TrainingError, match="no training text has a mention of a type to learn"):
        train("--schema", "s.toml")
    write_jsonl([AnnotatedDocument(id="a", text="Ann left.")], tmp_path / "plain.jsonl")
    with pytest.raises(TrainingError, match="no training text has a mention of a type to learn"):
        train(data="plain.jsonl")
    assert not (tmp_path / "run").exists()


def test_an_encoder_has_nothing_to_keep(train, tiny_bert):
    with pytest.raises(UsageError, match="--keep-known needs an extractor to begin from"):
        train("--keep-known", init=tiny_bert)


def line(**changes):
    entity = {"id": "a", "type": "x", "text": "Ann", "start": 0, "end": 3} | changes
    values = {"id": "1", "text": "Ann left", "entities": [entity]}
    return json.dumps(values).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (line(start=3, end=0), r"data\.jsonl, line 1: document 1: the span \[3, 0\) does not hold"),
        (line(end=99), r"the span \[0, 99\) does not hold 'Ann'"),
        (line(start=-3), r"the span \[-3, 3\)"),
        (line() + b"\n" + "李".encode("gb18030"), r"line 2: not UTF-8"),
        (line() + b"\n{", r"line 2: not a whole JSON object"),
        (b"\x00\x01\x02", "line 1: not a whole JSON object"),
        (b"", "holds no document"),
    ],
)
def test_broken_annotation_is_refused_with_its_line(train, tmp_path, content, message):
    (tmp_path / "data.jsonl").write_bytes(content)
    with pytest.raises(AnnotationError, match=message):
        train()


def test_overlapping_mentions_are_learnt(train, tmp_path):
    text = "Ann left"
    entities = (Entity("a", "x", "Ann", 0, 3), Entity("b", "y", text, 0, 8))
    write_jsonl([AnnotatedDocument(id="1", text=text, entities=entities)], tmp_path / "o.jsonl")
    train(data="o.jsonl")
    assert load_extractor_files(tmp_path / "run" / "model").decode.nested
