import bz2
import gzip

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lexloom.corpus.formats.table import FORMATS
from lexloom.records import Document, Failure

TEXT = b"Ann lives in Paris.\n" * 30


@pytest.fixture
def files(made):
    return {
        "zip": made.zip({"a.txt": TEXT, "b.jsonl": b'{"text": "one"}\n'}),
        "tar": made.tar({"a.txt": TEXT, "b.html": b"<html><p>text"}),
        "gzip": gzip.compress(TEXT),
        "bzip2": bz2.compress(TEXT),
        "zstandard": zstandard.ZstdCompressor(write_checksum=True).compress(TEXT),
        "docx": made.docx("<w:p><w:r><w:t>text</w:t></w:r></w:p>" * 9),
        "epub": made.epub({"a.xhtml": "<html><p>one</p></html>"}),
        "mediawiki": made.dump([("A", 0, "text", False)] * 3),
        "table": b"id,text\n1,one\n2,two\n",
    }


def test_every_ending_belongs_to_one_format():
    endings = [ending for format in FORMATS.values() for ending in format.suffixes]
    assert len(endings) == len(set(endings))
    assert all(ending == ending.lower() and ending.startswith(".") for ending in endings)


def test_whole_files_give_documents(read, files):
    for name, data in files.items():
        items = read(data, f"a.{'csv' if name == 'table' else 'bin'}")
        assert items, name
        assert all(isinstance(item, Document) for item in items), (name, items)


def test_markup_is_named_in_one_place(read, made, only):
    assert only(read(b"# x", "a.md")).markup == "markdown"
    assert only(read(made.zip({"a.md": b"# x"}), "z")).markup == "markdown"
    assert only(read(made.dump([("A", 0, "x", False)]))).markup == "wikitext"
    assert only(read(b"# x", "a.txt")).markup == ""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(st.data())
def test_damage_anywhere_gives_documents_and_failures_and_no_error(read, files, data):
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    items = read(bytes(content[:cut]), f"a.{'csv' if name == 'table' else 'bin'}")
    assert items
    for item in items:
        assert isinstance(item, Document | Failure)
        if isinstance(item, Failure):
            assert item.reason
            assert "\n" not in item.reason
