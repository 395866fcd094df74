"""Claim: one recipe fine-tunes a small encoder to good scores on three public sets of sentences.

MSRP (paraphrases, F1), STS-B (similarity, Spearman) and SST-2 (sentiment, accuracy). Every set is
trained alike, on its official train split, but that similarity compares two vectors where the other
sets read pairs as one text. The epoch is chosen on the official dev split. The test split is scored
once, after that, with bootstrap 95 % intervals over its sentences or pairs.

MSRP goes on from an encoder that has learnt how alike the pairs of STS-B are, read as one text as
MSRP's are; pairs with a sentence of MSRP's dev or test split are left out there.

The model goes to OUT/model, the figures to stdout and to OUT/figures.json.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from figures import Figure, command, data_folder, print_figures, progress, training_parser
from lexloom.annotations.labelled import LabelledText
from lexloom.artifacts import atomic_write
from lexloom.config import parse_overrides, to_mapping
from lexloom.models.head_files import HeadFiles, save_head
from lexloom.models.heads import HeadTask
from lexloom.models.registry import resolve_model
from lexloom.train.head_start import HeadFitConfig
from lexloom.train.judge import judge_texts
from lexloom.train.label_scores import estimate
from lexloom.train.labelled import fit, make_text_task, trained_files
from lexloom.train.reports import Evaluation

EXAMPLE = "example: LEXLOOM_DATA=~/data python benchmarks/heads.py --set stsb --out runs/stsb"


def _lines(path: Path, encoding: str) -> list[str]:
    # only a line feed ends a line: some sentences hold other separators
    return [line.rstrip("\r") for line in path.read_bytes().decode(encoding).split("\n") if line]


def read_msrp(path: Path) -> list[LabelledText]:
    """Read ``quality id id sentence sentence``, below a header."""
    rows = [line.split("\t") for line in _lines(path, "utf-8-sig")[1:]]
    return [LabelledText(row[3], row[4], row[0], f"{path.name} {n}") for n, row in enumerate(rows)]


def read_stsb(path: Path) -> list[LabelledText]:
    """Read ``genre file year id score sentence sentence``; sources may follow."""
    rows = [line.split("\t") for line in _lines(path, "utf-8")]
    return [LabelledText(row[5], row[6], row[4], f"{path.name} {n}") for n, row in enumerate(rows)]


def read_sst2(path: Path) -> list[LabelledText]:
    """Read ``label sentence``, parted by a space."""
    rows = [line.partition(" ") for line in _lines(path, "latin-1")]
    return [LabelledText(row[2], None, row[0], f"{path.name} {n}") for n, row in enumerate(rows)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """A set's files, relative to the data folder, and what counts on it."""

    task: HeadTask
    read: Callable[[Path], list[LabelledText]]
    files: Mapping[str, str]
    measure: str
    goal: float
    form: Mapping[str, str] = field(default_factory=dict)
    """Shape of the head, where it was better on dev than the settings' own."""
    after: str | None = None
    """A set whose task is learnt first."""


SETS: Mapping[str, DataSet] = {
    "msrp": DataSet(
        task="classifier",
        read=read_msrp,
        files={
            "train": "msrp/msr-para-train.tsv",
            "dev": "msrp/msr-para-val.tsv",
            "test": "msrp/msr-para-test.tsv",
        },
        measure="f1",
        after="stsb",
        goal=0.87,
    ),
    "stsb": DataSet(
        task="regressor",
        read=read_stsb,
        files={
            "train": "stsb_en/sts-train.tsv",
            "dev": "stsb_en/sts-dev.tsv",
            "test": "stsb_en/sts-test.tsv",
        },
        measure="spearman",
        goal=0.84,
        form={"pair_form": "siamese", "pooling": "mean"},
    ),
    "sst2": DataSet(
        task="classifier",
        read=read_sst2,
        files={
            "train": "sentiment_en/stsa.binary.train",
            "dev": "sentiment_en/stsa.binary.dev",
            "test": "sentiment_en/stsa.binary.test",
        },
        measure="accuracy",
        goal=0.885,
    ),
}

