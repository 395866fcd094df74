import hashlib

import pytest

from lexloom.nn.kernels.library import FOLDER, SOURCES
from lexloom.nn.kernels.sources import sources_hash


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.cpp").write_bytes(b"int a;")
    (tmp_path / "b.h").write_bytes(b"")
    return tmp_path


def test_the_hash_is_of_names_and_bytes(folder):
    parts = (b"a.cpp", b"int a;", b"b.h", b"")
    digest = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
    assert sources_hash(folder) == digest.hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.cpp").write_bytes(b"int b;"),
        lambda folder: (folder / "b.h").unlink(),
        lambda folder: (folder / "b.h").rename(folder / "c.h"),
        lambda folder: (folder / "c.cpp").write_bytes(b""),
    ],
    ids=["changed", "removed", "renamed", "added"],
)
def test_any_change_of_the_sources_changes_the_hash(folder, change):
    before = sources_hash(folder)
    change(folder)
    assert sources_hash(folder) != before


def test_what_is_no_source_does_not_count(folder):
    before = sources_hash(folder)
    (folder / "notes.txt").write_text("not compiled")
    assert sources_hash(folder) == before


def test_no_folder_and_no_sources_have_no_hash(tmp_path):
    assert sources_hash(tmp_path) is None
    assert sources_hash(tmp_path / "nowhere") is None


def test_every_source_of_the_kernels_is_compiled():
    setup = (FOLDER.parents[3] / "setup.py").read_text("utf-8")
    for path in sorted((FOLDER / SOURCES).glob("*.cpp")):
        assert f"{{CPP}}/{path.name}" in setup
