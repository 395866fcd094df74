"""Score extractors on the test splits of the sets the default one was trained on, or on dev.

    LEXLOOM_DATA=... python recipes/default/score.py
    LEXLOOM_DATA=... python recipes/default/score.py --dev runs/first/shipped runs/second/shipped

One line of JSON is printed for each model and set. Texts are read as ``lexloom extract`` reads
them. What a set does not annotate is not counted. Beside the scores stand the calibration errors of
the confidences, of which ``benchmarks/calibration.py`` tells more. By ``--dev``, the texts that the
recipe's choices are made on, those shares of all sets are one, and the hand-made sentences are
scored by language and by file.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import build
import mixture
import settle

import lexloom
from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.reliability import Judge
from lexloom.extract.score import report
from lexloom.records import Document, Extraction

Texts = Sequence[AnnotatedDocument]


def texts(data: Path, *, dev: bool) -> Iterator[tuple[str, Texts]]:
    """Give what is scored, with its name."""
    if not dev:
        yield from ((p.name, p.documents) for p in mixture.parts(data, mixture.TEST_FILES))
        return
    yield "dev shares", build.documents(data, seed=mixture.SEED)[1]
    hand_made = settle.hand_made()
    for language in ("en", "zh"):
        yield language, [d for d in hand_made if d.id.startswith(f"dev-{language}")]
    for file in dict.fromkeys(d.id.split("-")[1] for d in hand_made):
        yield f"{file}.txt", [d for d in hand_made if d.id.split("-")[1] == file]


def scored(extractor: EncoderExtractor, documents: Texts) -> dict[str, Any]:
    """Give the scores of the protocols that fit the texts, and the calibration errors."""
    given = (Document(str(number), item.text) for number, item in enumerate(documents))
    found = [e for e in extractor.extract_many(given) if isinstance(e, Extraction)]
    scores = report(zip(documents, found, strict=True)).scores
    judge = Judge()
    for gold, facts in zip(documents, found, strict=True):
        judge.add(gold, facts)
    errors = {
        kind: {
            "error": item.error,
            "interval": [item.interval.low, item.interval.high],
            "error_by_chance": item.error_by_chance,
            "num_facts": item.num_facts,
        }
        for kind, item in judge.reliability().items()
    }
    wanted = {
        name: score.to_dict()["micro"]
        for name, score in scores.items()
        if score.micro.counts.num_gold
    }
    return {"num_texts": len(documents), "scores": wanted, "calibration": errors}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=["default"], help="names or directories")
    parser.add_argument("--dev", action="store_true", help="what choices are made on, not test")
    given = parser.parse_args(arguments)
    extractors = {name: lexloom.load_extractor(name) for name in given.models}
    split = "dev" if given.dev else "test"
    for name, documents in texts(Path(os.environ["LEXLOOM_DATA"]), dev=given.dev):
        for model, extractor in extractors.items():
            about = {"model": model, "set": name, "split": split}
            print(json.dumps(about | scored(extractor, documents)), flush=True)


if __name__ == "__main__":
    main()
