import gzip
import io
import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from formats import make_pdf, make_tar, make_zip
from lexloom.corpus.formats import source
from lexloom.corpus.formats.source import ReadOptions
from lexloom.corpus.read import read_documents
from lexloom.records import Document, Failure


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Run in an empty folder, so that paths can be given short."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, content):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(*paths, **options):
    return list(read_documents([Path(path) for path in paths], ReadOptions(**options)))


def only_failure(*paths, **options):
    (item,) = read(*paths, **options)
    assert isinstance(item, Failure)
    return item


def test_a_file_is_a_document_named_by_its_path_as_given(inside):
    write("a.txt", "一行\r\n两行\n")
    assert read("a.txt") == [Document("a.txt", "一行\r\n两行\n", "a.txt")]
    assert read(inside / "a.txt")[0].id == str(inside / "a.txt")


def test_any_name_is_read_as_text_in_its_encoding():
    write("notes.md", "笔记：北京是首都。".encode("gb18030"))
    write("LOG", "plain")
    notes, log = read("notes.md", "LOG")
    assert (notes.text, notes.markup) == ("笔记：北京是首都。", "markdown")
    assert (log.text, log.markup) == ("plain", "")


def test_files_that_the_caller_writes_are_passed_over_in_folders_by_any_name(inside):
    for name in ["d/a.txt", "d/page.html", "d/e/kg.sqlite"]:
        write(name, name)
    Path("d/link.html").symlink_to("page.html")
    Path("d/loop").symlink_to("loop")
    left_out = [inside / "d" / "page.html", Path("d/../d/e/kg.sqlite"), Path("d/none")]
    items = read_documents([Path("d")], leave_out=left_out)
    assert [item.id for item in items] == ["d/a.txt", "d/loop"]
    # what is named is read
    assert [item.id for item in read_documents([Path("d/page.html")], leave_out=left_out)] == [
        "d/page.html"
    ]


def test_a_folder_gives_its_files_sorted_without_hidden_ones():
    for name in ["d/b.txt", "d/a.txt", "d/z/c.txt", "d/.hidden", "d/.git/x", "d/e/a.txt"]:
        write(name, name)
    assert [d.id for d in read("d")] == ["d/a.txt", "d/b.txt", "d/e/a.txt", "d/z/c.txt"]


def test_a_hidden_file_is_read_when_it_is_named():
    assert read(write(".note", "here"))[0].text == "here"


def test_a_folder_without_files_is_a_failure():
    Path("d/sub").mkdir(parents=True)
    write("d/.hidden", "x")
    assert only_failure("d").reason == "the folder d holds no files"


def test_links_to_folders_and_to_nothing_are_not_followed_but_named():
    write("d/a.txt", "text")
    Path("d/loop").symlink_to("..")
    Path("d/gone").symlink_to("nowhere")
    items = {item.id: item for item in read("d")}
    assert set(items) == {"d/a.txt", "d/loop", "d/gone"}
    for name in ("d/loop", "d/gone"):
        assert items[name].reason == f"{name} is no file, or a link to none"


def test_the_standard_input_is_a_document(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO("输入".encode())))
    assert read("-") == [Document("-", "输入", "-")]


def test_an_empty_standard_input_is_named_in_words(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    assert only_failure("-").reason == "the standard input holds no text"


def test_a_missing_file_is_a_failure_with_its_path():
    assert only_failure("no.txt") == Failure("no.txt", "there is no file no.txt", "check the path")
    assert only_failure("no.jsonl").reason == "there is no file no.jsonl"


@pytest.mark.parametrize("content", ["", " \r\n\t\u3000\n", b"\xef\xbb\xbf"])
def test_a_file_without_text_is_a_failure(content):
    assert only_failure(write("a.txt", content)).reason == "a.txt holds no text"


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_may_not_be_read_is_a_failure(monkeypatch, name):
    def refuse(self, mode="r"):
        raise PermissionError(13, "Permission denied", str(self))

    write(name, "secret")
    monkeypatch.setattr(Path, "open", refuse)
    assert only_failure(name).reason == f"cannot read {name}: Permission denied"


def test_a_folder_that_may_not_be_listed_is_a_failure(monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    Path("d").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    assert only_failure("d").reason == "cannot read d: Permission denied"


def test_a_path_that_is_too_long_is_a_failure():
    assert "File name too long" in only_failure("x" * 300).reason


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xfd7zXZ\x00\0\0", "an xz archive"),
        (b"{\\rtf1 text}", "an RTF document"),
        (b"\x89PNG\r\n\x1a\n\0", "an image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "an image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "an image"),
    ],
)
def test_other_formats_are_refused_by_their_first_bytes(content, kind):
    failure = only_failure(write("a.txt", content))
    assert failure == Failure("a.txt", f"a.txt is {kind}, not text", "save it as plain text first")


def test_a_text_with_a_misleading_name_is_read():
    assert read(write("a.pdf", "only text"))[0].text == "only text"


def test_binary_and_unknown_encodings_say_so():
    assert "is binary, not text" in only_failure(write("a.bin", bytes(range(99)))).reason
    failure = only_failure(write("b.txt", "caf\xe9 \xe0 la carte".encode("latin-1")))
    assert "not clearly text" in failure.reason
    assert "convert it to UTF-8" in failure.hint


def test_a_file_over_the_limit_is_a_failure_and_one_at_it_is_not():
    write("a.txt", "12345")
    assert read("a.txt", max_bytes=5)[0].text == "12345"
    assert only_failure("a.txt", max_bytes=4).reason == "a.txt is longer than the limit of 4 bytes"


