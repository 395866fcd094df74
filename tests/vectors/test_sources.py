import io
import os
from pathlib import Path

import pytest

from lexloom.corpus import read
from lexloom.corpus.formats.source import ReadOptions
from lexloom.errors import InputError, UsageError
from lexloom.vectors.corpus import CorpusConfig
from lexloom.vectors.sources import corpus_of_files, fingerprint
from lexloom.vectors.vocabulary import VocabularyConfig

ANY = CorpusConfig(vocabulary=VocabularyConfig(min_count=1))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "texts" / "deep").mkdir(parents=True)
    (tmp_path / "texts" / "b.txt").write_text("two words")
    (tmp_path / "texts" / "deep" / "c.md").write_text("我们 gb", encoding="gb18030")
    return tmp_path / "texts"


def test_files_are_read_in_order_and_only_once(folder, tmp_path):
    counts = []
    first = corpus_of_files([folder], tmp_path / "c", ANY, on_characters=counts.append)
    assert [*first.sentences()] == [["two", "words"], ["我", "们", "gb"]]
    assert sum(counts) == len("two words我们 gb")
    again = corpus_of_files([folder], tmp_path / "c", ANY, on_characters=counts.append)
    assert again.hash == first.hash
    assert sum(counts) == len("two words我们 gb")


@pytest.mark.parametrize("change", ["write", "time", "new", "setting"])
def test_files_that_change_are_said(folder, tmp_path, change):
    corpus_of_files([folder], tmp_path / "c", ANY)
    file, config = folder / "b.txt", ANY
    if change == "write":
        file.write_text("other words")
    elif change == "time":
        os.utime(file, (1, 1))
    elif change == "new":
        (folder / "new.txt").write_text("more")
    else:
        config = CorpusConfig()
    with pytest.raises(UsageError, match="or the files changed since"):
        corpus_of_files([folder], tmp_path / "c", config)


def test_a_text_of_any_length_is_read_in_parts(folder, tmp_path, monkeypatch):
    whole = corpus_of_files([folder], tmp_path / "whole", ANY)
    monkeypatch.setattr(read, "IN_PARTS", ReadOptions(part_bytes=4, max_bytes=9))
    (folder / "b.txt").write_text("two\nwords\ntwo words\n")
    parts = corpus_of_files([folder], tmp_path / "parts", ANY)
    assert len([*whole.sentences()]) == 2
    assert [*parts.sentences()][:2] == [["two"], ["words"]]
    assert read.IN_PARTS.part_bytes < len("two\nwords\ntwo words\n") > read.IN_PARTS.max_bytes


def test_failures_are_told_and_the_rest_is_read(folder, tmp_path):
    (folder / "a.txt").write_bytes(b"\0\0\1")
    failures = []
    corpus_of_files([folder], tmp_path / "c", ANY, on_failure=failures.append)
    assert [failure.id for failure in failures] == [str(folder / "a.txt")]


def test_no_readable_file_is_said(tmp_path):
    failures = []
    with pytest.raises(InputError, match="no file could be read"):
        corpus_of_files([tmp_path / "none"], tmp_path / "c", ANY, on_failure=failures.append)
    assert len(failures) == 1


def test_a_fingerprint_hangs_on_the_files_alone(folder):
    assert fingerprint([folder]) == fingerprint([folder])
    assert fingerprint([folder]) != fingerprint([folder / "b.txt"])


def test_another_standard_input_is_said(folder, tmp_path, monkeypatch):
    def read(text):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return corpus_of_files([folder, Path("-")], tmp_path / "c", ANY)

    first = read("more of it")
    assert ["more", "of", "it"] in [*first.sentences()]
    assert read("more of it").hash == first.hash
    for other in ("more of", "more of it it", "else"):
        with pytest.raises(UsageError, match="or the files changed since"):
            read(other)
