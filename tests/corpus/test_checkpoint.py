import hashlib
import json

import numpy as np
import pytest

from lexloom.artifacts import verify_directory, write_json
from lexloom.corpus.checkpoint import Checkpoint, Progress, chained
from lexloom.corpus.dedupe import Fingerprint
from lexloom.corpus.minhash import MinHashConfig, sketch
from lexloom.corpus.shards import STATE
from lexloom.errors import ArtifactError, UsageError

SETTINGS = {"paths": ["a"], "config": {"seed": 0}}
CONFIG = MinHashConfig()


def fingerprint(number):
    hashes = np.arange(50, dtype=np.uint64) * np.uint64(number + 1)
    return Fingerprint(number, sketch(hashes, CONFIG) if number % 2 else None)


def saved(out, num_parts=2):
    checkpoint = Checkpoint(out, SETTINGS)
    progress = Progress()
    for number in range(num_parts):
        (out / f"corpus-{number:05d}.jsonl").write_text(str(number))
        progress.files[f"corpus-{number:05d}.jsonl"] = hashlib.sha256(
            str(number).encode()
        ).hexdigest()
        progress.num_parts += 1
        progress.num_records += 10
        progress.chain = chained(progress.chain, b"x")
        added = [(f"名{number}{n}", fingerprint(2 * number + n)) for n in range(2)]
        checkpoint.save(progress, added)
    return checkpoint, progress


def test_what_was_saved_is_loaded(tmp_path):
    _, progress = saved(tmp_path / "out")
    loaded, memory = Checkpoint(tmp_path / "out", SETTINGS).load(CONFIG)
    assert loaded == progress
    assert len(memory) == 4
    for number, name in enumerate(["名00", "名01", "名10", "名11"]):
        assert memory.find(fingerprint(number)).of == name


def test_what_a_killed_run_left_half_done_goes(tmp_path):
    saved(tmp_path)
    (tmp_path / "corpus-00002.jsonl").write_text("half a shard")
    (tmp_path / ".corpus-00002.jsonl.zst.abc").write_text("a temporary file")
    (tmp_path / "notes.txt").write_text("a file of the user's")
    Checkpoint(tmp_path, SETTINGS).load(CONFIG)
    assert {path.name for path in tmp_path.iterdir()} == {
        STATE,
        "corpus-00000.jsonl",
        "corpus-00001.jsonl",
        "notes.txt",
    }


def test_other_settings_are_refused_and_named(tmp_path):
    saved(tmp_path)
    with pytest.raises(UsageError, match="other settings: config") as caught:
        Checkpoint(tmp_path, SETTINGS | {"config": {"seed": 1}})
    assert "another --out" in caught.value.hint


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(UsageError, match="is not empty, and no corpus was begun"):
        Checkpoint(tmp_path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("change", ["alter", "remove"])
def test_a_finished_part_that_was_altered_is_said(tmp_path, change):
    saved(tmp_path)
    if change == "alter":
        (tmp_path / "corpus-00000.jsonl").write_text("other")
    else:
        (tmp_path / "corpus-00000.jsonl").unlink()
    with pytest.raises(ArtifactError, match="is missing or altered"):
        Checkpoint(tmp_path, SETTINGS).load(CONFIG)


@pytest.mark.parametrize("name", ["part-00000.json", "part-00000.npz", "settings.json"])
def test_damaged_records_are_said(tmp_path, name):
    saved(tmp_path)
    (tmp_path / STATE / name).write_bytes(b"{")
    with pytest.raises(ArtifactError, match="damaged"):
        Checkpoint(tmp_path, SETTINGS).load(CONFIG)


def test_records_written_before_the_part_counted_are_not_seen(tmp_path):
    saved(tmp_path)
    (tmp_path / STATE / "part-00001.json").unlink()
    progress, memory = Checkpoint(tmp_path, SETTINGS).load(CONFIG)
    assert (progress.num_parts, progress.num_records, len(memory)) == (1, 10, 2)
    assert not (tmp_path / "corpus-00001.jsonl").exists()


def test_a_whole_corpus_is_sealed_and_known_again(tmp_path):
    checkpoint, progress = saved(tmp_path)
    write_json(tmp_path / "report.json", {})
    checkpoint.complete(progress)
    verify_directory(tmp_path)
    assert not (tmp_path / STATE).exists()
    assert Checkpoint(tmp_path, SETTINGS).is_complete
    assert set(json.loads((tmp_path / "manifest.json").read_text())["files"]) == {
        "corpus-00000.jsonl",
        "corpus-00001.jsonl",
        "report.json",
    }
    with pytest.raises(UsageError, match="other settings: paths"):
        Checkpoint(tmp_path, SETTINGS | {"paths": ["b"]})


def test_a_whole_corpus_that_was_altered_since_is_not_called_built(tmp_path):
    checkpoint, progress = saved(tmp_path)
    checkpoint.complete(progress)
    (tmp_path / "corpus-00001.jsonl").unlink()
    with pytest.raises(ArtifactError, match=r"corpus-00001.jsonl is missing or altered") as caught:
        Checkpoint(tmp_path, SETTINGS)
    assert caught.value.hint == "remove the folder and build the corpus again"


def test_a_manifest_without_sums_is_damaged(tmp_path):
    write_json(tmp_path / "manifest.json", {"settings": SETTINGS, "files": 3})
    with pytest.raises(ArtifactError, match=r"manifest.json is damaged"):
        Checkpoint(tmp_path, SETTINGS)
