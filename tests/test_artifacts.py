import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError

from lexloom.artifacts import (
    MANIFEST,
    atomic_write,
    directory_hash,
    file_sha256,
    one_writer,
    remove_unfinished,
    restore_directory,
    room_for,
    sealed_directory,
    verify_directory,
    write_json,
    write_text,
)
from lexloom.errors import ArtifactError, UsageError


class InterruptedByTest(Exception):
    pass


def interrupt_after(_written):
    raise InterruptedByTest


def fill(path, files):
    with sealed_directory(path) as directory:
        for name, content in files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(content)


FILES = {"config.json": b"{}", "model.safetensors": b"\x00" * 100, "tokenizer/vocab.txt": b"a\nb"}


@given(st.text())
def test_text_is_read_back_as_it_was_written(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    write_text(path, text)
    assert path.read_bytes().decode("utf-8", "surrogatepass") == text


def test_json_is_readable_utf_8(tmp_path):
    write_json(tmp_path / "a.json", {"名": "织"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "织" in text
    assert json.loads(text) == {"名": "织"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(InterruptedByTest), atomic_write(path) as stream:
        interrupt_after(stream.write(b"new"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_cannot_be_written_gives_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match=r"cannot write .*check the folder's permissions"):
        write_text(tmp_path / "file" / "a.txt", "x")


@pytest.mark.parametrize("there", [True, False])
def test_a_link_keeps_its_place_and_what_it_leads_to_is_written(tmp_path, there):
    (tmp_path / "far").mkdir()
    if there:
        write_text(tmp_path / "far" / "real.txt", "old")
    (tmp_path / "link.txt").symlink_to("far/real.txt")
    write_text(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "far" / "real.txt").read_text() == "new"
    assert len(list((tmp_path / "far").iterdir())) == 1


def test_a_link_that_leads_to_itself_is_written_over(tmp_path):
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    write_text(tmp_path / "loop.txt", "new")
    assert (tmp_path / "loop.txt").read_text() == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "词")
    assert os.read(reader, 100).decode() == "词"
    os.close(reader)
    assert pipe.is_fifo()


def test_the_reader_of_another_stream_is_not_that_of_the_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(BrokenPipeError), atomic_write(path):
        raise BrokenPipeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_that_nobody_reads_any_more_is_said(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = atomic_write(pipe)
    writer.__enter__().write(b"x")
    os.close(reader)
    with pytest.raises(ArtifactError, match=r"cannot write .*pipe"):
        writer.__exit__(None, None, None)


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    code = """
        import resource, sys
        from pathlib import Path
        from lexloom.artifacts import write_text
        from lexloom.errors import ArtifactError, UsageError
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_text(Path(sys.argv[1]), "x" * 100_000)
        except ArtifactError as error:
            print(error)
    """
    done = run_python(code, path)
    assert "cannot write" in done.stdout
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "write",
    [
        "(folder / 'a').write_bytes(b'x' * 100_000)",
        "save_file({'a': np.zeros(100_000)}, folder / 'a.safetensors')",
    ],
)
def test_a_full_disk_leaves_the_old_directory(tmp_path, write):
    path = tmp_path / "model"
    fill(path, {"a": b"old"})
    code = f"""
        import resource, sys
        from pathlib import Path
        import numpy as np
        from safetensors.numpy import save_file
        from lexloom.artifacts import sealed_directory
        from lexloom.errors import ArtifactError
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with sealed_directory(Path(sys.argv[1])) as folder:
                {write}
        except ArtifactError as error:
            print(error)
    """
    done = run_python(code, path)
    assert f"cannot write {path}: " in done.stdout, done.stderr
    assert "File too large" in done.stdout
    assert "check the folder's permissions and the free space" in done.stdout
    verify_directory(path)
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "No such file", "other"), SafetensorError("Error while reading")]
)
def test_other_errors_of_a_block_are_left_as_they_are(tmp_path, error):
    with pytest.raises(type(error)) as caught, room_for(tmp_path):
        raise error
    assert caught.value is error


def run_python(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# the child is killed just before its n-th call that makes something durable or gives it its name
KILL_BEFORE_CALL = """
    import os, signal, sys
    from pathlib import Path
    left = int(sys.argv[2])
    def counted(function):
        def call(*arguments, **options):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)
        return call
    os.fsync, os.replace = counted(os.fsync), counted(os.replace)
"""


@pytest.mark.parametrize("calls", range(4))
def test_a_killed_write_leaves_the_old_file_or_the_new_one(tmp_path, calls):
    path = tmp_path / "a.txt"
    write_text(path, "old" * 10_000)
    code = textwrap.dedent(KILL_BEFORE_CALL) + textwrap.dedent("""
        from lexloom.artifacts import write_text
        write_text(Path(sys.argv[1]), "new" * 10_000)
    """)
    done = run_python(code, path, calls)
    assert done.returncode == (-signal.SIGKILL if calls < 3 else 0), done.stderr
    assert path.read_text() == ("old" if calls < 2 else "new") * 10_000
    write_text(path, "x")  # it takes over what was left, to its last byte
    assert path.read_text() == "x"
    assert list(tmp_path.iterdir()) == [path]


WRITE = """
import sys, time
from pathlib import Path
from lexloom.artifacts import atomic_write
with atomic_write(Path(sys.argv[1])) as stream:
    stream.write(b"other")
    stream.flush()
    print("begun", flush=True)
    sys.stdin.read()
"""


def test_two_processes_that_write_one_file_do_not_mix(tmp_path):
    path = tmp_path / "a.txt"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "begun\n"
        write_text(path, "ours")
        assert path.read_text() == "ours"
        other.stdin.close()
    assert path.read_text() == "other"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_inside_a_write_of_the_same_file_is_its_own(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_write(path) as outer:
        outer.write(b"outer")
        write_text(path, "inner")
        assert path.read_text() == "inner"
    assert path.read_text() == "outer"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_locks_is_left_as_clean(tmp_path, monkeypatch):
    def no_locks(_descriptor, _how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    write_text(tmp_path / "a.txt", "x")
    fill(tmp_path / "model", {"a": b"b"})
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.txt", "model"]


def link_to_another(path):
    other = path.with_name("another")
    other.write_text("another")
    path.hardlink_to(other)


@pytest.mark.parametrize("length", [200, 201, 255])
def test_a_name_may_be_as_long_as_the_system_takes(tmp_path, length):
    path = tmp_path / ("n" * length)
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    fill(tmp_path / ("d" * length), {"a": b"old"})
    fill(tmp_path / ("d" * length), {"a": b"new"})
    verify_directory(tmp_path / ("d" * length))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["d" * length, "n" * length]


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda p: p.symlink_to("elsewhere"), link_to_another]
)
def test_what_stands_where_the_unfinished_file_would_is_left_alone(tmp_path, make):
    other = tmp_path / ".a.txt.unfinished"
    make(other)
    before = other.lstat()
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"
    assert os.path.samestat(before, other.lstat())
    assert {item.name for item in tmp_path.iterdir()} - {"another"} == {other.name, "a.txt"}
    if make is link_to_another:
        assert other.read_text() == "another"


def test_a_file_that_is_renamed_while_it_is_opened_is_not_written_to(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    unfinished = tmp_path / ".a.txt.unfinished"
    unfinished.write_text("of another process")
    lock = fcntl.flock

    def after_the_other_is_done(descriptor, how):
        unfinished.replace(path)
        lock(descriptor, how)

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", after_the_other_is_done)
        with atomic_write(path) as stream:
            assert path.read_text() == "of another process"
            stream.write(b"ours")
    assert path.read_text() == "ours"


@pytest.mark.parametrize("calls", range(9))
def test_a_killed_directory_write_leaves_a_whole_directory(tmp_path, calls):
    path = tmp_path / "model"
    fill(path, {"a": b"old", "b": b"old"})
    code = textwrap.dedent(KILL_BEFORE_CALL) + textwrap.dedent("""
        from lexloom.artifacts import sealed_directory
        with sealed_directory(Path(sys.argv[1])) as directory:
            (directory / "a").write_bytes(b"new")
            (directory / "b").write_bytes(b"new")
    """)
    done = run_python(code, path, calls)
    assert done.returncode == (-signal.SIGKILL if calls < 8 else 0), done.stderr
    # between two renames the old directory stands aside, still whole
    survivor = path if path.exists() else path.with_name(".model.old")
    verify_directory(survivor)
    assert (survivor / "a").read_bytes() == (survivor / "b").read_bytes()


def test_a_sealed_directory_verifies_and_has_one_hash(tmp_path):
    fill(tmp_path / "one", FILES)
    fill(tmp_path / "two", dict(reversed(FILES.items())))
    assert verify_directory(tmp_path / "one") == directory_hash(tmp_path / "two")


def test_sealing_replaces_the_directory_as_a_whole(tmp_path):
    fill(tmp_path / "model", FILES)
    fill(tmp_path / "model", {"other": b"1"})
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == {"other", MANIFEST}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_block_that_fails_leaves_the_old_directory_and_nothing_else(tmp_path):
    fill(tmp_path / "model", FILES)
    with pytest.raises(InterruptedByTest), sealed_directory(tmp_path / "model") as directory:
        interrupt_after((directory / "half").write_bytes(b""))
    verify_directory(tmp_path / "model")
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["truncated", "altered", "missing"])
def test_any_changed_file_is_found_and_named(tmp_path, name, change):
    fill(tmp_path / "model", FILES)
    file = tmp_path / "model" / name
    content = file.read_bytes()
    if change == "missing":
        file.unlink()
    else:
        file.write_bytes(content[:-1] if change == "truncated" else b"!" + content[1:])
    with pytest.raises(ArtifactError, match=name):
        verify_directory(tmp_path / "model")


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (None, "has no manifest.json, so it was not written to its end"),
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("1" * 5_000, "is damaged"),
        ("[]", "is damaged"),
        ("{}", "is damaged"),
        ('{"files": []}', "is damaged"),
        ('{"files": {"../secret": "00"}}', "is damaged"),
        ('{"files": {"/etc/passwd": "00"}}', "is damaged"),
    ],
)
def test_a_directory_without_a_sound_manifest_is_refused(tmp_path, manifest, sentence):
    fill(tmp_path / "model", FILES)
    (tmp_path / "model" / MANIFEST).unlink()
    if manifest is not None:
        (tmp_path / "model" / MANIFEST).write_text(manifest)
    with pytest.raises(ArtifactError, match=sentence):
        verify_directory(tmp_path / "model")


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"there is no directory .*nowhere"):
        verify_directory(tmp_path / "nowhere")


