"""Claim: one recipe fine-tunes a small encoder to good extraction on thirteen public sets.

Every set is trained alike, on its official train split where it has one; `extraction_sets` names
the splits and the traps. The epoch and the thresholds are chosen on dev. The test split is scored
once, after that, by named protocols with bootstrap 95 % intervals over documents. A document is
read as one window, for it is one sentence or few; a longer one than the model takes is cut as
``lexloom extract`` cuts, and counted. CASIE's articles are all cut so, for training and for
reading, and scored whole.

In ``deepke`` and ``semeval`` the task is to name the relation of two gold spans; the types of the
entities are hidden, for in DeepKE most of them give the relation away; see `gold_spans`.

Each set has a folder of its own under OUT, with the model in ``model`` and the figures in
``figures.json``; they go to stdout too. Finished sets are passed over and one that was cut off goes
on, so the same command can be given again. ``--report`` prints the table of what is finished.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from cut_documents import windows_of
from extraction_sets import NUM_FOLDS, SETS, Splits, in_order_of_text, load_splits, trained_on
from figures import Figure, command, data_folder, print_figures, progress, training_parser
from finetune_report import FIGURES, markdown, read_figures
from gold_spans import GoldSpanTask, score_gold_spans
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import infer_schema
from lexloom.artifacts import atomic_write
from lexloom.config import from_mapping, parse_overrides, to_mapping
from lexloom.errors import LexloomError, TrainingStopped
from lexloom.extract.encoder import EncodedWindow, SpanReader, whole_text
from lexloom.extract.files import save_extractor
from lexloom.extract.fit import fit_task, make_task, sentences_at_once, trained_files
from lexloom.extract.merge import MergedFacts, merge_windows
from lexloom.extract.score import report
from lexloom.extract.task import FitConfig, SpanTask
from lexloom.models.registry import resolve_model
from lexloom.tokens.units import EncodedText
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/finetune.py --set conll04 ade --out runs/f"
)
BATCH_SIZE, NUM_STEPS, MIN_EPOCHS, MAX_EPOCHS = 16, 2_000, 8, 30
MAX_STEPS = 8_000
GROUPS = {
    "all": tuple(SETS),
    "en": tuple(name for name, item in SETS.items() if item.language == "en"),
    "zh": tuple(name for name, item in SETS.items() if item.language == "zh"),
}
"""Names for several sets."""
PARTLY_DONE = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One set to train on and score."""

    set: str
    fold: int
    out: Path
    """Its folder."""