def test_one_bad_file_stops_no_other():
    for name, content in {"a": "first", "b": b"\0\1", "c": "", "d": "last"}.items():
        write(f"f/{name}.txt", content)
    items = read("missing", "f")
    assert [type(item) for item in items] == [Failure, Document, Failure, Failure, Document]


def test_documents_come_one_at_a_time():
    write("a.txt", "first")
    stream = read_documents([Path("a.txt"), Path("b.txt")])
    assert next(stream).text == "first"
    write("b.txt", "written after the first was read")
    assert next(stream).text.startswith("written")


def test_a_file_given_twice_is_read_once():
    write("d/a.txt", "text")
    first, again = read("d/a.txt", "d")
    assert isinstance(first, Document)
    assert again.reason == "a document with the id 'd/a.txt' was read before"


def test_each_json_line_is_a_document():
    lines = [{"id": "x", "text": "第一"}, {"text": "second"}, {"id": 7, "text": "a\nb", "more": 1}]
    write("a.jsonl", "\ufeff" + "\n\n".join(json.dumps(line) for line in lines))
    assert read("a.jsonl") == [
        Document("x", "第一", "a.jsonl:1"),
        Document("a.jsonl:3", "second", "a.jsonl:3"),
        Document("7", "a\nb", "a.jsonl:5"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{no json}", "a.jsonl:2 is not JSON (Expecting property name"),
        (b"[" * 100_000, "a.jsonl:2 is not JSON ("),
        (b'{"text": "\xff"}', "a.jsonl:2 is not UTF-8"),
        (b'["text"]', 'a.jsonl:2 is not an object with a "text"'),
        (b'{"id": "x"}', 'a.jsonl:2 is not an object with a "text"'),
        (b'{"text": 1}', 'a.jsonl:2 is not an object with a "text"'),
        (b'{"text": "a", "id": []}', 'a.jsonl:2: the "id" must be a string or a whole number'),
        (b'{"text": "a", "id": true}', 'a.jsonl:2: the "id" must be a string or a whole number'),
        (b'{"text": " "}', "a.jsonl:2 holds no text"),
        (b'{"text": "' + b"x" * 200_000 + b'"}', "a.jsonl:2 is longer than the limit of"),
    ],
)
def test_a_bad_line_is_a_failure_that_names_it(line, reason):
    write("a.jsonl", b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    before, bad, after = read("a.jsonl", max_bytes=150_000)
    assert (before.text, after.text) == ("before", "after")
    assert isinstance(bad, Failure)
    assert bad.id == "a.jsonl:2"
    assert bad.reason.startswith(reason)


def test_json_lines_without_a_line_are_a_failure():
    assert only_failure(write("a.jsonl", "\n \n")).reason == "a.jsonl holds no text"


def test_an_id_that_comes_again_is_a_failure_that_names_the_line():
    write("a.jsonl", '{"id": "x", "text": "one"}\n{"id": "x", "text": "two"}\n')
    first, again = read("a.jsonl")
    assert first.text == "one"
    assert again.reason == "a document with the id 'x' was read before (a.jsonl:2)"


def test_a_name_that_is_no_utf_8_becomes_an_id_that_is():
    path = Path(os.fsdecode(b"caf\xe9.txt"))
    path.write_text("text", encoding="utf-8")
    assert read(path)[0].id == "caf\\xe9.txt"


def test_archives_and_pdfs_in_a_folder_are_read_in_their_place():
    write("d/a.txt", "first")
    write("d/b.zip", make_zip({"x.txt": "in", "y/z.md": "deep"}))
    write("d/c.pdf", make_pdf([["Third."]]))
    write("d/d.txt.gz", gzip.compress(b"last"))
    items = read("d")
    assert [(item.id, item.text) for item in items] == [
        ("d/a.txt", "first"),
        ("d/b.zip/x.txt", "in"),
        ("d/b.zip/y/z.md", "deep"),
        ("d/c.pdf", "Third."),
        ("d/d.txt.gz", "last"),
    ]
    assert [item.source for item in items] == [item.id for item in items]


def test_an_archive_on_the_standard_input_is_read(monkeypatch):
    data = make_tar({"a.txt": b"text"})
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert read("-") == [Document("-/a.txt", "text", "-/a.txt")]


def test_a_bomb_ends_its_file_and_no_other(monkeypatch):
    monkeypatch.setattr(source, "FREE_BYTES", 1 << 16)
    write("a.zip", make_zip({"a.txt": "text", "b.txt": "x" * (1 << 20), "c.txt": "never"}))
    write("b.txt", "last")
    first, bomb, last = read("a.zip", "b.txt")
    assert (first.text, last.text) == ("text", "last")
    assert (bomb.id, bomb.hint) == (
        "a.zip",
        "it may be an archive bomb; unpack it yourself if you trust it",
    )


def test_a_name_that_comes_again_in_an_archive_is_a_failure():
    write("a.tar", make_tar({"a.txt": b"one"})[:1024] + make_tar({"a.txt": b"two"}))
    first, again = read("a.tar")
    assert first.text == "one"
    assert again.reason == "a document with the id 'a.tar/a.txt' was read before"


def test_a_pipe_is_read_without_going_back(inside):
    os.mkfifo("pipe")
    data = make_zip({"a.txt": "text"})
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(data))
    writer.start()
    assert read("pipe")[0].text == "text"
    writer.join()
