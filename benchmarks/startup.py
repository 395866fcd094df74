"""Claim: ``import lexloom`` and ``lexloom --help`` load no torch, so that they answer at once.

Each is run in a process of its own that tells which modules it has loaded at its end. Wall times
are medians over interleaved rounds, beside an empty Python process.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median

from figures import Figure, command, machine, print_figures, progress

EXAMPLE = "example: python benchmarks/startup.py --rounds 20"
TELL = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
HELP = "sys.argv = ['lexloom', '--help']; from lexloom.cli import run; run()"
PROGRAMS: Mapping[str, str] = {
    "python -c pass": "pass",
    "import lexloom": "import lexloom",
    "lexloom --help": f"import sys; {HELP}",
}
HEAVY = frozenset({"torch", "transformers", "numpy", "tokenizers", "safetensors"})


def run(program: str) -> list[str]:
    """Run a program and give what it wrote to stderr, split at white space."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stderr.split()


def seconds(program: str) -> float:
    """Give how long a process with the program takes, start and end included."""
    begin = time.perf_counter()
    run(program)
    return time.perf_counter() - begin


def measure(num_rounds: int) -> list[Figure]:
    """Give one figure a program."""
    times_s: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(num_rounds + 1):
        progress(f"round {number} of {num_rounds}")
        for name, program in PROGRAMS.items():
            taken_s = seconds(program)
            if number:  # the first round fills the disk cache
                times_s[name].append(taken_s)
    empty_s = median(times_s["python -c pass"])
    figures = []
    for name, program in PROGRAMS.items():
        modules = run(TELL + program)
        figures.append(
            {
                "benchmark": "startup",
                "program": name,
                "median_s": median(times_s[name]),
                "min_s": min(times_s[name]),
                "max_s": max(times_s[name]),
                "ratio_to_empty_python": median(times_s[name]) / empty_s,
                "num_modules": len(modules),
                "loads_torch": "torch" in modules,
                "heavy_modules": sorted(HEAVY.intersection(modules)),
            }
        )
    return figures


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--rounds", type=int, default=10, help="timed rounds")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    common = {"command": command(__file__, arguments), "machine": machine()}
    print_figures([figure | common for figure in measure(given.rounds)])


if __name__ == "__main__":
    main()
