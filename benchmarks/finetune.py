"""Claim: one recipe fine-tunes a small encoder to good extraction on seven public sets.

Every set is trained alike, on its official train split. The epoch and the thresholds are chosen on
dev, which is a tenth of train for the sets without one. The test split is scored once, after that,
by named protocols with bootstrap 95 % intervals over documents. Each document is read as one
window, for it is one sentence or few; a longer one than the model takes is cut as
``lexloom extract`` cuts, and counted.

In ``deepke`` the task is to name the relation of one ordered pair of gold spans; the entities'
types are hidden, for most of them give the relation away; see `gold_spans`.

The model goes to OUT/model, the figures to stdout and to OUT/figures.json.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from figures import Figure, command, data_folder, print_figures, progress, training_parser
from gold_spans import GoldSpanTask, hide_types, score_gold_spans
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import import_dataset, infer_schema
from lexloom.annotations.report import ImportReport
from lexloom.annotations.split import split
from lexloom.artifacts import atomic_write
from lexloom.config import from_mapping, parse_overrides, to_mapping
from lexloom.extract.encoder import EncodedWindow, SpanReader, whole_text
from lexloom.extract.extractor import WINDOW_CHARACTERS
from lexloom.extract.files import save_extractor
from lexloom.extract.fit import (
    FitConfig,
    SpanTask,
    fit_task,
    make_task,
    sentences_at_once,
    trained_files,
)
from lexloom.extract.merge import MergedFacts, merge_windows
from lexloom.extract.score import report
from lexloom.extract.windows import make_windows
from lexloom.models import registry
from lexloom.tokens.units import EncodedText
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/finetune.py --set conll04 --out runs/conll04"
)
BATCH_SIZE, NUM_STEPS, MIN_EPOCHS, MAX_EPOCHS = 16, 2_000, 8, 30
DEV_SHARE = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """The files of a set, relative to the data folder."""

    format: str
    train: str
    dev: str | None = None
    """None where the set has no dev split: a tenth of train is taken."""
    test: str
    embedding_learning_rate: float = 0.0
    """0 where the encoder knows the words, above 0 where characters have to be learnt."""
    gold_spans: bool = False
    """Whether spans are given and only the relation is asked for."""


NEW_CHARACTERS = 1e-3

SETS: Mapping[str, DataSet] = {
    "conll04": DataSet(
        format="conll04",
        train="conll04/train.txt",
        dev="conll04/dev.txt",
        test="conll04/test.txt",
    ),
    "wnut17": DataSet(
        format="columns",
        train="wnut17/wnut17train.conll",
        dev="wnut17/emerging.dev.conll",
        test="wnut17/emerging.test.annotated",
    ),
    "phee": DataSet(
        format="phee", train="phee/train.json", dev="phee/dev.json", test="phee/test.json"
    ),
    "resume": DataSet(
        format="columns",
        train="resume_ner/train.char.bmes",
        dev="resume_ner/dev.char.bmes",
        test="resume_ner/test.char.bmes",
        embedding_learning_rate=NEW_CHARACTERS,
    ),
    # without labels on its test split: dev is test, and dev is carved from train
    "cluener": DataSet(
        format="cluener",
        train="cluener/train.json",
        test="cluener/dev.json",
        embedding_learning_rate=NEW_CHARACTERS,
    ),
    "fewfc": DataSet(
        format="fewfc",
        train="fewfc_zh/rearranged/train_base.json",
        test="fewfc_zh/rearranged/test_base.json",
        embedding_learning_rate=NEW_CHARACTERS,
    ),
    "deepke": DataSet(
        format="deepke",
        train="deepke_zh_re_v0/train.csv",
        test="deepke_zh_re_v0/test.csv",
        embedding_learning_rate=NEW_CHARACTERS,
        gold_spans=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Splits:
    """A set's documents."""

    train: list[AnnotatedDocument]
    dev: list[AnnotatedDocument]
    test: list[AnnotatedDocument]


def load_splits(name: str, folder: Path, limit: int | None) -> Splits:
    """Read a set, at most `limit` documents of each split."""
    files = SETS[name]

    def read(path: str) -> list[AnnotatedDocument]:
        found = list(import_dataset(folder / path, files.format, report=ImportReport()))
        return [hide_types(item) for item in found] if files.gold_spans else found

    train, test = read(files.train), read(files.test)
    if files.dev is None:
        parts = split(train, {"train": 1 - DEV_SHARE, "dev": DEV_SHARE}, seed=0)
        train, dev = parts["train"], parts["dev"]
    else:
        dev = read(files.dev)
    return Splits(train[:limit], dev[:limit], test[:limit])


