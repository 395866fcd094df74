import gzip
import io
import stat
import tarfile
import zipfile

import pytest

from lexloom.corpus.formats import archives
from lexloom.records import Document, Failure


@pytest.fixture(params=["zip", "tar"])
def pack(request, made):
    return getattr(made, request.param)


def test_each_member_is_read_as_what_it_is(pack, read, made):
    data = pack(
        {
            "a.txt": "李明在北京工作，他去了上海。".encode("gb18030"),
            "b/c.md": b"# Title",
            "b/d.jsonl": b'{"text": "one"}\n{"id": "x", "text": "two"}\n',
            "e.csv": b"text,n\nthree,1\n",
            "f.docx": made.docx("<w:p><w:r><w:t>four</w:t></w:r></w:p>"),
        }
    )
    assert [(item.id, item.text) for item in read(data, "z")] == [
        ("z/a.txt", "李明在北京工作，他去了上海。"),
        ("z/b/c.md", "# Title"),
        ("z/b/d.jsonl:1", "one"),
        ("x", "two"),
        ("z/e.csv:2", "three"),
        ("z/f.docx", "four"),
    ]


def test_one_bad_member_stops_no_other(pack, read):
    members = {"a.txt": b"first", "b.png": b"\x89PNG\r\n\x1a\n", "c.txt": b"", "d.txt": b"last"}
    first, image, empty, last = read(pack(members), "z")
    assert (first.text, last.text) == ("first", "last")
    assert image == Failure(
        "z/b.png", "z/b.png is an image, not text", "save it as plain text first"
    )
    assert empty.reason == "z/c.txt holds no text"


def test_hidden_members_are_passed_over(pack, read, only):
    members = {".hidden": b"x", ".git/y": b"y", "__MACOSX/._a.txt": b"\0", "./a.txt": b"text"}
    assert only(read(pack(members), "z")).id == "z/a.txt"


def test_an_archive_without_files_is_named(pack, read, only):
    assert only(read(pack({".hidden": b"x"}), "z")).reason == "z holds no files"


@pytest.mark.parametrize(
    "name", ["../up.txt", "a/../../up.txt", "/etc/passwd", "C:\\x.txt", "..\\up.txt", "a/.."]
)
def test_a_name_that_leads_out_of_the_archive_is_refused(pack, read, name):
    refused, kept = read(pack({name: b"secret", "b.txt": b"text"}), "z")
    assert refused.reason == f"z/{name} names a place outside of its archive"
    assert kept.text == "text"


@pytest.mark.parametrize("name", ["a..b.txt", "...txt", "a/b..", "x/..y"])
def test_dots_in_a_name_are_no_way_out(read, only, made, name):
    item = only(read(made.zip({name: b"text"}), "z"))
    assert not isinstance(item, Failure) or item.reason == "z holds no files"


def test_a_name_fits_on_one_line(pack, read, only):
    assert only(read(pack({"a\nb\x1b[31m.txt": b"text"}), "z")).id == "z/a\ufffdb\ufffd[31m.txt"


