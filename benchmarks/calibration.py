"""Claim: the default model's confidences are off by at most 5 % for entities and for relations.

What is measured is the expected calibration error: facts are put into ten bins of equally many by
their confidence, and the gaps between mean confidence and share of right facts are averaged, with a
bootstrap interval over documents, and with the error that perfect confidences would show by chance.
A fact counts where the annotators looked for its type and marked every mention of it; it is right
by the strict protocols. The texts are the hand-made test set of ``benchmarks/gold``, and the test
splits of the sets that the model was trained on, whose folder LEXLOOM_DATA names (left out where it
is not set, or with ``--gold-only``).
"""

import argparse
import os
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import gold_scores
import lexloom
from figures import DATA_VARIABLE, Figure, command, data_folder, print_figures, progress
from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.protocols import Facts
from lexloom.extract.reliability import Judge
from lexloom.records import Document, Extraction

EXAMPLE = "example: python benchmarks/calibration.py --model default"
RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "default"
CLAIM = 0.05
Part = tuple[str, str, Sequence[AnnotatedDocument]]


def gold_parts() -> Iterator[Part]:
    """Give the hand-made sentences of each language, those without a relation too."""
    alarms = gold_scores.read("no_relation")
    for name in ("en", "zh"):
        mine = [d for d in alarms if gold_scores.language(d) == name]
        yield "gold", f"gold_{name}", [*gold_scores.read(name), *mine]


def split_parts() -> Iterator[Part]:
    """Give the test splits of the sets that the default model was trained on."""
    sys.path.insert(0, str(RECIPE))
    import mixture

    for part in mixture.parts(data_folder(), mixture.TEST_FILES):
        yield "test splits", part.name, part.documents


def figures_of(name: str, judge: Judge) -> list[Figure]:
    """Give a figure for each kind of fact that was judged."""
    rows = []
    for kind, item in judge.reliability().items():
        values = item.to_dict()
        bins = values.pop("bins")
        rows.append(
            {"texts": name, **values, "holds": values["error"] <= CLAIM, "bins": bins},
        )
        progress(f"{name}: {kind} {100 * item.error:.1f} % of {item.num_facts} facts")
    return rows


def measure(parts: Iterator[Part], model: str, limit: int | None) -> list[Figure]:
    """Read the texts, and give figures of each set and of all sets of a kind together."""
    extractor = lexloom.load_extractor(model)
    together: dict[str, Judge] = {}
    figures = []
    for group, name, documents in parts:
        chosen = list(documents)
        if limit is not None:
            random.Random(0).shuffle(chosen)
            chosen = chosen[:limit]
        judge = Judge()
        for gold, found in zip(chosen, _read(extractor, chosen), strict=True):
            judge.add(gold, found)
            together.setdefault(group, Judge()).add(gold, found)
        figures += figures_of(name, judge)
    for group, judge in together.items():
        figures += figures_of(f"all {group}", judge)
    return figures


def _read(extractor: EncoderExtractor, documents: Sequence[AnnotatedDocument]) -> Iterator[Facts]:
    texts = (Document(str(number), d.text) for number, d in enumerate(documents))
    for item in extractor.extract_many(texts):
        assert isinstance(item, Extraction), item
        yield item


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="default", help="name or directory of an extractor")
    parser.add_argument("--gold-only", action="store_true", help="leave the test splits out")
    parser.add_argument("--limit", type=int, help="try the script: so many texts a set")
    given = parser.parse_args(arguments)
    parts = list(gold_parts())
    if os.environ.get(DATA_VARIABLE) and not given.gold_only:
        parts += split_parts()
    called = command(__file__, arguments)
    figures = measure(iter(parts), given.model, given.limit)
    print_figures([{**row, "command": called} for row in figures])


if __name__ == "__main__":
    main()