def recipe(name: str, num_documents: int, settings: Mapping[str, Any]) -> FitConfig:
    """Give the settings: the same for every set, but for how long and what is new to the model."""
    wanted = round(NUM_STEPS * BATCH_SIZE / num_documents)
    of_set = {
        "batch_size": BATCH_SIZE,
        "num_epochs": min(MAX_EPOCHS, max(MIN_EPOCHS, wanted)),
        "embedding_learning_rate": SETS[name].embedding_learning_rate,
    }
    return FitConfig(train=from_mapping(TrainConfig, of_set | settings, where="--try"))


def train_task(name: str, splits: Splits, init: Path, out: Path, config: FitConfig) -> SpanTask:
    """Train, or go on where the folder `out` stands; give the best model with its thresholds."""
    schema = infer_schema(splits.train, name)
    task_class = GoldSpanTask if SETS[name].gold_spans else SpanTask
    task = make_task(splits.train, splits.dev, schema, init, config, task_class)
    for item in fit_task(task, splits.train, out):
        if isinstance(item, Evaluation):
            scores = "  ".join(f"{key} {100 * value:.1f}" for key, value in item.scores.items())
            mark = "  (best so far)" if item.is_best else ""
            progress(f"epoch {item.epoch:g} of {config.train.num_epochs}: dev {scores}{mark}")
    return task


def read_facts(
    task: SpanTask, documents: Sequence[AnnotatedDocument]
) -> tuple[list[MergedFacts], int]:
    """Give each document's facts, and how many documents were too long for one window."""
    encoded = task.reader.tokenizer.encode([document.text for document in documents])
    parts = [
        _windows(document.text, text, task.reader)
        for document, text in zip(documents, encoded, strict=True)
    ]
    windows = [window for part in parts for window in part]
    facts = iter(task.reader.read(windows, task.decoder(), task.reader.encode_labels(task.labels)))
    merged = [
        merge_windows(document.text, [next(facts) for _ in part])
        for document, part in zip(documents, parts, strict=True)
    ]
    return merged, sum(len(part) > 1 for part in parts)


def _windows(text: str, encoded: EncodedText, reader: SpanReader) -> list[EncodedWindow]:
    if len(encoded.input_ids) <= reader.max_tokens:
        return [(whole_text(text), encoded)]
    windows = list(
        make_windows(text, max_units=WINDOW_CHARACTERS, overlap_sentences=0, count_units=len)
    )
    pieces = reader.tokenizer.encode([text[window.start : window.end] for window in windows])
    return list(zip(windows, pieces, strict=True))


def score_extraction(task: SpanTask, documents: Sequence[AnnotatedDocument]) -> list[Figure]:
    """Give one figure a protocol."""
    found, num_cut = read_facts(task, documents)
    scores = report(zip(documents, found, strict=True)).to_dict()
    reading = {"window": "whole document", "num_documents_cut": num_cut}
    return [
        {"protocol": protocol, "num_documents": score["num_documents"], **reading}
        | score["micro"]
        | {"macro_f1": score["macro"]["f1"]}
        for protocol, score in scores.items()
    ]


def measure(task: SpanTask, splits: Splits, common: Figure, *, dev_only: bool) -> list[Figure]:
    """Score dev, by which the model was chosen, and test."""
    scored = {"dev": splits.dev} | ({} if dev_only else {"test": splits.test})
    score = score_gold_spans if isinstance(task, GoldSpanTask) else score_extraction
    return [
        common | {"split": name, "chosen_on_this_split": name == "dev"} | figure
        for name, documents in scored.items()
        for figure in score(task, documents)
    ]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    return training_parser(__doc__ or "", EXAMPLE, SETS, "finetune")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on one set and print its figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    splits = load_splits(given.set, data_folder(), given.limit)
    trial = {} if given.limit is None else {"num_epochs": 1}
    config = recipe(given.set, len(splits.train), trial | parse_overrides(given.settings))
    init = Path(given.init) if Path(given.init).exists() else registry.get(given.init)
    out = given.out or Path("runs", f"finetune-{given.set}")
    progress(f"{given.set}: {len(splits.train)} train, {len(splits.dev)} dev documents")
    task = train_task(given.set, splits, init, out, config)
    common = {
        "benchmark": "finetune",
        "set": given.set,
        "init": given.init,
        "command": command(__file__, arguments),
        "is_trial": given.limit is not None,
        "num_train_documents": len(splits.train),
        "settings": to_mapping(config.train),
        "dev": "official" if SETS[given.set].dev else "a tenth of train, seed 0",
    }
    figures = measure(task, splits, common, dev_only=given.dev_only)
    at_once = sentences_at_once(splits.train)
    save_extractor(trained_files(task, given.set, window_sentences=at_once), out / "model")
    with atomic_write(out / "figures.json") as stream:
        stream.write(json.dumps(figures, ensure_ascii=False, indent=1).encode())
    print_figures(figures)


if __name__ == "__main__":
    main()
