"""How far a build has come: finished parts of the corpus, and what dedupe remembers of them.

A part is a shard of kept documents, the rejects between them, and, written last, a record of both
with the counts so far. A killed run loses only the part that it was at. The records lie in a hidden
folder and go when the corpus is whole.
"""

import hashlib
import io
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.artifacts import MANIFEST, atomic_write, file_sha256, write_json
from lexloom.corpus.dedupe import Fingerprint, Memory
from lexloom.corpus.minhash import MinHashConfig, Sketch
from lexloom.corpus.shards import SETTINGS, STATE
from lexloom.errors import ArtifactError, UsageError

OURS = re.compile(r"\.?(?:corpus|rejects)-[0-9]{5}\.jsonl|\.?(?:report\.json|flow\.svg)")
"""Names of files that a build writes, and of their temporary forms; others are not touched."""

Settings = Mapping[str, Any]
Added = list[tuple[str, Fingerprint]]


@dataclass(slots=True)
class Progress:
    """Where a build stands after a part."""

    num_parts: int = 0
    num_records: int = 0
    """Records of the input that are accounted for."""
    chain: str = ""
    """Hash of those records, by which the input is known again."""
    num_shards: int = 0
    num_rejects: int = 0
    """Files of kept documents and of rejects."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each file so far."""
    report: dict[str, Any] = field(default_factory=dict)


def chained(chain: str, digest: bytes) -> str:
    """Extend the hash of records by that of one more."""
    return hashlib.blake2b(bytes.fromhex(chain) + digest, digest_size=16).hexdigest()


class Checkpoint:
    """The state of a build in the folder of its corpus."""

    def __init__(self, out: Path, settings: Settings) -> None:
        """Open the folder for a build with these settings, new or begun before.

        Raises:
            UsageError: If it holds something else, or a corpus with other settings.
            ArtifactError: If a file of a finished corpus was altered or is missing.
        """
        self.out = out
        self._settings = settings
        self._folder = out / STATE
        self.is_complete = (out / MANIFEST).exists()
        if self.is_complete:
            manifest = _read(out / MANIFEST)
            self._check(manifest.get("settings"))
            self._check_files(manifest.get("files"))
        elif (self._folder / SETTINGS).exists():
            self._check(_read(self._folder / SETTINGS))
        else:
            self._begin()

    def _begin(self) -> None:
        if self.out.exists() and any(path.name != STATE for path in self.out.iterdir()):
            raise UsageError(
                f"the folder {self.out} is not empty, and no corpus was begun in it",
                hint="give a new folder with --out",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._folder / SETTINGS, self._settings)

    def _check(self, found: Any) -> None:
        if found == json.loads(json.dumps(self._settings)):
            return
        differing = sorted(
            name
            for name in {*self._settings, *(found if isinstance(found, dict) else {})}
            if not isinstance(found, dict) or found.get(name) != _plain(self._settings.get(name))
        )
        raise UsageError(
            f"{self.out} holds a corpus that was begun with other settings: {', '.join(differing)}",
            hint="give the same settings to go on, or another --out; or remove the folder",
        )

    def _check_files(self, sums: Any) -> None:
        if not isinstance(sums, dict):
            raise _unusable(self.out / MANIFEST, "damaged")
        for name, expected in sums.items():
            if not (self.out / name).is_file() or file_sha256(self.out / name) != expected:
                raise _unusable(self.out / name, "missing or altered")

    def load(self, config: MinHashConfig) -> tuple[Progress, Memory]:
        """Give where the build stands, and what dedupe remembers.

        Raises:
            ArtifactError: If a finished part was altered or is missing.
        """
        progress, memory = Progress(), Memory(config)
        while (path := self._record(progress.num_parts)).exists():
            progress = Progress(**_read(path))
            self._remember(progress.num_parts - 1, memory, config)
        self._check_files(progress.files)
        for path in self.out.iterdir():  # what a killed run left half done
            if OURS.match(path.name) and path.name not in progress.files:
                path.unlink()
        return progress, memory

    def save(self, progress: Progress, added: Added) -> None:
        """Make a part count; its files must be on the disk."""
        number = progress.num_parts - 1
        with atomic_write(self._memory(number)) as stream:
            np.savez(stream, allow_pickle=False, **_arrays(added))
        values = {name: getattr(progress, name) for name in Progress.__slots__}
        write_json(self._record(number), values)

    def complete(self, progress: Progress) -> None:
        """Seal the corpus: the manifest is written, and the state removed."""
        sums = progress.files | {
            path.name: file_sha256(path) for path in self.out.glob("report.*") if path.is_file()
        }
        sums |= {path.name: file_sha256(path) for path in self.out.glob("flow.svg")}
        manifest = {"files": dict(sorted(sums.items())), "settings": self._settings}
        write_json(self.out / MANIFEST, manifest)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _record(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.json"

    def _memory(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.npz"

    def _remember(self, number: int, memory: Memory, config: MinHashConfig) -> None:
        path = self._memory(number)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                added = _fingerprints(dict(arrays))
        except (OSError, ValueError, KeyError) as error:
            raise _unusable(path, "missing or damaged") from error
        for name, fingerprint in added:
            memory.add(name, fingerprint)


def _unusable(path: Path, what: str) -> ArtifactError:
    hint = "remove the folder and build the corpus again"
    return ArtifactError(f"{path} is {what}", hint=hint)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(path, "damaged") from error
    return values if isinstance(values, dict) else {}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _arrays(added: Added) -> dict[str, np.ndarray[Any, Any]]:
    names = [name.encode("utf-8", "surrogatepass") for name, _ in added]
    sketches = [fingerprint.sketch for _, fingerprint in added]
    known = [sketch for sketch in sketches if sketch is not None]
    return {
        "names": np.frombuffer(b"".join(names), np.uint8),
        "name_lengths": np.array([len(name) for name in names], np.int64),
        "exact": np.array([fingerprint.exact for _, fingerprint in added], np.uint64),
        "has_sketch": np.array([sketch is not None for sketch in sketches], np.bool_),
        "signatures": np.array([sketch.signature for sketch in known], np.uint16),
        "keys": np.array([sketch.keys for sketch in known], np.uint64),
    }


def _fingerprints(arrays: Mapping[str, np.ndarray[Any, Any]]) -> Added:
    data = arrays["names"].tobytes()
    ends = np.cumsum(arrays["name_lengths"]).tolist()
    sketches = map(Sketch, arrays["signatures"], arrays["keys"])
    return [
        (
            data[start:end].decode("utf-8", "surrogatepass"),
            Fingerprint(exact, next(sketches) if has_sketch else None),
        )
        for start, end, exact, has_sketch in zip(
            [0, *ends][: len(ends)],
            ends,
            arrays["exact"].tolist(),
            arrays["has_sketch"].tolist(),
            strict=True,
        )
    ]