def test_nothing_is_written_by_name(pack, read_file, tmp_path):
    read_file(pack({"../up.txt": b"x", "in.txt": b"y", "/abs-by-name.txt": b"z"}), "z")
    assert list(tmp_path.iterdir()) == [tmp_path / "z"]
    assert not (tmp_path.parent / "up.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_a_tar_are_refused(read, made, kind):
    link = tarfile.TarInfo("link.txt")
    link.type, link.linkname = kind, "/etc/passwd"
    refused, kept = read(made.tar({"link.txt": link, "a.txt": b"text"}), "z")
    assert refused.reason == "z/link.txt is a link, which is not followed"
    assert kept.text == "text"


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_devices_in_a_tar_are_refused(read, made, only, kind):
    device = tarfile.TarInfo("device")
    device.type = kind
    assert only(read(made.tar({"device": device}), "z")).reason == "z/device is no plain file"


def test_links_in_a_zip_are_refused(read, only):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    failure = only(read(stream.getvalue(), "z"))
    assert failure.reason == "z/link.txt is a link, which is not followed"


def test_archives_in_archives_are_read(read, only, made):
    inner = made.zip({"a.txt": b"deep"})
    data = gzip.compress(made.tar({"b/inner.zip": inner}))
    assert only(read(data, "outer.tar.gz")) == Document(
        "outer.tar.gz/b/inner.zip/a.txt", "deep", "outer.tar.gz/b/inner.zip/a.txt"
    )


def test_too_many_archives_in_each_other_are_named(read, only, made):
    data = b"deep"
    for _ in range(9):
        data = made.zip({"z": data})
    failure = only(read(data, "z"))
    assert failure.reason == "z/z/z/z/z/z/z lies inside more than 5 archives"
    assert failure.id == "z/z/z/z/z/z/z"


def test_a_zip_bomb_is_given_up(read_file, made, little_is_free):
    bomb = made.zip({f"{n}": bytes(2 << 20) for n in range(4)})
    *_, last = read_file(bomb, "bomb.zip")
    assert last.id == "bomb.zip"
    assert last.reason.startswith("bomb.zip unpacks to more than ")


def test_a_bomb_of_archives_in_each_other_is_given_up(read_file, made, little_is_free):
    inner = made.zip({"x": bytes(2 << 20)})
    data = made.zip({f"{n}.zip": inner for n in range(4)})
    *_, last = read_file(data, "bomb.zip")
    assert last.reason.startswith("bomb.zip unpacks to more than ")


def test_too_many_members_are_named(pack, read_file):
    *kept, last = read_file(pack({f"{n}.txt": b"x" for n in range(9)}), "z", max_members=3)
    assert len(kept) == 3
    assert last == Failure("z", "z holds more than 3 members", "unpack it yourself if you trust it")


def test_a_member_over_the_limit_is_named_and_the_next_is_read(pack, read):
    long, short = read(pack({"a.txt": b"x" * 20, "b.txt": b"short"}), "z", max_bytes=10_000)[:2]
    assert (len(long.text), short.text) == (20, "short")
    long, short = read(pack({"a.txt": b"x" * 20_000, "b.txt": b"short"}), "z", max_bytes=15_000)
    assert long.reason == "z/a.txt is longer than the limit of 15,000 bytes"
    assert short.text == "short"


class TestTar:
    """What only a tar archive can be."""

    def test_one_that_is_cut_off_keeps_what_it_held(self, read, made):
        data = made.tar({"a.txt": b"a" * 600, "b.txt": b"b" * 6000})
        first, *rest = read(data[:3000], "z")
        assert first.text == "a" * 600
        assert any("cannot be read as a tar archive" in item.reason for item in rest)

    def test_one_that_is_damaged_says_that_more_may_have_been(self, read, made):
        data = bytearray(made.tar({"a.txt": b"a", "b.txt": b"b"}))
        data[1024:1100] = b"\xff" * 76
        first, failure = read(bytes(data), "z.tar")
        assert first.text == "a"
        assert "what follows its last member is no header" in failure.reason

    def test_an_empty_one_is_named(self, read, only):
        assert (
            only(read(b"", "z.tar")).reason == "z.tar cannot be read as a tar archive: empty file"
        )

    def test_an_old_one_without_a_magic_is_told_by_its_ending(self, read, only):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            info = tarfile.TarInfo("a.txt")
            info.size = 4
            archive.addfile(info, io.BytesIO(b"text"))
        data = bytearray(stream.getvalue())
        data[257:265] = bytes(8)
        data[148:156] = b"        "
        data[148:156] = b"%06o\0 " % sum(data[:512])
        assert only(read(bytes(data), "z.tar")).text == "text"

    def test_long_names_are_whole(self, read, only, made):
        name = "漢" * 90 + "/" + "x" * 150 + ".txt"
        assert only(read(made.tar({name: b"text"}), "z")).id == f"z/{name}"

    def test_a_header_without_end_is_refused(self, read, only, made, monkeypatch):
        monkeypatch.setattr(archives, "MAX_HEADER_BYTES", 4096)
        monkeypatch.setattr(archives, "CHUNK_BYTES", 4096)
        failure = only(read(made.tar({"x" * 9000: b"text"}), "z"))
        assert failure.reason.startswith("z cannot be read as a tar archive: a header of ")

    def test_members_are_given_before_the_archive_ends(self, made):
        from lexloom.corpus.formats.source import Budget, Context, ReadOptions, Source
        from lexloom.corpus.formats.table import read_source

        data = made.tar({"a.txt": b"text", "b.txt": b"x" * (1 << 20)})
        stream, options = io.BytesIO(data), ReadOptions()
        context = Context(options, Budget("z", options), read_source)
        assert next(read_source(Source("z", stream), context)).text == "text"
        assert stream.tell() < len(data) / 2