def test_a_file_has_the_hash_that_other_tools_give(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


HOLD = """
import sys, time
from pathlib import Path
from lexloom.artifacts import one_writer
with one_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_folder_has_one_writer_until_it_ends_or_is_killed(tmp_path):
    folder = tmp_path / "deep" / "out"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ArtifactError, match="another process is writing"):
            one_writer(folder).__enter__()
        other.send_signal(signal.SIGKILL)
    with one_writer(folder):
        pass
    with one_writer(folder):
        pass
    assert list(folder.iterdir()) == []


FILL = """
import sys, time
from pathlib import Path
from lexloom.artifacts import sealed_directory
with sealed_directory(Path(sys.argv[1])) as directory:
    (directory / "half").write_bytes(b"1")
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("is_asked", [True, False])
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_fills_is_not(
    tmp_path, is_asked
):
    path = tmp_path / "best"
    (tmp_path / ".best.versions").mkdir()  # a user's own
    (tmp_path / ".best.x.unfinished").write_text("a file")
    with subprocess.Popen(
        [sys.executable, "-c", FILL, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "begun\n"
        remove_unfinished(path)
        fill(path, FILES)
        assert len(list(tmp_path.glob(".best.*/half"))) == 1
        other.send_signal(signal.SIGKILL)
    assert len(list(tmp_path.glob(".best.*/half"))) == 1
    if is_asked:
        remove_unfinished(path)
    else:
        fill(path, FILES)
    left = sorted(item.name for item in tmp_path.iterdir())
    assert left == [".best.versions", ".best.x.unfinished", "best"]
    remove_unfinished(tmp_path / "nowhere" / "best")


def test_a_folder_that_cannot_be_made_has_no_writer(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ArtifactError, match="cannot make the folder"),
        one_writer(tmp_path / "file" / "out"),
    ):
        pass


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_was_not_written_so_is_never_replaced(tmp_path, kind):
    path = tmp_path / "mine"
    if kind == "file":
        path.write_text("precious")
    else:
        (path / "thesis").mkdir(parents=True)
    with pytest.raises(UsageError, match="mine exists and was not written by lexloom"):
        fill(path, FILES)
    assert path.is_file() or [item.name for item in path.iterdir()] == ["thesis"]
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_folder_and_a_sealed_one_are_replaced(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    fill(path, FILES)
    fill(path, {"config.json": b"[]"})
    assert (path / "config.json").read_bytes() == b"[]"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_to_a_directory_keeps_its_place_whenever_it_is_replaced(tmp_path, there):
    (tmp_path / "disk").mkdir()
    if there:
        (tmp_path / "disk" / "model").mkdir()
    (tmp_path / "model").symlink_to("disk/model")
    for content in (b"one", b"two", b"three"):
        fill(tmp_path / "model", {"a": content})
        assert (tmp_path / "disk" / "model" / "a").read_bytes() == content
    assert (tmp_path / "model").is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["model"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "model"]


def test_what_a_link_led_to_is_brought_back(tmp_path):
    fill(tmp_path / "disk" / "model", {"a": b"one"})
    (tmp_path / "model").symlink_to("disk/model")
    (tmp_path / "disk" / "model").rename(tmp_path / "disk" / ".model.old")
    restore_directory(tmp_path / "model")
    assert (tmp_path / "model" / "a").read_bytes() == b"one"
