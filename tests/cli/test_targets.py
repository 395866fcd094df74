import os
from pathlib import Path

import pytest

from lexloom.cli.targets import check_ending, check_targets, outputs_among
from lexloom.errors import UsageError


def test_new_files_old_files_and_none_are_accepted(tmp_path):
    (tmp_path / "old").write_text("x")
    check_targets(tmp_path / "old", None, tmp_path / "new", None)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        check_targets(None, tmp_path)


def test_one_file_by_two_names_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="is given twice"):
        check_targets(tmp_path / "real" / "a", tmp_path / "link" / "a")


def test_an_ending_tells_the_form_whatever_its_case(tmp_path):
    check_ending(None, (".png",))
    check_ending(tmp_path / "a.PNG", (".html", ".png"))
    with pytest.raises(UsageError, match="cannot tell the form of") as caught:
        check_ending(tmp_path / "a.foo", (".html", ".png"))
    assert caught.value.hint == "its name must end in .html or .png"


def test_a_file_that_is_read_is_never_overwritten(tmp_path):
    (tmp_path / "in.txt").write_text("x")
    (tmp_path / "link.txt").hardlink_to(tmp_path / "in.txt")
    check_targets(tmp_path / "out", inputs=[tmp_path / "in.txt", tmp_path, tmp_path / "none"])
    for name in ("in.txt", "link.txt", "./in.txt"):
        with pytest.raises(UsageError, match="is read, and would be overwritten"):
            check_targets(None, tmp_path / name, inputs=[tmp_path / "other", tmp_path / "in.txt"])


def test_outputs_in_folders_that_are_read_are_given_and_old_ones_are_named(tmp_path, capsys):
    folder = tmp_path / "mine"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "file").write_text("x")
    old, new = folder / "deep" / "old.html", folder / "new.html"
    old.write_text("x")
    read = [tmp_path / "file", folder]
    assert outputs_among(read, new, None, tmp_path / "other", tmp_path / "file") == [new]
    assert capsys.readouterr().err == ""
    assert outputs_among(read, old, new) == [old, new]
    assert capsys.readouterr().err == (
        f"lexloom: {old} is not read, for it is written by this call\n"
    )
    new.write_text("x")
    outputs_among(read, old, new)
    assert "new.html are not read, for they are written" in capsys.readouterr().err


def test_a_pipe_and_a_device_are_written_to_where_they_are(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    check_targets(tmp_path / "pipe", Path("/dev/null"), Path("/dev/null"))


def test_a_place_where_nothing_can_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match=r"cannot write .*file is no folder"):
        check_targets(tmp_path / "file" / "new" / "a.html")
    check_targets(tmp_path / "new" / "deeper" / "a.html")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(UsageError, match="is not open to you"):
        check_targets(tmp_path / "new" / "a.html")
