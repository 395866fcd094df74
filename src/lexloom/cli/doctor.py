"""``lexloom doctor``: what this machine can do, and what is missing.

Each check looks at one thing and never raises; the command fails when one that the main job needs
did.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import lexloom
from lexloom.artifacts import verify_directory
from lexloom.cli.say import print_json
from lexloom.errors import ArtifactError, LexloomError
from lexloom.models.registry import cache_folder, shipped_models

OLDEST_PYTHON = (3, 11)
TRIAL_TEXT = "Maria Keller joined Northwind Systems in Zurich last spring. 李明在北京工作。"

NEEDED_PACKAGES = ("numpy", "safetensors", "tokenizers", "typer", "rich")

OPTIONAL_PACKAGES: Mapping[str, tuple[str, str]] = {
    "pip": ("lexloom models get", "python -m ensurepip"),
    "transformers": ("tests and benchmarks against a peer", "pip install 'lexloom[test]'"),
    "mkdocs": ("building the documentation", "pip install 'lexloom[docs]'"),
}
"""Module -> what it is for, and the command that installs it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    value: str
    ok: bool = True
    needed: bool = False
    """Whether the main job, reading facts from text, fails without it."""
    hint: str = ""


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say what this machine can do, and what is missing; exit code 0 if facts can be read."""
    checks = list(run_checks())
    works = all(check.ok for check in checks if check.needed)
    if as_json:
        report = {"ok": works, "checks": [asdict(check) for check in checks]}
        print_json(report, indent=2)
    else:
        _print_table(checks)
    if not works:
        raise typer.Exit(1)


def run_checks() -> Iterator[Check]:
    """Give the checks one after the other; the slow ones, which load torch, come last."""
    yield check_python()
    yield from check_machine()
    yield from check_packages()
    yield check_cache()
    yield check_sqlite()
    yield from check_shipped()
    torch_check = check_torch()
    yield torch_check
    if torch_check.ok:
        yield check_bfloat16()
        yield check_kernels()
        yield check_gpu()
        yield check_extraction()


def check_python() -> Check:
    """Look at the interpreter's version."""
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Check(
        name="Python",
        value=f"{platform.python_version()} ({sys.executable}), lexloom {lexloom.__version__}",
        ok=sys.version_info >= OLDEST_PYTHON,
        needed=True,
        hint=f"needs {oldest} or newer",
    )


def check_machine() -> Iterator[Check]:
    """Look at the operating system, cores, memory and disk."""
    yield Check("operating system", platform.platform())
    affinity = getattr(os, "sched_getaffinity", None)
    usable = len(affinity(0)) if affinity else os.cpu_count()
    yield Check("cores", f"{usable} usable of {os.cpu_count()}, {platform.machine()}")
    try:
        memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        yield Check("memory", f"{memory_bytes / 2**30:.1f} GiB")
    except (AttributeError, ValueError, OSError):
        yield Check("memory", "not known on this system")
    folder = _nearest_existing(cache_folder())
    yield Check("disk", f"{shutil.disk_usage(folder).free / 2**30:.1f} GiB free at {folder}")


def check_packages() -> Iterator[Check]:
    """Look for the packages that lexloom needs, and for those that add something."""
    for module in NEEDED_PACKAGES:
        found = importlib.util.find_spec(module) is not None
        if not found:
            yield Check(module, "missing", ok=False, needed=True, hint=f"pip install {module}")
    for module, (purpose, command) in OPTIONAL_PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            yield Check(module, f"missing; it is for {purpose}", ok=False, hint=command)
        else:
            yield Check(module, f"{importlib.metadata.version(module)}, for {purpose}")


def check_cache() -> Check:
    """Try to write where fetched models go."""
    folder = cache_folder()
    try:
        with tempfile.NamedTemporaryFile(dir=_nearest_existing(folder)):
            return Check("cache", f"{folder} can be written")
    except OSError as error:
        value = f"{folder} cannot be written: {error.strerror}"
        return Check("cache", value, ok=False, hint="set LEXLOOM_HOME to another folder")


