"""Claim: without a language model, vectors and a chain of tags find Chinese entities well.

Vectors of characters, of pairs of them and of words are learnt by skip-gram from raw Chinese text
and from the words of the set's train split, without its tags. A tagger on them is trained on the
official train split. The epoch is chosen on dev, which is a twentieth of train for MSRA, which has
none. The test split is scored once, after that: strict spans (type and both borders), micro, with
a bootstrap 95 % interval over sentences.

The model goes to OUT/model, the figures to stdout and to OUT/figures.json. A run that was cut off
goes on when the same command is given again.
"""

import argparse
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from figures import Figure, command, data_folder, print_figures, progress, training_parser
from lexloom.annotations.report import ImportReport
from lexloom.annotations.split import hold_out
from lexloom.annotations.tagged import TaggedWords, read_tagged
from lexloom.artifacts import atomic_write
from lexloom.config import parse_overrides, to_mapping
from lexloom.models.vector_tagger_files import VectorTaggerFiles, save_vector_tagger
from lexloom.tokens.word_features import plain
from lexloom.train.label_scores import TagScores, estimate, span_counts
from lexloom.train.predict import tag_words
from lexloom.train.reports import Evaluation
from lexloom.train.vector_start import VectorFitConfig, VectorSources
from lexloom.train.vector_tagger import fit, make_vector_task, trained_files
from lexloom.vectors.word2vec import Word2VecConfig
from raw_chinese import learn_vectors, raw_lines

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/vector_tagger.py --set resume --out runs/resume"
)
MSRA_TRAIN = 50_658
"""Sentences of the joined file that are train; the others are test."""
DEV_SHARE = 0.05
RAW_CHARACTERS = 2_000_000
VECTORS = Word2VecConfig(dim=50, epochs=3, negative=5, window=5)


@dataclass(frozen=True, slots=True)
class Splits:
    """A set's sentences."""

    train: list[TaggedWords]
    dev: list[TaggedWords]
    test: list[TaggedWords]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """How a set is read, and for how long it is learnt."""

    read: Callable[[Path], Splits]
    goal: float
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_resume(folder: Path) -> Splits:
    """Read ResumeNER, in its official splits."""
    parts = (
        list(read_tagged(folder / f"resume_ner/{name}.char.bmes", "columns", ImportReport()))
        for name in ("train", "dev", "test")
    )
    return Splits(*parts)


def read_msra_lines(text: str) -> Iterator[TaggedWords]:
    """Read ``character TAB tag`` lines, an empty one behind each sentence."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        rows = [line.split("\t") for line in block.split("\n") if line]
        if rows:
            yield TaggedWords(tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def read_msra(folder: Path) -> Splits:
    """Read MSRA, whose splits are joined; what is in test too is left out of train."""
    with zipfile.ZipFile(folder / "msra_ner" / "dh_msra.zip") as archive:
        items = list(read_msra_lines(archive.read("dh_msra.txt").decode("utf-8")))
    test = items[MSRA_TRAIN:]
    tested = {item.words for item in test}
    known = [item for item in items[:MSRA_TRAIN] if item.words not in tested]
    train, dev = hold_out(
        known, DEV_SHARE, content=lambda item: "".join(item.words), labels=lambda item: item.tags
    )
    return Splits(train, dev, test)


SETS: Mapping[str, DataSet] = {
    "resume": DataSet(read=read_resume, goal=0.93, settings={"num_epochs": 20}),
    "msra": DataSet(read=read_msra, goal=0.88, settings={"num_epochs": 6, "batch_size": 32}),
}


def learn_sources(
    train: Sequence[TaggedWords], folder: Path, out: Path, max_characters: int
) -> VectorSources:
    """Learn the three kinds of vectors, or open those that are there."""

    def lines() -> Iterator[str]:
        yield from (plain("".join(item.words)) for item in train)
        yield from raw_lines(folder, max_characters)

    kinds = ("characters", "pairs", "words")
    return VectorSources(*(learn_vectors(kind, lines, out / kind, VECTORS) for kind in kinds))


def measure(
    files: VectorTaggerFiles, splits: Mapping[str, list[TaggedWords]], common: Figure, goal: float
) -> list[Figure]:
    """Score dev, by which the epoch was chosen, and test."""
    figures = []
    for name, items in splits.items():
        found = [[tag for tag, _, _ in row] for row in tag_words(files, [i.words for i in items])]
        gold = [item.tags for item in items]
        right, num_found, num_gold = span_counts(gold, found).sum(0).tolist()
        f1 = estimate(TagScores(gold, found))["f1"]
        figures.append(
            common
            | {
                "split": name,
                "chosen_on_this_split": name == "dev",
                "protocol": "ner_strict",
                "num_sentences": len(items),
                "num_gold": num_gold,
                "precision": right / num_found if num_found else 0.0,
                "recall": right / num_gold if num_gold else 0.0,
                "f1": f1.value,
                "interval": [f1.low, f1.high],
                "goal": goal if name == "test" else None,
            }
        )
    return figures


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = training_parser(__doc__ or "", EXAMPLE, SETS, "vector-tagger", has_init=False)
    described.add_argument(
        "--raw-characters",
        type=int,
        default=RAW_CHARACTERS,
        help="characters of each file of raw text that vectors are learnt from",
    )
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn vectors, train on one set, and print its figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    wanted, folder = SETS[given.set], data_folder()
    out = given.out or Path("runs", f"vector-tagger-{given.set}")
    splits = wanted.read(folder)
    train, dev, test = (part[: given.limit] for part in (splits.train, splits.dev, splits.test))
    trial = {} if given.limit is None else {"num_epochs": 1}
    config = VectorFitConfig.of({**wanted.settings, **trial, **parse_overrides(given.settings)})
    progress(f"{given.set}: {len(train)} train, {len(dev)} dev sentences")
    task = make_vector_task(
        train, dev, learn_sources(train, folder, out / "vectors", given.raw_characters), config
    )
    for item in fit(task, train, out):
        if isinstance(item, Evaluation):
            scores = "  ".join(f"{key} {100 * value:.2f}" for key, value in item.scores.items())
            progress(f"epoch {item.epoch:g} of {config.train.num_epochs}: dev {scores}")
    files = trained_files(task)
    common = {
        "benchmark": "vector_tagger",
        "set": given.set,
        "command": command(__file__, arguments),
        "is_trial": given.limit is not None,
        "num_train_sentences": len(train),
        "raw_characters_a_file": given.raw_characters,
        "settings": to_mapping(config),
    }
    scored = {"dev": dev} | ({} if given.dev_only else {"test": test})
    figures = measure(files, scored, common, wanted.goal)
    save_vector_tagger(files, out / "model")
    with atomic_write(out / "figures.json") as stream:
        stream.write(json.dumps(figures, ensure_ascii=False, indent=1).encode())
    print_figures(figures)


if __name__ == "__main__":
    main()
