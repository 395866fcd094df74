import io

import pytest

from lexloom.corpus.formats.detect import REFUSED, detect
from lexloom.corpus.formats.source import Source
from lexloom.corpus.formats.table import FORMATS
from lexloom.errors import InputError


def found(data, filename="a"):
    return detect(Source("a", io.BytesIO(data), filename=filename), FORMATS)


@pytest.mark.parametrize(
    ("filename", "format"),
    [
        ("a.txt", "text"),
        ("a.MD", "markdown"),
        ("a.markdown", "markdown"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.csv", "table"),
        ("a.tsv", "table"),
        ("a.html", "html"),
        ("a.xhtml", "html"),
        ("a.tar", "tar"),
        ("a.pdf", "text"),
        ("a.docx", "text"),
        ("LICENSE", "text"),
        ("html", "text"),
        ("a.log.1", "text"),
    ],
)
def test_plain_words_are_told_by_the_ending(filename, format):
    assert found(b"only words", filename) == format


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"PK\x03\x04\x14\0", "zip"),
        (b"PK\x05\x06" + bytes(18), "zip"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"BZh91AY&SY", "bzip2"),
        (b"BZh9\x17rE8P\x90", "bzip2"),
        (b"\x28\xb5\x2f\xfd\0", "zstandard"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\0", "tar"),
        (b"<mediawiki xmlns='x'>", "mediawiki"),
        (b"<?xml version='1.0'?>\n<mediawiki>", "mediawiki"),
        (b"<!doctype html><p>", "html"),
    ],
)
def test_the_first_bytes_say_more_than_the_ending(data, format):
    for filename in ("a.txt", "a.csv", "a"):
        assert found(data, filename) == format


@pytest.mark.parametrize("data", [b"BZhang lives here", b"PK is short", b"\x1f\x8b", b"%PD"])
def test_words_that_begin_alike_are_text(data):
    assert found(data) == "text"


@pytest.mark.parametrize("magic", [*REFUSED, b"RIFF\0\0\0\0WEBPVP8 "])
def test_other_kinds_are_refused_by_name(magic):
    with pytest.raises(InputError, match=r"^a is (an?|an old) .*, not text \(save it as plain"):
        found(magic + b"more", "a.txt")