def recipe(name: str, num_documents: int, settings: Mapping[str, Any]) -> FitConfig:
    """Give the settings: the same for every set, but for how long and what is new to the model.

    A run takes about `NUM_STEPS` steps, but so many epochs at least and at most; a set whose least
    epochs are more than `MAX_STEPS` is ended there, and looked at as often as the others.
    """
    wanted = round(NUM_STEPS * BATCH_SIZE / num_documents)
    num_epochs = min(MAX_EPOCHS, max(MIN_EPOCHS, wanted))
    of_set: dict[str, Any] = {
        "batch_size": BATCH_SIZE,
        "num_epochs": num_epochs,
        "embedding_learning_rate": SETS[name].embedding_learning_rate,
    }
    if num_epochs * num_documents > MAX_STEPS * BATCH_SIZE:
        of_set |= {"max_steps": MAX_STEPS, "evaluate_every_steps": MAX_STEPS // MIN_EPOCHS}
    return FitConfig(train=from_mapping(TrainConfig, {**of_set, **settings}, where="--try"))


def train_task(name: str, splits: Splits, init: Path, out: Path, config: FitConfig) -> SpanTask:
    """Train, or go on where the folder `out` stands; give the best model with its thresholds."""
    schema = infer_schema(splits.train, name)
    task_class = GoldSpanTask if SETS[name].gold_spans else SpanTask
    task = make_task(splits.train, splits.dev, schema, init, config, task_class)
    for item in fit_task(task, splits.train, out):
        if isinstance(item, Evaluation):
            scores = "  ".join(f"{key} {100 * value:.1f}" for key, value in item.scores.items())
            mark = "  (best so far)" if item.is_best else ""
            progress(f"epoch {item.epoch:.3g} of {config.train.num_epochs}: dev {scores}{mark}")
    if isinstance(task, GoldSpanTask):
        task.choose_threshold()
    return task


def read_facts(
    task: SpanTask, documents: Sequence[AnnotatedDocument], *, cut: bool
) -> tuple[list[MergedFacts], int]:
    """Give each document's facts, and how many documents were read in several windows.

    Args:
        task: What was trained.
        documents: What to read.
        cut: Whether every document is cut, as in training, or only one that is too long.
    """
    encoded = task.reader.tokenizer.encode([document.text for document in documents])
    parts = [
        _windows(document.text, text, task.reader, cut=cut)
        for document, text in zip(documents, encoded, strict=True)
    ]
    windows = [window for part in parts for window in part]
    facts = iter(task.reader.read(windows, task.decoder(), task.reader.encode_labels(task.labels)))
    merged = [
        merge_windows(document.text, [next(facts) for _ in part])
        for document, part in zip(documents, parts, strict=True)
    ]
    return merged, sum(len(part) > 1 for part in parts)


def _windows(
    text: str, encoded: EncodedText, reader: SpanReader, *, cut: bool
) -> list[EncodedWindow]:
    if len(encoded.input_ids) <= reader.max_tokens and not cut:
        return [(whole_text(text), encoded)]
    windows = windows_of(text)
    pieces = reader.tokenizer.encode([text[window.start : window.end] for window in windows])
    return list(zip(windows, pieces, strict=True))


def score_extraction(
    task: SpanTask, documents: Sequence[AnnotatedDocument], name: str
) -> list[Figure]:
    """Give one figure a protocol."""
    wanted = SETS[name]
    read, num_cut = read_facts(task, documents, cut=wanted.cut)
    found = [in_order_of_text(facts, wanted.symmetric) for facts in read]
    scores = report(zip(documents, found, strict=True)).to_dict()
    window = "as lexloom extract cuts" if wanted.cut else "whole document"
    reading = {"window": window, "num_documents_cut": num_cut}
    return [
        {"protocol": protocol, "num_documents": score["num_documents"], **reading}
        | score["micro"]
        | {"macro_f1": score["macro"]["f1"]}
        for protocol, score in scores.items()
    ]


def measure(task: SpanTask, splits: Splits, common: Figure, *, dev_only: bool) -> list[Figure]:
    """Score dev, by which the model was chosen, and test."""
    scored = {"dev": splits.dev} | ({} if dev_only else {"test": splits.test})
    wanted = SETS[common["set"]]
    figures = []
    for name, documents in scored.items():
        if isinstance(task, GoldSpanTask):
            found = score_gold_spans(task, documents)
        else:
            found = score_extraction(task, documents, common["set"])
        figures += [
            common
            | {"split": name, "chosen_on_this_split": name == "dev"}
            | figure
            | {"goal": wanted.goals.get(figure["protocol"]) if name == "test" else None}
            for figure in found
        ]
    return figures


def run(job: Job, given: argparse.Namespace, called: str) -> list[Figure]:
    """Train on one set, or go on, and write its model and figures."""
    splits = load_splits(job.set, data_folder(), given.limit, job.fold)
    pieces = trained_on(job.set, splits, given.limit)
    trial = {} if given.limit is None else {"num_epochs": 1}
    config = recipe(job.set, len(pieces.train), trial | parse_overrides(given.settings))
    init = resolve_model(given.init)
    dropped = ", ".join(f"{count} of {name}" for name, count in splits.num_dropped.items() if count)
    progress(
        f"{job.out.name}: {len(pieces.train)} train, {len(pieces.dev)} dev texts"
        + (f"; left out, for a later split holds their text: {dropped}" if dropped else "")
    )
    task = train_task(job.set, pieces, init, job.out, config)
    common = {
        **about(job, given, splits),
        "command": called,
        "num_train_texts": len(pieces.train),
        "settings": to_mapping(config.train),
    }
    figures = measure(task, splits, common, dev_only=given.dev_only)
    at_once = sentences_at_once(pieces.train)
    save_extractor(trained_files(task, job.set, window_sentences=at_once), job.out / "model")
    with atomic_write(job.out / FIGURES) as stream:
        stream.write(json.dumps(figures, ensure_ascii=False, indent=1).encode())
    return figures


def about(job: Job, given: argparse.Namespace, splits: Splits) -> Figure:
    """Give what every figure of a run says of it."""
    wanted = SETS[job.set]
    return {
        "benchmark": "finetune",
        "set": job.set,
        "fold": job.fold if wanted.has_folds else None,
        **asked(given),
        "is_trial": given.limit is not None,
        "num_train_documents": len(splits.train),
        "num_dropped": dict(splits.num_dropped),
        "split_of": wanted.split,
    }


def asked(given: argparse.Namespace) -> Figure:
    """Give what makes two runs on one set different."""
    return {"init": given.init, "try": list(given.settings), "limit": given.limit}


def is_finished(job: Job, given: argparse.Namespace) -> bool:
    """Say whether a set's figures are there.

    Raises:
        LexloomError: If they are, but of a run that was asked for otherwise.
    """
    figures = read_figures(job.out / FIGURES)
    if not figures:
        return False
    wanted = asked(given)
    found = {key: figures[0].get(key) for key in wanted}
    if found != wanted:
        raise LexloomError(
            f"{job.out} holds figures of a run with {found}, not {wanted}",
            hint="give another --out, or remove that folder",
        )
    return given.dev_only or any(figure["split"] == "test" for figure in figures)


def jobs(given: argparse.Namespace) -> Iterator[Job]:
    """Give the sets in the order asked for, each once; one with folds once for each."""
    names = [name for group in given.set for name in GROUPS.get(group, (group,))]
    for name in dict.fromkeys(names):
        for fold in given.fold if SETS[name].has_folds else (0,):
            folder = f"{name}-{fold}" if SETS[name].has_folds else name
            yield Job(name, fold, given.out / folder)


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = training_parser(__doc__ or "", EXAMPLE, (*GROUPS, *SETS), "finetune", several=True)
    described.add_argument(
        "--fold",
        type=int,
        nargs="+",
        choices=range(NUM_FOLDS),
        default=[0],
        help="the folds that are test, in a set with folds (ade)",
    )
    described.add_argument("--report", action="store_true", help="print the table of OUT only")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on the sets that are not finished and print their figures."""
    described = parser()
    given = described.parse_args(arguments)
    if given.report:
        print(markdown(given.out))
        return
    if not given.set:
        described.error("give --set, or --report")
    torch.set_num_threads(given.threads)
    figures: list[Figure] = []
    num_failed = 0
    for job in jobs(given):
        try:
            if is_finished(job, given):
                progress(f"{job.out.name}: finished before, in {job.out}")
            else:
                figures += run(job, given, command(__file__, arguments))
        except TrainingStopped as error:
            sys.exit(f"{job.out.name}: {error}")
        except LexloomError as error:
            progress(f"{job.out.name}: {error}")
            num_failed += 1
    print_figures(figures)
    if num_failed:
        sys.exit(PARTLY_DONE if figures else 1)


if __name__ == "__main__":
    main()
