"""Ship a trained extractor, or the mean of two.

    LEXLOOM_DATA=... python recipes/default/average.py runs/a runs/b --share 0.5 --ship runs/mean

The mean of the parameters of two extractors, the second trained on from the first by another
mixture, keeps much of what each does better (Wortsman et al., 2022, "Model soups"); ``--share`` is
that of the second. The folders are those of extractors stored as float32, or of int8 ones with what
that lost.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import build
import ship

from lexloom.extract.files import load_extractor_files, save_extractor


def main() -> None:
    """Average, where two are given, and ship."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="+", type=Path, help="one extractor, or two")
    parser.add_argument("--share", type=float, default=0.5, help="of the second")
    parser.add_argument(
        "--ship", type=Path, default=ship.SHIPPED, help="where the shipped form goes"
    )
    parser.add_argument("--out", type=Path, help="where the float32 form goes, to train on from")
    parser.add_argument("--seed", type=int, default=13, help="of the dev shares")
    given = parser.parse_args()
    if len(given.model) > 2:
        parser.error("give one extractor, or two")
    found = [load_extractor_files(path) for path in given.model]
    files = ship.mean(found[0], found[1], given.share) if len(found) == 2 else found[0]
    if given.out:
        save_extractor(files, given.out)
    _, dev = build.documents(Path(os.environ["LEXLOOM_DATA"]), seed=given.seed)
    ship.ship(files, dev, given.ship)


if __name__ == "__main__":
    main()