def check_sqlite() -> Check:
    """Try a graph file's journal mode."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "trial.sqlite")
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        finally:
            connection.close()
    value = f"{sqlite3.sqlite_version}, journal mode {mode}"
    return Check("SQLite", value, ok=mode == "wal", hint="graphs need write-ahead logging")


def check_shipped() -> Iterator[Check]:
    """Verify the models that came with the package."""
    models = shipped_models()
    if not models:
        yield Check("shipped model", "none", ok=False, needed=True, hint="install lexloom again")
    for name, path in models.items():
        try:
            value = f"{name}, SHA-256 {verify_directory(path)[:16]}..."
            yield Check("shipped model", value, needed=True)
        except ArtifactError as error:
            yield Check(
                "shipped model", error.message, ok=False, needed=True, hint="install lexloom again"
            )


def check_torch() -> Check:
    """Try to import torch."""
    try:
        import torch
    except (ImportError, OSError) as error:
        # a wheel for another machine fails with OSError, on a library that cannot be loaded
        value = f"cannot be imported: {error}"
        return Check("torch", value, ok=False, needed=True, hint="pip install torch")
    return Check("torch", f"{torch.__version__}, {torch.get_num_threads()} threads", needed=True)


def check_bfloat16() -> Check:
    """Ask whether the processor multiplies bfloat16 matrices by itself."""
    import torch

    probes = {"AMX": "_is_amx_tile_supported", "AVX512-BF16": "_is_avx512_bf16_supported"}
    # the probes are private names of torch; where one is gone, the answer is no
    units = [unit for unit, name in probes.items() if getattr(torch.cpu, name, bool)()]
    value = f"fast ({', '.join(units)})" if units else "slow here, so float32 is used"
    return Check("bfloat16 on the CPU", value)


def check_kernels() -> Check:
    """Look for the kernels that the install compiles where there is a compiler."""
    from lexloom.nn.kernels.library import FOLDER, REBUILD, are_stale, describe, kernels

    missing = (
        "install a C++ compiler, then lexloom again: pip install --force-reinstall --no-deps;"
        " for word vectors alone: pip install 'lexloom[numba]'"
    )
    hint = REBUILD if are_stale(FOLDER) else missing
    return Check("kernels", describe(), ok=kernels() is not None, hint=hint)


def check_gpu() -> Check:
    """Look for an accelerator that torch can use."""
    import torch

    if torch.cuda.is_available():
        return Check("GPU", torch.cuda.get_device_name(0))
    if torch.backends.mps.is_available():
        return Check("GPU", "Apple, through MPS")
    return Check("GPU", "none; everything runs on the CPU")


def check_extraction() -> Check:
    """Do the main job once, on a sentence of each language, with the shipped model."""
    load = getattr(lexloom, "load_extractor", None)
    if load is None:
        return Check("extraction", "not in this version", ok=False, needed=True)
    start = time.perf_counter()
    try:
        entities = load("default").extract(TRIAL_TEXT).entities
    except (LexloomError, ImportError, OSError, RuntimeError) as error:
        return Check("extraction", str(error), ok=False, needed=True)
    verbatim = all(TRIAL_TEXT[entity.start : entity.end] == entity.text for entity in entities)
    elapsed_s = time.perf_counter() - start
    value = f"{len(entities)} entities from a trial text in {elapsed_s:.1f} s, loading included"
    return Check("extraction", value, ok=verbatim, needed=True)


def _nearest_existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _print_table(checks: list[Check]) -> None:
    table = Table(box=None, show_header=False)
    for check in checks:
        mark = "[green]ok[/]" if check.ok else "[red]no[/]" if check.needed else "[yellow]-[/]"
        hint = f" ({check.hint})" if check.hint and not check.ok else ""
        table.add_row(mark, check.name, f"{check.value}{hint}".replace("[", r"\["))
    Console().print(table)
