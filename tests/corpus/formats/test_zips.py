import tempfile
import zipfile

import pytest

from lexloom.corpus.formats import zips
from lexloom.corpus.formats.zips import member_name


def test_an_encrypted_member_is_named_and_the_others_are_read(read, made):
    data = bytearray(made.zip({"a.txt": b"secret", "b.txt": b"text"}))
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    refused, kept = read(bytes(data), "z")
    assert refused.reason == "z/a.txt is encrypted"
    assert refused.hint == "unpack it with its password first"
    assert kept.text == "text"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.99])
def test_a_zip_that_is_cut_off_is_named(read, only, made, keep):
    data = made.zip({f"{n}.txt": b"text" * 99 for n in range(9)})
    failure = only(read(data[: int(len(data) * keep)], "z"))
    assert failure.reason.startswith("z cannot be read as a ZIP archive: ")
    assert failure.hint == "it seems to be cut off or damaged; copy it again"


def test_a_damaged_member_is_named_and_the_others_are_read(read, made):
    data = bytearray(made.zip({"a.txt": b"first text", "b.txt": b"text"}, compression=0))
    data[data.index(b"first")] ^= 1
    damaged, kept = read(bytes(data), "z")
    assert damaged.reason.startswith("z/a.txt cannot be unpacked: Bad CRC-32")
    assert kept.text == "text"


def test_a_member_of_an_unknown_packing_is_named(read, only, made):
    data = bytearray(made.zip({"a.txt": b"text"}))
    data[data.index(b"PK\x03\x04") + 8] = 97
    data[data.index(b"PK\x01\x02") + 10] = 97
    assert only(read(bytes(data), "z")).reason.startswith("z/a.txt cannot be unpacked: ")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_read_and_damage_in_them_is_named(read, only, made, method):
    data = bytearray(made.zip({"a.txt": b"some text " * 99}, compression=method))
    assert only(read(bytes(data), "z")).text.startswith("some")
    damaged = data.index(b"PK\x01\x02") - 15
    data[damaged : damaged + 9] = b"\xff" * 9
    assert only(read(bytes(data), "z")).reason.startswith("z/a.txt cannot be unpacked: ")


def test_a_list_of_members_that_is_too_long_is_refused(read, only, made, monkeypatch):
    monkeypatch.setattr(zips, "MAX_DIRECTORY_BYTES", 2000)
    failure = only(read(made.zip({f"{n}.txt": b"x" for n in range(99)}), "z"))
    assert failure.reason == "z holds too many members"


def test_an_empty_zip_is_named(read, only, made):
    assert only(read(made.zip({}), "z")).reason == "z holds no files"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_of_old_programs_are_read_as_they_were_meant(encoding):
    name = "北京的报告和上海的合同.txt"
    info = zipfile.ZipInfo(name.encode(encoding).decode("cp437"))
    assert member_name(info) == name


def test_names_in_utf_8_and_names_that_are_no_text_stay():
    flagged = zipfile.ZipInfo("Σ.txt")
    flagged.flag_bits = zips.NAMED_IN_UTF_8
    assert member_name(flagged) == "Σ.txt"
    assert member_name(zipfile.ZipInfo("漢.txt")) == "漢.txt"


def test_a_zip_in_a_file_is_not_copied(read_file, only, made, monkeypatch):
    def refuse(*_):
        raise AssertionError("a copy was made")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", refuse)
    assert only(read_file(made.zip({"a.txt": b"text"}), "z.zip")).text == "text"
