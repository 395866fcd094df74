import json

import pytest
from typer.testing import CliRunner

from doubles import eager, tiny_files
from lexloom.annotations.document import AnnotatedDocument, write_jsonl
from lexloom.cli import app
from lexloom.errors import AnnotationError, ArtifactError, UsageError
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.files import save_extractor

TEXT = "Ann lives in Paris. Bob met Carl in Oslo, and then left for Rome."


@pytest.fixture
def calibrate(tmp_path, monkeypatch):
    """Runs ``lexloom models calibrate`` in a folder with a model and texts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    save_extractor(tiny_files(decode=eager(0.15), window_sentences=1), tmp_path / "tiny")
    found = EncoderExtractor.load("tiny").extract(TEXT).entities
    write_jsonl([AnnotatedDocument(id="d", text=TEXT, entities=found[::2])], tmp_path / "dev.jsonl")

    def run(*arguments):
        command = ["models", "calibrate", *arguments]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_a_model_is_calibrated_and_what_it_is_worth_is_said(calibrate):
    done = json.loads(calibrate("tiny", "--data", "dev.jsonl", "--out", "new", "--json"))
    assert done["path"] == "new"
    assert done["fits"]["entity"].keys() == {"form", "num_facts", "error_before", "error_after"}
    table = calibrate("tiny", "--data", "dev.jsonl")
    assert table.startswith("tiny\n")
    for word in ("entity", "error before", "logistic"):
        assert word in table
    fitted = EncoderExtractor.load("new").calibration
    assert fitted == EncoderExtractor.load("tiny").calibration


def test_the_shipped_model_is_left_alone(calibrate):
    with pytest.raises(UsageError, match="'default' is a part of the package") as caught:
        calibrate("default", "--data", "dev.jsonl")
    assert "--out" in caught.value.hint


def test_what_is_missing_is_refused(calibrate, tmp_path):
    with pytest.raises(AnnotationError, match=r"there is no file none\.jsonl"):
        calibrate("tiny", "--data", "none.jsonl")
    with pytest.raises(ArtifactError, match="there is no model directory"):
        calibrate("none", "--data", "dev.jsonl")
    with pytest.raises(UsageError, match="unknown format 'x'"):
        calibrate("tiny", "--data", "dev.jsonl", "--format", "x")
    write_jsonl([AnnotatedDocument(id="d", text=" ")], tmp_path / "blank.jsonl")
    with pytest.raises(AnnotationError, match="tell of no fact"):
        calibrate("tiny", "--data", "blank.jsonl")


def test_facts_that_do_not_fit_their_text_are_told(calibrate, tmp_path):
    (tmp_path / "dev.txt").write_text(f"{TEXT}\n[Ann|x] [lives|x]\n> near: Ann -> Zoe\n")
    result = CliRunner().invoke(
        app, ["models", "calibrate", "tiny", "--data", "dev.txt", "--format", "brackets"]
    )
    assert "lexloom: 1 facts do not fit their text and are left out" in result.stderr
