"""The corpus on the disk: shards of JSON lines, written whole or not at all, and read back.

A folder of the corpus holds ``corpus-00000.jsonl`` (or ``.jsonl.zst``) and on, with one object of
``id``, ``text``, ``source`` and ``kind`` a line, and a manifest with each file's SHA-256, which is
written last.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from lexloom.artifacts import MANIFEST, atomic_write, verify_directory
from lexloom.errors import ConfigError, InputError

SUFFIX, COMPRESSED_SUFFIX = ".jsonl", ".jsonl.zst"
SHARDS, REJECTS = "corpus", "rejects"
REPORT, PICTURE = "report.json", "flow.svg"
STATE, SETTINGS = ".state", "settings.json"
"""A hidden folder that stands in a corpus until it is whole, and what it is built with."""
NOT_TEXT = re.compile(rf"{REJECTS}-[0-9]{{5}}\.jsonl(?:\.zst)?")
MAX_LINE_BYTES = 1 << 30
# a frame can ask for any window; this bounds what a hostile file makes us reserve
MAX_WINDOW_BYTES = 1 << 27


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardConfig:
    """How the corpus is cut into files."""

    shard_bytes: int = 64 << 20
    """A shard is closed when its lines have this many bytes, before compression. One shard is held
    in memory, and is what a killed run loses."""
    compress: bool = True
    """Compress with Zstandard."""
    level: int = 3
    """Zstandard's level, from 1 (fast) to 19 (small)."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.shard_bytes < 1:
            raise ConfigError(f"shard_bytes must be at least 1, got {self.shard_bytes}")
        if not 1 <= self.level <= 19:
            raise ConfigError(f"level must be in 1..19, got {self.level}")


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """One document of a corpus."""

    id: str
    text: str
    source: str
    kind: str


def shard_name(stem: str, number: int, config: ShardConfig) -> str:
    """Name a file of the corpus by its number."""
    return f"{stem}-{number:05d}{COMPRESSED_SUFFIX if config.compress else SUFFIX}"


def write_shard(path: Path, lines: Sequence[bytes], config: ShardConfig) -> None:
    """Write lines to a file, atomically; the same lines always give the same bytes."""
    with atomic_write(path) as stream:
        if not config.compress:
            stream.writelines(lines)
            return
        compressor = zstandard.ZstdCompressor(level=config.level, write_checksum=True)
        with compressor.stream_writer(stream, closefd=False) as writer:
            for line in lines:
                writer.write(line)


def is_begun(folder: Path) -> bool:
    """Whether a corpus was begun in a folder and is not whole."""
    return (folder / STATE / SETTINGS).is_file() and not (folder / MANIFEST).exists()


def without_records(folder: Path, names: Iterable[str]) -> list[str]:
    """Leave out what a build writes beside the corpus: rejects, report, picture, manifest.

    A folder that is no corpus keeps all of its files, whatever their names.
    """
    names = list(names)
    if not {MANIFEST, REPORT, PICTURE} <= set(names) or not _lists_a_report(folder / MANIFEST):
        return names
    records = (MANIFEST, REPORT, PICTURE)
    return [name for name in names if name not in records and not NOT_TEXT.fullmatch(name)]


def _lists_a_report(manifest: Path) -> bool:
    try:
        values = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    is_corpus = isinstance(values, dict) and {"files", "settings"} <= values.keys()
    return is_corpus and REPORT in values["files"]


def read_shards(path: Path) -> Iterator[CorpusDocument]:
    """Give the documents of a corpus folder, whose manifest must hold, or of one of its files.

    Raises:
        ArtifactError: If a folder was not written to its end, or a file was altered.
        InputError: If a file is no JSON lines, or cut off.
    """
    if path.is_dir():
        verify_directory(path)
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        names = sorted(name for name in manifest["files"] if name.startswith(f"{SHARDS}-"))
        for name in names:
            yield from read_shards(path / name)
        return
    with _opened(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            yield _from_line(line, f"{path}:{number}")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            if path.name.endswith(".zst"):
                decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
                with decompressor.stream_reader(stream, read_across_frames=True) as reader:
                    yield io.BufferedReader(reader)
            else:
                yield stream
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror or error}", hint="check the path"
        ) from error
    except zstandard.ZstdError as error:
        raise InputError(
            f"{path} is no Zstandard file, or is damaged: {error}", hint="build the corpus again"
        ) from error


def _from_line(line: bytes, place: str) -> CorpusDocument:
    try:
        if not line.endswith(b"\n"):
            raise ValueError("it is cut off")
        values = json.loads(line)
        texts = [values[key] for key in ("id", "text", "source", "kind")]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise InputError(
            f"{place} is no line of a corpus: {error}", hint="give what lexloom corpus build wrote"
        ) from error
    if not all(isinstance(text, str) for text in texts):
        raise InputError(
            f"{place} is no line of a corpus: a value is no string",
            hint="give what lexloom corpus build wrote",
        )
    return CorpusDocument(*texts)
