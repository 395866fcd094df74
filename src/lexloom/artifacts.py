"""Files that are whole or absent: atomic writes, and directories sealed by a manifest.

A manifest lists each file of a directory with its SHA-256 and is written last, so a directory with
a manifest that holds was written to its end and not altered since.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from safetensors import SafetensorError

from lexloom.errors import ArtifactError, UsageError

MANIFEST = "manifest.json"
UNFINISHED = ".unfinished"
"""Ends the name of a file or directory that is being written."""
MOST_BYTES = 200
"""Longest name that endings are put to as it is."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system answers where a disk, a share of it, or a file has no more room."""
NOT_WRITTEN = "Error while serializing: "
"""How safetensors begins when it cannot write."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its name when the block ends without error.

    A link keeps its place and the file that it leads to is written. What is no file, such as a pipe
    or ``/dev/null``, is written to as it is, for nothing may take its name.

    Raises:
        ArtifactError: If the file cannot be written; what stood at `path` before stays.
    """
    is_file = False
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as stream:
                yield stream
            return
        is_file = True
        target = behind_link(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _owned_file(target) as (stream, temporary):
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(target)
        fsync_directory(target.parent)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and is_file:
            raise  # of another stream that the block writes to: a file has no reader to lose
        raise _not_written(path, error.strerror or str(error)) from error


@contextlib.contextmanager
def _owned_file(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Open an empty file beside `path` to be renamed in the block; it is removed if that fails."""
    descriptor, temporary = _left_file(path) or _new_file(path)
    with os.fdopen(descriptor, "wb") as stream:
        try:
            yield stream, temporary
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _hidden(path: Path) -> str:
    """Give how the names begin that stand beside `path` while it is written."""
    name = path.name.encode("utf-8", "surrogateescape")
    if len(name) > MOST_BYTES:  # with an ending it might be longer than names can be
        return f".{hashlib.sha256(name).hexdigest()}"
    return f".{path.name}"


def _new_file(path: Path) -> tuple[int, Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_hidden(path) + ".")
    return descriptor, Path(name)


def _left_file(path: Path) -> tuple[int, Path] | None:
    """Open the file that a killed process left, or would leave, when it wrote `path`.

    It has one name, so that what is left is taken over by the next write, and is locked while its
    process lives. Where another one writes it, or the disk has no locks, there is none.
    """
    temporary = path.with_name(_hidden(path) + UNFINISHED)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):  # nobody writes under this name without locks
            temporary.unlink(missing_ok=True)
        return None
    with contextlib.suppress(OSError):
        # it may have been renamed since it was opened, be another file too, or somebody else's
        opened = os.fstat(descriptor)
        is_ours = opened.st_nlink == 1 and opened.st_uid == os.geteuid()
        if is_ours and os.path.samestat(opened, os.lstat(temporary)):
            os.ftruncate(descriptor, 0)
            return descriptor, temporary
    os.close(descriptor)
    return None


def behind_link(path: Path) -> Path:
    """Give what a link leads to, be it there or not, and any other path as it is."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def fsync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "surrogatepass"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented UTF-8 JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def file_sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def sealed_directory(path: Path) -> Iterator[Path]:
    """Give an empty directory to fill; it replaces `path` with its manifest when the block ends.

    What stood at `path` is kept until the new directory is whole on the disk. A link keeps its
    place, and what it leads to is replaced.

    Raises:
        UsageError: If something stands there that was not written so (see `check_replaceable`).
        ArtifactError: If there is no room; what stood there before stays.
    """
    check_replaceable(path)
    path = behind_link(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(path)
    with _owned_directory(path) as temporary:
        temporary.chmod(0o755)
        with room_for(path):
            yield temporary
            seal(temporary)
        replace_directory(temporary, path)


@contextlib.contextmanager
def _owned_directory(path: Path) -> Iterator[Path]:
    """Make an empty directory beside `path`, locked while this process lives, and remove it."""
    made = Path(tempfile.mkdtemp(dir=path.parent, prefix=_hidden(path) + "."))
    temporary = made.with_name(made.name + UNFINISHED)
    descriptor = os.open(made, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # on a disk without locks it is never removed as left
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        made.rename(temporary)  # locked before it has the name that `remove_unfinished` looks for
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(descriptor)


def remove_unfinished(path: Path) -> None:
    """Remove what processes left that were killed while they filled a directory for `path`.

    The directory of a process that lives is locked, and stays.
    """
    path = behind_link(path)
    if not path.parent.is_dir():
        return
    for rest in path.parent.iterdir():
        if rest.name.startswith(_hidden(path) + ".") and rest.name.endswith(UNFINISHED):
            with contextlib.suppress(OSError):
                _remove_unlocked(rest)


def _remove_unlocked(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Say of what is written in the block, under whatever name, that `path` had no room.

    Raises:
        ArtifactError: If the disk is full, or safetensors cannot write.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise _not_written(path, os.strerror(error.errno)) from error
    except SafetensorError as error:  # it is no OSError, and has no number
        if not str(error).startswith(NOT_WRITTEN):
            raise
        raise _not_written(path, str(error).removeprefix(NOT_WRITTEN)) from error


def _not_written(path: Path, reason: str) -> ArtifactError:
    return ArtifactError(
        f"cannot write {path}: {reason}", hint="check the folder's permissions and the free space"
    )


def check_replaceable(path: Path) -> None:
    """Refuse to write a directory over what Lexloom did not write; asked best before the work.

    Raises:
        UsageError: If a file, or a directory with other things and no manifest, stands at `path`.
    """
    if path.is_dir():
        if (path / MANIFEST).is_file() or not any(path.iterdir()):
            return
    elif not path.exists():
        return
    raise UsageError(
        f"{path} exists and was not written by lexloom, so it is not written over",
        hint="name a new folder",
    )


@contextlib.contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Keep other processes from writing in a folder for the block; the end of a process frees it.

    The folder is made if need be. The lock is the system's, on the folder itself, so that a killed
    process leaves none behind; it binds those only who ask for it.

    Raises:
        ArtifactError: If another one writes there, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ArtifactError(
            f"cannot make the folder {folder}: {error.strerror}", hint="give another folder"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArtifactError(
                f"another process is writing in {folder}",
                hint="wait until it has ended, or give another folder",
            ) from None
        yield
    finally:
        os.close(descriptor)


def seal(path: Path) -> str:
    """Write the manifest of a directory and give its hash (see `directory_hash`)."""
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.name != MANIFEST)
    for file in files:
        file.chmod(0o644)  # some libraries write for the owner alone
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    sums = {file.relative_to(path).as_posix(): file_sha256(file) for file in files}
    write_json(path / MANIFEST, {"files": sums})
    return directory_hash(path)


def replace_directory(source: Path, target: Path) -> None:
    """Move `source` to `target`; an old `target` is moved aside first and removed last."""
    target = behind_link(target)
    aside = target.with_name(_hidden(target) + ".old")
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
        target.replace(aside)
    source.replace(target)
    fsync_directory(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def restore_directory(path: Path) -> None:
    """Bring back what stood at `path` if a replacement was cut off between its two renames."""
    path = behind_link(path)
    aside = path.with_name(_hidden(path) + ".old")
    if aside.is_dir() and not path.exists():
        aside.replace(path)
        fsync_directory(path.parent)


def verify_directory(path: Path) -> str:
    """Check every file against the manifest and give the directory's hash.

    Raises:
        ArtifactError: If the directory or its manifest is missing, or a file is missing,
            truncated or altered.
    """
    for name, expected in _manifest_sums(path).items():
        file = path / name
        if not file.is_file():
            raise ArtifactError(f"{path} lacks {name}", hint="copy or make it again")
        if file_sha256(file) != expected:
            raise ArtifactError(
                f"{file} is not the file that was saved: its SHA-256 differs from {MANIFEST}",
                hint="it was truncated or altered; copy or make it again",
            )
    return directory_hash(path)


def directory_hash(path: Path) -> str:
    """Give one SHA-256 for a sealed directory: that of its file names and sums, sorted."""
    sums = sorted(_manifest_sums(path).items())
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def _manifest_sums(path: Path) -> dict[str, str]:
    if not path.is_dir():
        raise ArtifactError(f"there is no directory {path}", hint="check the path")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        sums = manifest["files"]
    except FileNotFoundError as error:
        raise ArtifactError(
            f"{path} has no {MANIFEST}, so it was not written to its end",
            hint="give a directory that lexloom saved",
        ) from error
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path / MANIFEST} is damaged", hint="copy it again") from error
    if not isinstance(sums, dict) or not all(_is_inside(name) for name in sums):
        raise ArtifactError(f"{path / MANIFEST} is damaged", hint="copy it again")
    return sums


def _is_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts
