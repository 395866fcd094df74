import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus_texts import prose, write_raw
from lexloom.artifacts import one_writer, verify_directory
from lexloom.corpus import read
from lexloom.corpus.clean import Cleaner
from lexloom.corpus.formats.source import ReadOptions
from lexloom.corpus.pipeline import BuildConfig, Job, build
from lexloom.corpus.read import read_documents
from lexloom.corpus.shards import ShardConfig, read_shards
from lexloom.engine.local import LocalEngine
from lexloom.engine.protocol import Ledger
from lexloom.errors import ArtifactError, ConfigError, InputError, UsageError

SMALL = BuildConfig(shards=ShardConfig(shard_bytes=8_000, compress=False))


@pytest.fixture
def raw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_raw(tmp_path)
    return [Path("texts"), Path("lines.jsonl")]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def run(raw, out, workers=1, **options):
    options = {"config": SMALL, "keep_rejects": True, **options}
    return build(Job(paths=raw, out=out, **options), LocalEngine(num_workers=workers))


def rejects(out):
    paths = sorted(out.glob("rejects-*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def test_a_corpus_is_read_without_its_rejects_and_report(raw, tmp_path):
    out = tmp_path / "out"
    report = run(raw, out)
    assert list(out.glob("rejects-*"))
    (out / "notes.txt").write_text("A file of the user's.")
    read = list(read_documents([tmp_path / "out"]))
    assert [item.id for item in read[:-1]] == [item.id for item in read_shards(out)]
    assert len(read) == report.total().kept + 1
    assert read[-1].text == "A file of the user's."


def test_a_file_is_no_folder_for_a_corpus(raw, tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(UsageError, match="is a file"):
        run(raw, tmp_path / "letter.txt")


def test_two_builds_in_one_folder_are_refused(raw, tmp_path):
    out = tmp_path / "out"
    with one_writer(out), pytest.raises(ArtifactError, match="another process is writing"):
        run(raw, out)
    assert run(raw, out).total().kept


def test_a_corpus_that_is_not_whole_is_not_read(raw, tmp_path):
    out = tmp_path / "out"
    run(raw, out)
    (out / "manifest.json").rename(tmp_path / "manifest.json")
    (out / ".state").mkdir()
    (out / ".state" / "settings.json").write_text("{}")
    (failure,) = read_documents([out])
    assert "is not whole" in failure.reason
    assert "lexloom corpus build" in failure.hint


def test_every_document_is_kept_or_dropped_with_its_reason(raw, tmp_path):
    (tmp_path / "words.txt").write_text("违禁词语\n", encoding="utf-8")
    out = tmp_path / "out"
    report = run(raw, out, harmful_words=tmp_path / "words.txt")
    assert report.sources["texts"].dropped == {
        "exact_duplicate": 1,
        "near_duplicate": 1,
        "too_short": 1,
        "failed": 1,
    }
    assert report.sources["lines"].dropped == {
        "few_letters": 1,
        "exact_duplicate": 1,
        "harmful": 1,
        "failed": 1,
    }
    total = report.total()
    assert total.documents == total.kept + sum(total.dropped.values()) == 65
    documents = list(read_shards(out))
    assert len(documents) == total.kept == sum(report.kinds.values())
    assert {document.source for document in documents} == {"texts", "lines"}
    assert sum(len(document.text) for document in documents) == total.kept_characters
    verify_directory(out)


def test_rejects_name_their_reason_and_what_they_repeat(raw, tmp_path):
    run(raw, tmp_path / "out")
    by_id = {row["id"]: row for row in rejects(tmp_path / "out")}
    assert by_id["texts/copy.txt"]["of"] == "texts/000.txt"
    assert by_id["texts/copy.txt"]["reason"] == "exact_duplicate"
    assert by_id["texts/near.txt"]["of"] == "texts/000.txt"
    assert 0.75 <= by_id["texts/near.txt"]["similarity"] < 1
    assert by_id["texts/short.txt"]["text"] == "Too short."
    assert by_id["texts/binary.pdf"]["reason"] == "failed"
    assert by_id["texts/binary.pdf"]["detail"]
    assert by_id["row 5"]["of"] == "row 4"


def test_rejects_are_not_written_unless_asked_for(raw, tmp_path):
    run(raw, tmp_path / "out", keep_rejects=False)
    assert rejects(tmp_path / "out") == []


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bytes(raw, tmp_path):
    options = {"weights": {"lines": 1.5}}
    outs = [tmp_path / f"out{workers}" for workers in (1, 2, 3)]
    for workers, out in enumerate(outs, 1):
        run(raw, out, workers, **options)
    first, *others = map(files, outs)
    assert len([name for name in first if name.startswith("corpus-")]) > 3
    assert all(other == first for other in others)


def test_weights_give_copies_that_the_report_counts(raw, tmp_path):
    report = run(raw, tmp_path / "out", weights={"texts": 2.0, "lines": 0.5})
    documents = list(read_shards(tmp_path / "out"))
    texts, lines = report.sources["texts"], report.sources["lines"]
    assert texts.written == 2 * texts.kept
    assert 0 < lines.dropped["not_sampled"] < 25
    assert len(documents) == len({document.id for document in documents}) == report.total().written


def test_a_text_longer_than_a_document_may_be_is_built_from_in_parts(tmp_path, monkeypatch):
    text = tmp_path / "long.txt"
    text.write_text("\n".join(prose("en", seed) for seed in range(4)), encoding="utf-8")
    size = len(text.read_bytes()) // 3
    monkeypatch.setattr(read, "IN_PARTS", ReadOptions(part_bytes=size, max_bytes=2 * size))
    report = run([text], tmp_path / "out", weights={"long": 2.0})
    parts = dict.fromkeys(document.text for document in read_shards(tmp_path / "out"))
    found = report.sources["long"]
    assert found.written == 2 * found.kept > 4
    assert "\n".join(parts).split() == text.read_text("utf-8").split()


def test_evaluation_texts_are_not_in_the_corpus(raw, tmp_path):
    (tmp_path / "test.txt").write_text(prose("zh", 7), encoding="utf-8")
    report = run(raw, tmp_path / "out", evaluation=[tmp_path / "test.txt"])
    ids = {document.id for document in read_shards(tmp_path / "out")}
    assert "texts/deep/007.txt" not in ids
    assert report.sources["texts"].dropped["contaminated"] == 1
    assert (report.evaluation_texts, report.evaluation_texts_too_short) == (1, 0)


def test_an_evaluation_file_that_cannot_be_read_is_said(raw, tmp_path):
    with pytest.raises(InputError, match="evaluation texts: there is no file"):
        run(raw, tmp_path / "out", evaluation=[tmp_path / "none.txt"])


def test_a_function_that_fails_is_counted_and_named(raw, tmp_path, monkeypatch):
    usual = Cleaner.__call__

    def fail_once(self, record):
        if record.id == "row 9":
            raise ValueError("this one")
        return usual(self, record)

    monkeypatch.setattr(Cleaner, "__call__", fail_once)
    ledger = Ledger()
    job = Job(paths=raw, out=tmp_path / "out", config=SMALL)
    report = build(job, LocalEngine(), ledger=ledger)
    assert report.sources["lines"].dropped["failed"] == 2
    assert "cannot clean row 9: ValueError: this one" in [f.reason for f in report.failures]
    assert (ledger.num_failed, ledger.is_balanced) == (1, True)


class Stopped(Exception):
    pass


def stop_after(count):
    def on_document(_):
        nonlocal count
        count -= 1
        if not count:
            raise Stopped

    return on_document


@pytest.mark.parametrize("count", [1, 20, 40, 64])
def test_a_build_that_was_cut_off_goes_on_to_the_same_bytes(raw, tmp_path, count):
    run(raw, tmp_path / "whole")
    job = Job(paths=raw, out=tmp_path / "out", config=SMALL, keep_rejects=True)
    with pytest.raises(Stopped):
        build(job, LocalEngine(), on_document=stop_after(count))
    num_shards = len(list(job.out.glob("corpus-*")))
    ledger = Ledger()
    build(job, LocalEngine(), ledger=ledger)
    assert files(job.out) == files(tmp_path / "whole")
    assert (ledger.num_skipped > 0) == (num_shards > 0)
    assert ledger.num_in == 65


def test_a_second_run_with_the_same_settings_does_nothing(raw, tmp_path):
    report = run(raw, tmp_path / "out")
    before = files(tmp_path / "out")
    assert run(raw, tmp_path / "out").to_dict() == report.to_dict()
    assert files(tmp_path / "out") == before


def test_other_settings_are_refused_with_a_hint(raw, tmp_path):
    run(raw, tmp_path / "out")
    with pytest.raises(UsageError, match="other settings: keep_rejects"):
        run(raw, tmp_path / "out", keep_rejects=False)


def test_signatures_of_another_algorithm_are_not_gone_on_with(raw, tmp_path, monkeypatch):
    run(raw, tmp_path / "out")
    monkeypatch.setattr("lexloom.corpus.pipeline.ALGORITHM", 10**6)
    with pytest.raises(UsageError, match="other settings: minhash_algorithm"):
        run(raw, tmp_path / "out")


@pytest.mark.parametrize("change", ["alter", "remove"])
def test_an_input_that_has_changed_is_not_gone_on_with(raw, tmp_path, change):
    job = Job(paths=raw, out=tmp_path / "out", config=SMALL)
    with pytest.raises(Stopped):
        build(job, LocalEngine(), on_document=stop_after(40))
    path = tmp_path / "texts" / "000.txt"
    if change == "alter":
        path.write_text("another text", encoding="utf-8")
    else:
        (tmp_path / "lines.jsonl").write_text("")
        for path in (tmp_path / "texts").rglob("*.txt"):
            path.unlink()
    with pytest.raises(ArtifactError, match="not those that the corpus"):
        build(job, LocalEngine())


def test_a_weight_of_no_source_is_refused_before_anything_is_written(raw, tmp_path):
    with pytest.raises(ConfigError, match="no source 'books'"):
        run(raw, tmp_path / "out", weights={"books": 2.0})
    assert not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_is_refused(raw, tmp_path):
    with pytest.raises(UsageError, match="there is no file or folder nowhere"):
        run([*raw, Path("nowhere")], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_corpus_is_not_written_into_what_it_is_built_from(raw, tmp_path):
    with pytest.raises(UsageError, match="would be written into texts"):
        run(raw, tmp_path / "texts" / "out")
    assert not (tmp_path / "texts" / "out").exists()


def test_nothing_kept_is_a_whole_corpus_too(tmp_path):
    (tmp_path / "a.txt").write_text("short")
    report = build(Job(paths=[tmp_path / "a.txt"], out=tmp_path / "out"), LocalEngine())
    assert report.total().dropped == {"too_short": 1}
    assert list(read_shards(tmp_path / "out")) == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_killed_at_any_moment_goes_on_to_the_same_bytes(tmp_path, workers):
    write_raw(tmp_path, num_documents=150)
    command = [sys.executable, "-m", "lexloom", "corpus", "build", "texts", "lines.jsonl"]
    command += ["--set", "shards.shard_bytes=8000", "--set", "shards.compress=false"]
    command += ["--keep-rejects", "--workers", str(workers)]
    options = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    assert subprocess.run([*command, "--out", "whole"], check=False, **options).returncode == 3
    out = tmp_path / "out"
    num_killed = 0
    for num_parts in (1, 4, 9):
        process = subprocess.Popen([*command, "--out", "out"], **options)
        while len(list(out.glob("corpus-*"))) < num_parts and process.poll() is None:
            time.sleep(0.002)
        num_killed += process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert num_killed
    assert subprocess.run([*command, "--out", "out"], check=False, **options).returncode == 3
    assert files(out) == files(tmp_path / "whole")
