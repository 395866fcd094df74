"""Claim: a training killed at any moment loses at most what came after the last save.

A small BERT is trained in a process of its own that saves after every few steps, and is killed
(SIGKILL) after a random time, again and again; some kills are aimed between the renames of a save
and between its files and the manifest. After each kill the state must load, must not lie before the
last save that was reported, and the next process goes on from it. At the end the weights must equal
those of a run that was never killed, to the bit.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file

from figures import Figure, command, print_figures, progress
from lexloom.artifacts import restore_directory
from lexloom.train.state import MODEL, load_progress

EXAMPLE = "example: python benchmarks/kill_storm.py --kills 50"
POINTS = ("seal", "replace_directory", "write_json", "between_renames")
"""Where in a save an aimed kill strikes: before the function does its work."""
WORKER = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from kill_storm_worker import work
work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
"""


def start(out: Path, point: str, number: int) -> subprocess.Popen[str]:
    """Start a process that trains, and kills itself at `point` of its save number `number`."""
    code = WORKER.format(folder=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(out), point, str(number)],
        stdout=subprocess.PIPE,
        text=True,
    )


def strike(out: Path, draw: random.Random, *, is_aimed: bool) -> tuple[int, bool]:
    """Train until the kill; give the last step that was said to be saved, and if it was the end."""
    point = draw.choice(POINTS) if is_aimed else ""
    process = start(out, point, draw.randint(1, 6))
    assert process.stdout is not None
    if not is_aimed:
        process.stdout.readline()  # it trains now
        time.sleep(draw.uniform(0.0, 1.5))
        process.kill()
    said = process.stdout.read().split()
    process.wait()
    saved = [int(line.removeprefix("saved:")) for line in said if line.startswith("saved:")]
    return max(saved, default=0), "done" in said


def check(out: Path, saved: int) -> bool:
    """Say whether the state loads and is not older than what was saved."""
    restore_directory(out / "state")
    if not (out / "state").exists():
        return saved == 0
    return load_progress(out / "state").step >= saved


def main(arguments: Sequence[str] | None = None) -> None:
    """Storm, and print what was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    draw = random.Random(given.seed)
    num_kills = num_bad = num_finished = 0
    differs = False
    with tempfile.TemporaryDirectory() as folder:
        straight = Path(folder, "straight")
        assert start(straight, "", 0).wait() == 0
        out = Path(folder, "storm-0")
        while num_kills < given.kills:
            saved, is_done = strike(out, draw, is_aimed=num_kills % 2 == 1)
            num_kills += not is_done
            num_bad += not check(out, saved)
            progress(f"kill {num_kills}: step {saved} was saved, {num_bad} unloadable or older")
            if is_done:
                num_finished += 1
                differs |= not is_equal(out, straight)
                out = Path(folder, f"storm-{num_finished}")
        assert start(out, "", 0).wait() == 0
        differs |= not is_equal(out, straight)
    figure: Figure = {
        "benchmark": "kill_storm",
        "command": command(__file__, arguments),
        "num_kills": num_kills,
        "num_unloadable_or_older": num_bad,
        "num_runs_finished": num_finished + 1,
        "weights_equal_a_run_without_kills": not differs,
    }
    print_figures([figure])


def is_equal(one: Path, other: Path) -> bool:
    """Say whether two runs ended with the same weights."""
    weights, others = (load_file(path / "state" / MODEL) for path in (one, other))
    return all(
        weights[name].numpy().tobytes() == tensor.numpy().tobytes()
        for name, tensor in others.items()
    )


if __name__ == "__main__":
    main()
