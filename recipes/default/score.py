"""Score the default extractor on the test splits of the sets it was trained on, and print JSON.

    LEXLOOM_DATA=... python recipes/default/score.py

Texts are read as ``lexloom extract`` reads them. What a set does not annotate is not counted.
Beside the scores stand the calibration errors of the confidences, of which
``benchmarks/calibration.py`` tells more.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mixture

import lexloom
from lexloom.extract.reliability import Judge
from lexloom.extract.score import report
from lexloom.records import Document, Extraction


def main() -> None:
    """Score each set by the protocols that fit it."""
    extractor = lexloom.load_extractor(sys.argv[1] if len(sys.argv) > 1 else "default")
    for part in mixture.parts(Path(os.environ["LEXLOOM_DATA"]), mixture.TEST_FILES):
        documents = (Document(str(n), item.text) for n, item in enumerate(part.documents))
        found = [e for e in extractor.extract_many(documents) if isinstance(e, Extraction)]
        scores = report(zip(part.documents, found, strict=True))
        judge = Judge()
        for gold, facts in zip(part.documents, found, strict=True):
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
            for name, score in scores.scores.items()
            if score.micro.counts.num_gold
        }
        print(
            json.dumps({"set": part.name, "split": "test", "scores": wanted, "calibration": errors})
        )


if __name__ == "__main__":
    main()
