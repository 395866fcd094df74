import io
import tarfile
import zipfile

import pytest

from lexloom.annotations import files
from lexloom.annotations.files import DataFile, read_files
from lexloom.errors import AnnotationError

MEMBERS = {
    "set/b.json": b'{"b": 1}',
    "set/in/a.json": b"{}",
    "set/._a.json": b"x",
    "set/c.txt": b"c",
}


def tar_of(members, path):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        archive.addfile(tarfile.TarInfo("set/link.json"))
    return path


def zip_of(members, path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def folder_of(members, path):
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [zip_of, folder_of])
def test_the_files_of_a_folder_or_archive_are_given_by_their_ending(tmp_path, pack):
    found = list(read_files(pack(MEMBERS, tmp_path / "set.x"), ".json"))
    assert [(file.path, file.content) for file in found] == [
        ("set/b.json", b'{"b": 1}'),
        ("set/in/a.json", b"{}"),
    ]
    assert found[1].name == "a.json"
    assert "set/b.json" in found[0].where


def test_the_files_of_a_tar_archive_are_given_without_shadows_and_links(tmp_path):
    found = list(read_files(tar_of(MEMBERS, tmp_path / "set.tar.gz"), ".json", ".txt"))
    names = ["b.json", "a.json", "c.txt", "link.json"]
    assert [file.name for file in found] == names


def test_a_single_file_is_given_whatever_its_name(tmp_path):
    path = tmp_path / "a.dat"
    path.write_bytes(b"{}")
    assert [file.path for file in read_files(path, ".json")] == ["a.dat"]


def test_what_holds_no_such_file_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match=r"holds no \.json or \.xml file"):
        list(read_files(tmp_path, ".json", ".xml"))


def test_a_truncated_archive_is_refused(tmp_path):
    path = tar_of({f"{n}.json": bytes(range(256)) * 40 for n in range(9)}, tmp_path / "a.tar.gz")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(AnnotationError, match="not a whole archive") as caught:
        list(read_files(path, ".json"))
    assert "truncated" in caught.value.hint


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    with pytest.raises(AnnotationError, match=r"big\.json: larger than 10 bytes"):
        list(read_files(pack({"big.json": b" " * 11}, tmp_path / "a.x"), ".json"))


def test_a_folder_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(AnnotationError, match="cannot read"):
        list(read_files(tmp_path / "none", ".json"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a: not a whole JSON object"),
        (b'{"a":', "a: not a whole JSON object"),
        (b"[]", "a: must be a JSON object, got list"),
        (b'{"a": 1}\n\xff', "a, line 2: not UTF-8"),
        (b'{"a":' * 100_000, "a: nested too deeply"),
        (b'{"a":\n 1,', "Expecting property name .* at line 2"),
        (b'{"a": ' + b"1" * 5000 + b"}", "a: a number has too many digits"),
    ],
)
def test_what_is_no_json_object_is_refused(content, message):
    with pytest.raises(AnnotationError, match=message):
        DataFile("a", "a", content).json_object()


def test_a_json_object_may_begin_with_a_mark_and_a_text_keeps_every_character():
    assert DataFile("a", "a", b'\xef\xbb\xbf{"a": "\xe6\x9d\x8e"}').json_object() == {"a": "李"}
    assert DataFile("a", "a", b"\xef\xbb\xbf\r\n\xed\xa0\x80").text == "\ufeff\r\n\ud800"
