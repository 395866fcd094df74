import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.artifacts import one_writer
from lexloom.errors import ArtifactError, ConfigError, InputError, UsageError
from lexloom.records import Document, Failure
from lexloom.tokens import build as building
from lexloom.tokens.build import BuildConfig, build, sentences_with_space
from lexloom.tokens.indexed import TokenFile
from lexloom.tokens.tokenizer import Tokenizer


def documents(texts):
    return [Document(str(number), text) for number, text in enumerate(texts)]


def files(prefix):
    return [prefix.with_suffix(ending).read_bytes() for ending in (".bin", ".idx", ".json")]


@settings(deadline=None)
@given(st.text(st.sampled_from('aB.。！? \n\t\u3000中"'), min_size=1, max_size=40))
def test_sentences_with_their_space_are_the_text(text):
    assert "".join(sentences_with_space(text)) == text
    assert all(sentences_with_space(text))


def test_each_document_decodes_to_its_text(saved, tmp_path, texts):
    build(documents(texts), saved, tmp_path / "t")
    tokenizer = Tokenizer.load(saved)
    file = TokenFile.open(tmp_path / "t", tokenizer=tokenizer, verify=True)
    assert [tokenizer.decode(file.document(n)) for n in range(len(texts))] == texts
    first = list(sentences_with_space(texts[0]))
    assert [tokenizer.decode(file[n]) for n in range(len(first))] == first
    assert file.record.num_characters == sum(map(len, texts))


def test_a_full_disk_is_said_and_a_later_build_ends_the_same(saved, tmp_path, texts):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        with pytest.raises(ArtifactError, match=r"cannot write .*: File too large") as caught:
            build(documents(texts * 200), saved, tmp_path / "t")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.hint == "check the folder's permissions and the free space"
    build(documents(texts * 200), saved, tmp_path / "t")
    build(documents(texts * 200), saved, tmp_path / "other")
    assert files(tmp_path / "t") == files(tmp_path / "other")


def test_the_output_is_the_same_for_any_shards(saved, tmp_path, texts):
    for size in (1, 200, 10**6):
        config = BuildConfig(shard_characters=size)
        build(documents(texts), saved, tmp_path / f"s{size}", config)
    assert files(tmp_path / "s1") == files(tmp_path / "s200") == files(tmp_path / "s1000000")


@pytest.mark.slow
def test_the_output_is_the_same_for_any_number_of_workers(saved, tmp_path, texts):
    for workers in (1, 3):
        config = BuildConfig(num_workers=workers, shard_characters=300)
        build(documents(texts * 3), saved, tmp_path / f"w{workers}", config)
    assert files(tmp_path / "w1") == files(tmp_path / "w3")


