import json
import os
import subprocess
import sys

import pytest

import lexloom
from lexloom import cli
from lexloom.errors import LexloomError, UsageError


def lexloom_command(*arguments, **options):
    command = [sys.executable, "-m", "lexloom", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_version_is_the_package_s():
    done = lexloom_command("--version")
    assert (done.returncode, done.stdout) == (0, f"lexloom {lexloom.__version__}\n")


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["no-such-command"]])
def test_wrong_usage_exits_with_2_and_says_so_on_stderr(arguments):
    done = lexloom_command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("error", "code"), [(LexloomError, 1), (UsageError, 2)])
def test_a_user_s_mistake_is_one_sentence_on_stderr_and_no_traceback(
    monkeypatch, capsys, error, code
):
    def fail():
        raise error("the lamp is off", hint="switch it on")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.run()
    assert caught.value.code == code
    assert capsys.readouterr() == ("", "lexloom: the lamp is off (switch it on)\n")


def test_a_mistake_that_quotes_what_was_read_steers_no_terminal(monkeypatch, capsys):
    def fail():
        raise LexloomError("cannot read \x1b]0;x\x07a\u202eb\n.txt")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit):
        cli.run()
    assert capsys.readouterr().err == "lexloom: cannot read �]0;x�a�b .txt\n"


def test_a_full_disk_is_one_sentence_too(monkeypatch, capsys):
    def fail():
        raise OSError(28, "No space left on device", "kg.sqlite")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.run()
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", "lexloom: kg.sqlite: No space left on device\n")


def test_a_reader_that_goes_away_is_no_error():
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "lexloom", "--help"]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "人�"), ("ascii", r"\u4eba\ufffd")])
def test_what_the_terminal_cannot_show_is_escaped(tmp_path, encoding, shown):
    entity = {"id": "a", "type": "人\ud800", "text": "Ann", "start": 0, "end": 3}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Ann", "entities": [entity]}))
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = lexloom_command("data", "stats", str(path), env=environment, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"entities: {shown}" in done.stdout
