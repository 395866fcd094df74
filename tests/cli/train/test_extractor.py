import json

import pytest
from typer.testing import CliRunner

from doubles import toy_documents
from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.cli import app
from lexloom.errors import (
    AnnotationError,
    ArtifactError,
    ConfigError,
    SchemaError,
    TrainingError,
    UsageError,
)
from lexloom.extract.confidence import Calibration, ScoreMap
from lexloom.extract.files import load_extractor_files, write_calibration
from lexloom.train.parallel import Parallel

FAST = ["--set", "num_epochs=1", "--set", "precision=fp32", "--set", "span_rank=8",
        "--set", "pair_size=8", "--set", "batch_size=8"]  # fmt: skip


@pytest.fixture
def train(tmp_path, tiny_bert, monkeypatch):
    """Runs ``lexloom train extractor`` in a folder with the toy data."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(toy_documents(), tmp_path / "data.jsonl")

    def run(*arguments, data="data.jsonl", init=tiny_bert, out="run", code=0):
        command = ["train", "extractor", "--data", data, "--init", str(init), "--out", out]
        result = CliRunner().invoke(app, [*command, *arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_a_training_leaves_a_model_with_a_card_and_prints_its_scores(train, tmp_path):
    result = train(*FAST)
    path, scores = result.stdout.splitlines()
    assert path == "run/model"
    assert scores.startswith("dev F1: score ")
    assert "epoch 1: dev" in result.stderr
    files = load_extractor_files(tmp_path / path)
    assert (files.name, files.schema.name) == ("run", "data")
    assert files.window_sentences == 1
    assert [relation.name for relation in files.schema.relations] == ["lives_in"]
    card = (tmp_path / path / "README.md").read_text()
    # a tenth is held out, for no dev set was given
    assert "Trained on 22 texts" in card
    assert "2 dev texts" in card


def test_the_result_can_be_had_as_json(train):
    result = json.loads(train(*FAST, "--json").stdout)
    assert result["path"] == "run/model"
    assert 0.0 <= result["dev"]["score"] <= 1.0


def test_another_process_than_the_first_saves_and_says_nothing(train, tmp_path, monkeypatch):
    monkeypatch.setattr("lexloom.train.parallel.join", lambda _: Parallel(1))
    result = train(*FAST)
    assert result.stdout == ""
    assert "epoch" not in result.stderr
    assert not (tmp_path / "run" / "model").exists()


def test_an_extractor_is_not_shared_out(train, monkeypatch):
    monkeypatch.setattr("lexloom.train.parallel.join", lambda _: Parallel(is_sharded=True))
    with pytest.raises(ConfigError, match="parallel must be 'replicate' for an extractor") as error:
        train(*FAST)
    assert error.value.hint == "leave parallel out"


def test_settings_come_from_a_file_and_single_ones_override_it(train, tmp_path):
    (tmp_path / "fast.toml").write_text(
        "num_epochs = 1\nspan_rank = 7\npair_size = 6\n[train]\nprecision = 'fp32'\nseed = 4\n"
    )
    train("--config", "fast.toml", "--set", "span_rank=5")
    config = load_extractor_files(tmp_path / "run" / "model").model.config
    assert (config.span_rank, config.pair_size) == (5, 6)


def test_a_dev_set_and_a_schema_can_be_given(train, tmp_path):
    write_jsonl(toy_documents()[:5], tmp_path / "dev.jsonl")
    (tmp_path / "s.toml").write_text('name = "people"\n[entities.person]\n')
    train(*FAST, "--dev", "dev.jsonl", "--schema", "s.toml")
    files = load_extractor_files(tmp_path / "run" / "model")
    assert files.schema.name == "people"
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "Trained on 24 texts" in card
    assert "5 dev texts" in card


def test_a_second_call_finds_the_training_done(train):
    first = train(*FAST)
    again = train(*FAST)
    assert again.stdout == first.stdout
    assert "epoch" not in again.stderr


def test_a_second_call_keeps_confidences_that_were_fitted_since(train, tmp_path):
    train(*FAST)
    model, fitted = tmp_path / "run" / "model", Calibration(entity=ScoreMap(slope=3.25))
    write_calibration(model, model, fitted)
    again = train(*FAST)
    assert load_extractor_files(model).calibration == fitted
    assert "run/model keeps the confidences that were fitted for it" in again.stderr


def test_a_model_of_other_weights_or_a_damaged_one_is_replaced_with_its_confidences(
    train, tmp_path
):
    train(*FAST)
    train(*FAST, "--set", "seed=5", out="other")
    model, other = tmp_path / "run" / "model", tmp_path / "other" / "model"
    trained = load_extractor_files(model).calibration
    write_calibration(other, model, Calibration(entity=ScoreMap(slope=3.25)))
    train(*FAST)
    assert load_extractor_files(model).calibration == trained
    (model / "schema.toml").write_text("")
    assert "keeps" not in train(*FAST).stderr
    assert load_extractor_files(model).calibration == trained


def test_a_training_goes_on_from_an_extractor(train, tmp_path):
    train(*FAST)
    train(*FAST, init="run", out="second")
    assert load_extractor_files(tmp_path / "second" / "model").model.config.span_rank == 8


def test_other_settings_in_the_same_folder_are_refused(train):
    train(*FAST)
    with pytest.raises(TrainingError, match="run holds a run with other data or settings"):
        train(*FAST, "--set", "seed=5")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("num_epoch=3", r"unknown key 'num_epoch' \(did you mean 'num_epochs'\?\)"),
        ("num_epochs=many", "num_epochs must be int, got 'many'"),
        ("num_epochs=0", "num_epochs must be at least 1, got 0"),
        ("precision=fp8", "precision must be one of"),
        ("train=3", "train must be a table, got 3"),
        ("num_epochs", "--set takes key=value"),
        ("head_dropout_prob=2", r"head_dropout_prob must be in \[0, 1\)"),
    ],
)
def test_a_wrong_setting_is_refused(train, setting, message):
    with pytest.raises(ConfigError, match=message):
        train("--set", setting)


def test_what_is_missing_or_damaged_is_refused(train, tmp_path):
    with pytest.raises(AnnotationError, match=r"there is no file none\.jsonl"):
        train(data="none.jsonl")
    with pytest.raises(SchemaError, match="cannot read the schema"):
        train("--schema", "none.toml")
    with pytest.raises(ConfigError, match=r"cannot read none\.toml"):
        train("--config", "none.toml")
    with pytest.raises(UsageError, match="unknown format 'x'"):
        train("--format", "x")
    with pytest.raises(UsageError, match="there is no model 'nothing'"):
        train(init="nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match=r"has no config\.json"):
        train(init="empty")
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot make the folder file"):
        train(*FAST, out="file")


def test_a_run_does_not_come_among_the_texts_that_it_rehearses_on(train, tmp_path):
    (tmp_path / "plain").mkdir()
    with pytest.raises(UsageError, match="plain/run lies in plain, whose files are all read"):
        train("--plain", "plain", "--keep-known", out="plain/run")


def test_one_text_alone_cannot_be_parted_for_dev(train, tmp_path):
    write_jsonl([AnnotatedDocument(id="d", text="Ann left")], tmp_path / "one.jsonl")
    with pytest.raises(TrainingError, match="needs train and dev documents, got 1 and 0"):
        train(data="one.jsonl")
