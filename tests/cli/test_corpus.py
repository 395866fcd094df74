import json
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from corpus_texts import write_raw
from lexloom.cli.corpus import app
from lexloom.corpus.shards import read_shards
from lexloom.errors import ArtifactError, ConfigError, UsageError


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def raw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_raw(tmp_path, num_documents=10)


def test_build_reports_what_went_where(raw, tmp_path):
    result = run("build", "texts", "lines.jsonl", "--out", "out", code=3)
    rows = {line.strip().rpartition("  ")[0].strip(): line for line in result.stdout.splitlines()}
    assert {"documents", "kept", "near duplicate", "exact duplicate", "zh", "en"} <= set(rows)
    assert "texts/binary.pdf is a damaged PDF" in result.stderr
    assert "lines.jsonl:11 is not JSON" in result.stderr
    ET.parse(tmp_path / "out" / "flow.svg")


def test_build_reports_as_json(raw, tmp_path):
    result = run("build", "texts", "lines.jsonl", "--out", "out", "--json", code=3)
    report = json.loads(result.stdout)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["total"]["documents"] == 25
    assert report["total"]["dropped"]["failed"] == 2


def test_build_without_failures_ends_well(raw):
    assert run("build", "texts/deep", "--out", "out").stderr == ""


def test_settings_come_from_a_file_and_single_ones_win(raw, tmp_path):
    (tmp_path / "s.toml").write_text("[prose]\nmin_units = 100000\n[shards]\ncompress = false\n")
    run("build", "texts/deep", "--out", "none", "--config", "s.toml")
    assert list(read_shards(tmp_path / "none")) == []
    arguments = ("--config", "s.toml", "--set", "prose.min_units=5", "--set", "seed=3")
    run("build", "texts/deep", "--out", "some", *arguments)
    assert len(list(read_shards(tmp_path / "some"))) == 6
    assert (tmp_path / "some" / "corpus-00000.jsonl").exists()


def test_nothing_kept_is_said(raw):
    assert "no document was kept" in run("build", "texts/short.txt", "--out", "o").stderr


def test_what_is_built_already_is_said(raw):
    run("build", "texts/deep", "--out", "out")
    result = run("build", "texts/deep", "--out", "out")
    assert "is built already" in result.stderr
    assert "documents" in result.stdout


def test_nothing_that_can_be_read_is_a_failure(raw):
    run("build", "texts/binary.pdf", "--out", "out", code=1)


def test_weights_and_evaluation_are_passed_on(raw, tmp_path):
    run("build", "texts/deep", "--out", "a", "--weights", "deep=2", "--evaluation", "texts/000.txt")
    assert len(list(read_shards(tmp_path / "a"))) == 12
    with pytest.raises(ConfigError, match="a weight"):
        run("build", "texts/deep", "--out", "b", "--weights", "deep")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--set", "prose.min_unit=3"], ConfigError, "unknown key 'min_unit'"),
        (["--set", "seed=1", "--set", "seed.x=1"], ConfigError, "seed is no table"),
        (["--workers", "0"], ConfigError, "num_workers must be at least 1"),
        (["--harmful-words", "none.txt"], ConfigError, "cannot read the word list"),
    ],
)
def test_wrong_settings_are_said(raw, arguments, error, message):
    with pytest.raises(error, match=message):
        run("build", "texts", "--out", "out", *arguments)


def test_stats_reads_a_corpus_and_refuses_other_folders(raw, tmp_path):
    run("build", "texts", "lines.jsonl", "--out", "out", code=3)
    values = json.loads(run("stats", "out", "--json").stdout)
    assert values["documents"] == len(list(read_shards(tmp_path / "out")))
    assert set(values["kinds"]) == {"zh", "en"}
    assert "median" in run("stats", "out").stdout
    with pytest.raises(ArtifactError, match="not written to its end"):
        run("stats", "texts")


def test_help_shows_an_example():
    assert "Example: lexloom corpus build" in run("build", "--help").stdout


@pytest.mark.slow
def test_the_command_line_runs_workers(raw, lexloom, tmp_path):
    command = ("corpus", "build", "texts", "lines.jsonl", "--workers", 2, "--out")
    done = lexloom(*command, "two", code=3)
    assert "documents" in done.stdout
    run("build", "texts", "lines.jsonl", "--out", "one", code=3)
    assert list(read_shards(tmp_path / "two")) == list(read_shards(tmp_path / "one"))
    lexloom("corpus", "build", "nowhere", "--out", "o", code=2)


def test_a_missing_path_is_refused(raw):
    with pytest.raises(UsageError, match="no file or folder nowhere"):
        run("build", "nowhere", "--out", "out")
