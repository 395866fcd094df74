import json
import os
import signal
import subprocess
import sys

import pytest

import lexloom
from doubles import eager, tiny_files
from lexloom import cli
from lexloom.errors import LexloomError, UsageError
from lexloom.extract.files import save_extractor


def lexloom_command(*arguments, **options):
    command = [sys.executable, "-m", "lexloom", *arguments]
    options = {"capture_output": True} | options
    return subprocess.run(command, text=True, check=False, **options)


def test_the_version_is_the_package_s():
    done = lexloom_command("--version")
    assert (done.returncode, done.stdout) == (0, f"lexloom {lexloom.__version__}\n")


def shell(line):
    command = ["sh", "-c", line, "sh", sys.executable, "-m", "lexloom"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_stream_that_is_closed_gives_nothing_and_takes_everything():
    done = shell('"$@" --version >&-')
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = shell('"$@" extract - <&-')
    assert (done.returncode, done.stdout) == (1, "")
    assert "the standard input holds no text" in done.stderr
    done = shell('"$@" --no-such-flag 2>&-')
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["no-such-command"]])
def test_wrong_usage_exits_with_2_and_says_so_on_stderr(arguments):
    done = lexloom_command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_empty_path_is_not_taken_for_the_current_folder(tmp_path):
    (tmp_path / "a.txt").write_text("Ada Lovelace lived in London.")
    for arguments in (["extract", ""], ["--verbose", "corpus", "build", "", "--out", "c"]):
        done = lexloom_command(*arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "one of the arguments is empty (is a variable of the shell unset?)" in done.stderr
    done = lexloom_command("ngram", "score", "", "--model", "none", cwd=tmp_path)
    assert "is empty" not in done.stderr


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


def without_reader(*arguments, **options):
    """Runs a command whose output nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        return lexloom_command(*arguments, stdout=write_end, capture_output=False, **options)
    finally:
        os.close(write_end)


def as_json(folder):
    (folder / "a.jsonl").write_text('{"id": "1", "text": "Ann left."}\n')
    return ["data", "stats", "a.jsonl", "--json"]


def as_table(folder):
    return as_json(folder)[:-1]


def as_lines_beside_a_file(folder):
    save_extractor(tiny_files(decode=eager(0.15), window_sentences=1), folder / "m")
    (folder / "a.txt").write_text("Ann lives in Paris. Bob met Carl in Oslo.")
    return ["extract", "a.txt", "--model", "m", "--json", "--text-out", "b.jsonl"]


@pytest.mark.parametrize(
    "arguments", [lambda _: ["--help"], as_json, as_table, as_lines_beside_a_file]
)
def test_a_reader_that_goes_away_ends_a_command_without_a_word(tmp_path, arguments):
    given = arguments(tmp_path)
    done = without_reader(*given, stderr=subprocess.PIPE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_messages_that_nobody_reads_end_a_command_too(tmp_path):
    done = without_reader("corpus", "stats", "none.txt", stderr=subprocess.STDOUT, cwd=tmp_path)
    assert done.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "人�"), ("ascii", r"\u4eba\ufffd")])
def test_what_the_terminal_cannot_show_is_escaped(tmp_path, encoding, shown):
    entity = {"id": "a", "type": "人\ud800", "text": "Ann", "start": 0, "end": 3}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "1", "text": "Ann", "entities": [entity]}))
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = lexloom_command("data", "stats", str(path), env=environment, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"entities: {shown}" in done.stdout
