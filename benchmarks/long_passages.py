"""Claim: a long passage without full stops is read about as well as its sentences one by one.

The hand-made dev sentences of ``recipes/default/dev`` are joined to one passage a language, commas
in the place of full stops, and scored by the default model as ``lexloom extract`` reads them:
entities and relations, strict, beside the scores of the same sentences one by one. Thresholds were
chosen on these sentences (one by one), so the figures compare, and say nothing of new text.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1] / "recipes" / "default"))
import passages
import settle

import lexloom
from figures import Figure, command, print_figures
from lexloom.annotations.document import AnnotatedDocument
from lexloom.extract.extractor import EncoderExtractor
from lexloom.extract.score import report
from lexloom.records import Extraction

EXAMPLE = "example: python benchmarks/long_passages.py --model default"
PROTOCOLS = ("ner_strict", "relations_strict")


def scored(extractor: EncoderExtractor, documents: Sequence[AnnotatedDocument]) -> Iterator[Figure]:
    """Give precision, recall and F1 by protocol."""
    found = extractor.extract_many(document.text for document in documents)
    pairs = [(d, f) for d, f in zip(documents, found, strict=True) if isinstance(f, Extraction)]
    for protocol, score in report(pairs, protocols=PROTOCOLS).scores.items():
        yield {"protocol": protocol, **score.micro.to_dict()}


def figures(extractor: EncoderExtractor) -> Iterator[Figure]:
    """Score each language's sentences, and the passage that they make."""
    documents = settle.hand_made()
    for language, joints in passages.JOINTS.items():
        mine = [d for d in documents if d.id.startswith(f"dev-{language}")]
        passage = passages.joined(mine, language, joints, runs_on=True)
        for name, read in (("sentences", mine), ("passage", [passage])):
            length = sum(len(document.text) for document in read)
            common = {"language": language, "read as": name, "num_characters": length}
            for figure in scored(extractor, read):
                yield common | figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="default", help="name or directory of an extractor")
    given = parser.parse_args(arguments)
    called = command(__file__, arguments)
    extractor = lexloom.load_extractor(given.model)
    print_figures([{**figure, "command": called} for figure in figures(extractor)])


if __name__ == "__main__":
    main()
