"""Claim: a corpus is built at least twice as fast as with datatrove.

Chinese laws and English novels are read, filtered and freed of near-duplicates by

- ``ours``: ``lexloom corpus build`` with as many workers, which also normalises, tells languages,
  looks for boilerplate and for exact copies, and seals what it wrote;
- ``peer``: datatrove with the same filters and limits, and MinHash with the same bands, in an
  environment of its own (``benchmarks/peers/corpus_datatrove.py`` says how).

Each is a process of its own, timed from its start to its end. Each round runs both, one after the
other; a first round is left out. A ratio is taken within each round, and its median over the rounds
given.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from figures import Figure, command, data_folder, machine, print_figures, progress

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/corpus_build.py "
    "--peer-python ~/datatrove/bin/python --workers 2"
)
PEER = Path(__file__).parent / "peers" / "corpus_datatrove.py"
LAWS, NOVELS = "zh_laws/laws_md.tar.gz", "litbank_novels/original_novels.tar.gz"
ENDINGS = {"laws": ".md", "novels": ".txt"}


def unpack(archive: Path, folder: Path, ending: str, limit: int | None) -> None:
    """Write the texts of an archive to a folder, numbered; the first `limit` by name."""
    folder.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        members = [item for item in tar if item.isfile() and item.name.endswith(ending)]
        for number, member in enumerate(sorted(members, key=lambda item: item.name)[:limit]):
            stream = tar.extractfile(member)
            assert stream is not None
            (folder / f"{number:05d}{ending}").write_bytes(stream.read())


def num_bytes(folder: Path) -> int:
    """Give the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def seconds(call: Sequence[str | Path], out: Path) -> tuple[float, str]:
    """Give how long a process takes that writes to `out`, and what it prints."""
    shutil.rmtree(out, ignore_errors=True)
    begin = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in call], capture_output=True, text=True, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    taken_s = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{call[0]} failed with exit code {done.returncode}:\n{done.stderr[-2000:]}")
    return taken_s, done.stdout


def calls(folder: Path, workers: int, peer_python: Path | None) -> dict[str, list[str | Path]]:
    """Give the command line of each run."""
    laws, novels = folder / "laws", folder / "novels"
    ours = [sys.executable, "-m", "lexloom", "corpus", "build", laws, novels]
    runs = {"ours": [*ours, "--out", folder / "ours", "--workers", str(workers), "--json"]}
    if peer_python is not None:
        peer = [peer_python, PEER, "--zh", laws, "--en", novels]
        runs["peer"] = [*peer, "--out", folder / "peer", "--workers", str(workers)]
    return runs


def measure(folder: Path, workers: int, peer_python: Path | None, rounds: int) -> list[Figure]:
    """Time the runs, interleaved, and give the figures."""
    runs = calls(folder, workers, peer_python)
    times_s: dict[str, list[float]] = {name: [] for name in runs}
    kept: dict[str, int] = {}
    for number in range(rounds + 1):
        for name, call in runs.items():
            taken_s, printed = seconds(call, folder / name)
            progress(f"round {number} of {rounds}, {name}: {taken_s:.1f} s")
            kept[name] = num_kept(printed)
            if number:
                times_s[name].append(taken_s)
    size = num_bytes(folder / "laws") + num_bytes(folder / "novels")
    figures: list[Figure] = [
        {
            "protocol": f"{name}, MB/s",
            **spread([size / 1e6 / taken_s for taken_s in taken]),
            "num_kept": kept[name],
        }
        for name, taken in times_s.items()
    ]
    if "peer" in times_s:
        pairs = zip(times_s["ours"], times_s["peer"], strict=True)
        ratios = [peer_s / ours_s for ours_s, peer_s in pairs]
        figures.append({"protocol": "ours / peer, ratio of speeds", **spread(ratios)})
    return [figure | {"megabytes": size / 1e6} for figure in figures]


def num_kept(printed: str) -> int:
    """Read how many documents a run kept, ours from its report, the peer's by language."""
    values = json.loads(printed[printed.index("{") :])
    return int(values["total"]["kept"] if "total" in values else sum(values.values()))


def spread(values: Sequence[float]) -> Figure:
    """Give the middle and the ends."""
    return {"median": median(values), "min": min(values), "max": max(values)}


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--peer-python", type=Path, help="of an environment with datatrove")
    described.add_argument("--workers", type=int, default=2, help="processes of each")
    described.add_argument("--rounds", type=int, default=3, help="timed rounds")
    described.add_argument("--max-laws", type=int, help="how many laws; all if left out")
    described.add_argument("--max-novels", type=int, help="how many novels; all if left out")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), data_folder()
        unpack(data / LAWS, folder / "laws", ENDINGS["laws"], given.max_laws)
        unpack(data / NOVELS, folder / "novels", ENDINGS["novels"], given.max_novels)
        figures = measure(folder, given.workers, given.peer_python, given.rounds)
    common = {
        "benchmark": "corpus_build",
        "num_workers": given.workers,
        "num_rounds": given.rounds,
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
