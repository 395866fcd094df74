"""The peer of ``benchmarks/ngram.py``: sentence scores of an ARPA file by the package ``kenlm``.

Runs in an environment of its own with ``kenlm``; it imports nothing of Lexloom.
"""

import argparse
import json
import time
from pathlib import Path

import kenlm


def main() -> None:
    """Print the log probability of each line, and how long they took together."""
    described = argparse.ArgumentParser(description=__doc__)
    described.add_argument("arpa", type=Path)
    described.add_argument("text", type=Path)
    given = described.parse_args()
    model = kenlm.Model(str(given.arpa))
    lines = given.text.read_text(encoding="utf-8").splitlines()
    begin = time.perf_counter()
    scores = [model.score(line) for line in lines]
    print(json.dumps({"scores": scores, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
