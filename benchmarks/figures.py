"""What every benchmark needs: the folder of data sets, progress on stderr, and figures as JSON.

A figure is a flat table: what was measured, by which protocol, on which split, with which command.
"""

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Collection, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

DATA_VARIABLE = "LEXLOOM_DATA"

Figure = dict[str, Any]


def data_folder() -> Path:
    """Give the folder of data sets; without one, leave with a sentence."""
    name = os.environ.get(DATA_VARIABLE, "")
    if not name or not Path(name).is_dir():
        got = f"it names {name!r}, which is no folder" if name else "it is not set"
        sys.exit(f"{DATA_VARIABLE} must name the folder of data sets, but {got}")
    return Path(name)


def progress(sentence: str) -> None:
    """Say on stderr how far the measuring is."""
    print(sentence, file=sys.stderr, flush=True)


def command(script: str, arguments: Sequence[str] | None) -> str:
    """Give the command line that was called."""
    given = sys.argv[1:] if arguments is None else arguments
    return shlex.join(["python", f"benchmarks/{Path(script).name}", *given])


def machine() -> Figure:
    """Give what a speed depends on: the processor, and the version of torch."""
    lines = _lines(Path("/proc/cpuinfo"))
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "num_cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def training_parser(
    about: str,
    example: str,
    sets: Collection[str],
    stem: str,
    *,
    several: bool = False,
    has_init: bool = True,
) -> argparse.ArgumentParser:
    """Describe the arguments of a script that trains on sets, from a model or from nothing."""
    described = argparse.ArgumentParser(
        description=about, epilog=example, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if several:
        described.add_argument("--set", nargs="+", choices=sets, help="the sets to train on")
        described.add_argument(
            "--out",
            type=Path,
            default=Path("runs", stem),
            help=f"the folder of the runs, one for each set; runs/{stem}",
        )
    else:
        described.add_argument("--set", required=True, choices=sets, help="the set to train on")
        described.add_argument(
            "--out", type=Path, help=f"the run's folder, which is gone on with; runs/{stem}-SET"
        )
    if has_init:
        described.add_argument(
            "--init", default="minilm-l6", help="a model directory, or the name of one to fetch"
        )
    described.add_argument("--threads", type=int, default=1, help="processor threads")
    described.add_argument(
        "--dev-only", action="store_true", help="leave test alone, to choose settings"
    )
    described.add_argument(
        "--try", dest="settings", action="append", default=[], help="a setting, as num_epochs=4"
    )
    described.add_argument("--limit", type=int, help="try the script: so many texts a split")
    return described


def print_figures(figures: Iterable[Figure]) -> None:
    """Print the figures, the only thing that goes to stdout, each as soon as it is measured."""
    before = "["
    for figure in figures:
        shown = json.dumps(figure, ensure_ascii=False, indent=1)
        print(before, shown, sep="\n", end="", flush=True)
        before = ","
    print("\n]" if before == "," else "[]")