def test_a_build_that_was_cut_off_takes_over_its_shards(saved, tmp_path, texts, monkeypatch):
    config = BuildConfig(shard_characters=1)
    build(documents(texts), saved, tmp_path / "whole", config)

    def cut_off():
        yield from documents(texts)[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(cut_off(), saved, tmp_path / "t", config)
    assert not (tmp_path / "t.bin").exists()
    report = build(documents(texts), saved, tmp_path / "t", config)
    assert (report.num_shards, report.num_shards_kept) == (len(texts), 2)
    assert files(tmp_path / "t") == files(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_a_shard_that_is_damaged_is_written_anew(saved, tmp_path, texts, monkeypatch):
    config = BuildConfig(shard_characters=1)
    build(documents(texts), saved, tmp_path / "whole", config)
    monkeypatch.setattr(building, "_merge", lambda *_: pytest.skip.Exception)
    monkeypatch.setattr(building.shutil, "rmtree", lambda *_, **__: None)
    build(documents(texts), saved, tmp_path / "t", config)
    monkeypatch.undo()
    shards = sorted((tmp_path / ".t.shards").glob("[0-9a-f]*"))
    (shards[0] / "ids").write_bytes(b"")
    report = build(documents(texts), saved, tmp_path / "t", config)
    assert report.num_shards_kept == report.num_shards - 1
    assert files(tmp_path / "t") == files(tmp_path / "whole")


def test_other_texts_or_another_tokenizer_take_no_shard_over(saved, tmp_path, texts, tokenizers):
    job = building._Job(saved, "hash", 8, None)
    names = {
        job.name(["a", "b"]),
        job.name(["ab"]),
        job.name(["a", "b", ""]),
        building._Job(saved, "other", 8, None).name(["a", "b"]),
        building._Job(saved, "hash", 8, 2).name(["a", "b"]),
    }
    assert len(names) == 5


KILLED = """
import sys, time
from pathlib import Path
from lexloom.records import Document
from lexloom.tokens.build import BuildConfig, build

def documents():
    for number in range(1000):
        yield Document(str(number), f"The old house number {number} stood on the hill.")
        if number > 5:
            print(number, flush=True)
            time.sleep(0.05)

build(documents(), Path(sys.argv[1]), Path(sys.argv[2]), BuildConfig(shard_characters=40))
"""


def test_kill_9_loses_no_finished_shard(saved, tmp_path):
    command = [sys.executable, "-c", KILLED, str(saved), str(tmp_path / "t")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    assert not list(tmp_path.glob("t.*"))
    texts = [f"The old house number {number} stood on the hill." for number in range(8)]
    report = build(documents(texts), saved, tmp_path / "t", BuildConfig(shard_characters=40))
    assert report.num_shards_kept >= 5
    assert TokenFile.open(tmp_path / "t", verify=True).num_documents == 8


def test_documents_end_with_the_special_token_when_asked(saved, tmp_path, texts):
    build(documents(texts), saved, tmp_path / "plain")
    build(documents(texts), saved, tmp_path / "t", BuildConfig(append_eos=True))
    eos = Tokenizer.load(saved).token_id("eos_token")
    plain, file = TokenFile.open(tmp_path / "plain"), TokenFile.open(tmp_path / "t")
    assert file.record.has_eos
    assert not plain.record.has_eos
    assert file.num_sequences == plain.num_sequences
    for number in range(len(texts)):
        assert file.document(number).tolist() == [*plain.document(number).tolist(), eos]


def test_an_end_token_that_is_not_there_is_refused(tokenizers, tmp_path, texts):
    tokenizers["wordpiece"].save(tmp_path / "bert")
    with pytest.raises(UsageError, match="no end-of-sequence token"):
        build(documents(texts), tmp_path / "bert", tmp_path / "t", BuildConfig(append_eos=True))


def test_ids_that_need_more_than_two_bytes_get_four(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("lexloom.tokens.indexed.UINT16_LIMIT", 10)
    build(documents(["the house"]), saved, tmp_path / "t")
    assert TokenFile.open(tmp_path / "t").tokens.dtype == np.dtype("<i4")


def test_what_cannot_be_read_is_reported_and_the_rest_written(saved, tmp_path):
    failure = Failure("x", "is an image")
    items = [Document("a", "the house"), failure, Document("b", "the hill")]
    report = build(items, saved, tmp_path / "t")
    assert report.failures == [failure]
    assert report.record.num_documents == 2


def test_nothing_to_tokenize_is_refused_and_leaves_no_file(saved, tmp_path):
    with pytest.raises(InputError, match="no document could be read"):
        build([Failure("x", "is an image")], saved, tmp_path / "t")
    assert not list(tmp_path.glob("*t.*"))


def test_two_builds_of_the_same_files_are_refused(saved, tmp_path, texts):
    with (
        one_writer(tmp_path / ".t.shards"),
        pytest.raises(ArtifactError, match="another process is writing"),
    ):
        build(documents(texts), saved, tmp_path / "t")
    build(documents(texts), saved, tmp_path / "t")
    assert {path.name for path in tmp_path.iterdir()} >= {"t.bin", "t.idx", "t.json"}


def test_a_document_that_gives_no_token_is_still_a_document(tokenizers, tmp_path):
    tokenizers["wordpiece"].save(tmp_path / "bert")
    build(documents(["the", "\x00\x01", "house"]), tmp_path / "bert", tmp_path / "t")
    file = TokenFile.open(tmp_path / "t")
    assert [len(file.document(n)) for n in range(3)] == [1, 0, 1]


def test_a_tokenizer_that_changed_meanwhile_is_refused(saved):
    with pytest.raises(ArtifactError, match="changed while it was used"):
        building._loaded(building._Job(saved, "another hash", 8, None))


@pytest.mark.parametrize("name", ["num_workers", "shard_characters"])
def test_settings_out_of_range_are_refused(name):
    with pytest.raises(ConfigError, match=f"{name} must be"):
        BuildConfig(**{name: 0})


def test_progress_counts_every_character(saved, tmp_path, texts):
    counts = []
    config = BuildConfig(shard_characters=100)
    build(documents(texts), saved, tmp_path / "t", config, on_characters=counts.append)
    assert sum(counts) == sum(map(len, texts))


def test_half_of_a_surrogate_pair_harms_nothing(saved, tmp_path):
    build(documents(["the \ud800 house"]), saved, tmp_path / "t")
    file = TokenFile.open(tmp_path / "t")
    assert Tokenizer.load(saved).decode(file.document(0)) == "the \ufffd house"