RECIPE = {"num_epochs": 4, "max_tokens": 128}
"""The settings of every set, where they differ from the command line's own."""


FIRST_RECIPE = {"num_epochs": 3, "max_tokens": 128}
"""The settings of what is learnt first; its pairs are read as one text."""


def without(items: Sequence[LabelledText], met: Sequence[LabelledText]) -> list[LabelledText]:
    """Give the items that share no sentence with others."""
    texts = {text for item in met for text in (item.text, item.pair) if text is not None}
    return [item for item in items if texts.isdisjoint((item.text, item.pair))]


def learn_first(
    wanted: DataSet, evaluated: Sequence[LabelledText], init: Path, out: Path, limit: int | None
) -> Path:
    """Give the encoder that learnt another set's task, without what the wanted set is scored on."""
    folder = data_folder()
    splits = {n: without(wanted.read(folder / p), evaluated) for n, p in wanted.files.items()}
    train = (splits["train"] + splits["test"])[:limit]
    trial = {} if limit is None else {"num_epochs": 1}
    config = HeadFitConfig.of(FIRST_RECIPE | trial)
    task = make_text_task(wanted.task, train, splits["dev"][:limit], init, config)
    for item in fit(task, train, out):
        if isinstance(item, Evaluation):
            progress(f"first, epoch {item.epoch:g}: dev {100 * item.scores[wanted.measure]:.2f}")
    save_head(trained_files(task), out / "model")
    return out / "model"


def measure(
    files: HeadFiles, splits: Mapping[str, list[LabelledText]], common: Figure, wanted: DataSet
) -> list[Figure]:
    """Score dev, by which the model was chosen, and test."""
    return [
        common
        | {
            "split": name,
            "chosen_on_this_split": name == "dev",
            "num_items": len(items),
            "measure": measure,
            "value": found.value,
            "interval": [found.low, found.high],
            "goal": wanted.goal if measure == wanted.measure and name == "test" else None,
        }
        for name, items in splits.items()
        for measure, found in estimate(judge_texts(files, items)).items()
    ]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    return training_parser(__doc__ or "", EXAMPLE, SETS, "heads")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on one set and print its figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    wanted, folder = SETS[given.set], data_folder()
    splits = {n: wanted.read(folder / p)[: given.limit] for n, p in wanted.files.items()}
    trial = {} if given.limit is None else {"num_epochs": 1}
    settings = (
        RECIPE
        | wanted.form
        | {"select_by": wanted.measure}
        | trial
        | parse_overrides(given.settings)
    )
    config = HeadFitConfig.of(settings)
    init = resolve_model(given.init)
    out = given.out or Path("runs", f"heads-{given.set}")
    train, dev = splits.pop("train"), splits["dev"]
    if wanted.after:
        evaluated = [*dev, *splits["test"]]
        init = learn_first(SETS[wanted.after], evaluated, init, out / "first", given.limit)
    task = make_text_task(wanted.task, train, dev, init, config)
    for item in fit(task, train, out):
        if isinstance(item, Evaluation):
            scores = "  ".join(f"{key} {100 * value:.2f}" for key, value in item.scores.items())
            progress(f"epoch {item.epoch:g} of {config.train.num_epochs}: dev {scores}")
    files = trained_files(task)
    common = {
        "benchmark": "heads",
        "set": given.set,
        "init": given.init,
        "command": command(__file__, arguments),
        "is_trial": given.limit is not None,
        "num_train_items": len(train),
        "num_train_texts_cut": task.num_cut,
        "settings": to_mapping(config),
    }
    if given.dev_only:
        del splits["test"]
    figures = measure(files, splits, common, wanted)
    save_head(files, out / "model")
    with atomic_write(out / "figures.json") as stream:
        stream.write(json.dumps(figures, ensure_ascii=False, indent=1).encode())
    print_figures(figures)


if __name__ == "__main__":
    main()
