"""Train the extractor that ships with the package, from data to ``src/lexloom/shipped/default``.

    LEXLOOM_DATA=... python recipes/default/build.py --out runs/default

A run that was cut off goes on. The sets and their licences are in `mixture`. The first weights are
those of multilingual E5, cut down to what Chinese and English need (`recipes/bilingual/cut.py`), or
a further trained encoder (``--init``). `ship` makes of it what ships. The model card is written
from what was measured.

    python recipes/default/build.py --out runs/try --ship runs/try/shipped --limit 8 --max-steps 9
"""

import argparse
import os
import random
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import get_args

import torch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "bilingual"))
import cut
import mixture
import passages
import prepare
import ship
import written

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.labels import LabelSet
from lexloom.annotations.schema import Schema
from lexloom.annotations.split import split
from lexloom.extract.decode import Decoder
from lexloom.extract.fit import fit_task, make_task, trained_files
from lexloom.extract.task import FitConfig, SpanTask
from lexloom.models import registry
from lexloom.train.config import ScheduleName, TrainConfig
from lexloom.train.reports import Evaluation

DEV_SHARE, MAX_DEV = 0.08, 60
LAYERS, CHARACTERS, OTHERS = 8, 6_500, 14_900
"""Layers of E5 that stay, most Chinese characters and most other pieces: 20,000 are left."""
PARAPHRASE_SHARE = 0.5
MAX_PASSAGES = 20_000
"""Passages of at most 4,000 characters in which pieces are counted."""
NUM_PASSAGES = 400
"""Passages of written sentences, in each language."""


class DefaultTask(SpanTask):
    """Trains on free types too, and is judged by the default schema alone."""

    def decoder(self) -> Decoder:
        """Give the rules of the default schema."""
        schema = mixture.load_schema()
        return Decoder(schema, LabelSet.of(schema), self.decode, self.calibration)


def main() -> None:
    """Do everything, one step after the other."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    data = Path(os.environ["LEXLOOM_DATA"])
    start = arguments.init or arguments.out / "encoder"
    if not (start / "tokenizer.json").exists():
        passages = prepare.mixed(data)[: arguments.limit or MAX_PASSAGES]
        limits = (CHARACTERS, OTHERS)
        cut.cut_down(registry.get("e5-small"), passages, start, layers=LAYERS, limits=limits)
    train, dev = documents(
        data, seed=arguments.seed, limit=arguments.limit, without=arguments.without
    )
    train = _thinned(train, arguments)
    print(f"{len(train):,} texts to train on, {len(dev):,} to choose by", flush=True)
    config = FitConfig(train=_train_config(arguments), paraphrase_share=PARAPHRASE_SHARE)
    blocks = written.open_blocks(held_out=False)
    train = _with_open(train, blocks, arguments.limit, arguments.open_repeats)
    schema = written.open_schema(mixture.load_schema(), blocks)
    task = make_task(train, dev, schema, start, config, DefaultTask)
    for report in fit_task(task, train, arguments.out):
        if isinstance(report, Evaluation):
            print(report.epoch, report.scores, report.losses, flush=True)
        elif isinstance(report, SpanTask):
            files = trained_files(report, "default", window_sentences=1)
            ship.ship(files, dev, arguments.ship or ship.SHIPPED)


def _train_config(arguments: argparse.Namespace) -> TrainConfig:
    return TrainConfig(
        num_epochs=arguments.epochs,
        max_steps=arguments.max_steps,
        batch_size=32,
        learning_rate=arguments.learning_rate,
        embedding_learning_rate=arguments.learning_rate,
        head_learning_rate=5 * arguments.learning_rate,
        schedule=arguments.schedule,
        seed=arguments.seed,
    )


def documents(
    data: Path, *, seed: int, limit: int | None = None, without: Collection[str] = ()
) -> tuple[list[AnnotatedDocument], list[AnnotatedDocument]]:
    """Give the texts to train on and the dev shares.

    Args:
        data: The folder of the data sets.
        seed: Of the shares and of what is drawn.
        limit: Most texts of a set.
        without: Sets that are left out.
    """
    train: list[AnnotatedDocument] = []
    dev: list[AnnotatedDocument] = []
    for part in mixture.parts(data, without=without):
        shares = split(part.documents, {"train": 1 - DEV_SHARE, "dev": DEV_SHARE}, seed=seed)
        named = [replace(d, id=f"{part.name}:{d.id}") for d in shares["train"]]
        repeats = mixture.REPEATS.get(part.name, 1)
        train += mixture.sample(named, part.name, seed, limit) * repeats
        if part.name == mixture.WRITTEN:
            train += _passages(named, seed, limit)
        # what only rules have marked is nothing to choose by
        if part.name not in mixture.PLAIN:
            dev += mixture.sample(shares["dev"], part.name, seed, min(limit or MAX_DEV, MAX_DEV))
    return train, dev


def _passages(
    sentences: list[AnnotatedDocument], seed: int, limit: int | None
) -> list[AnnotatedDocument]:
    """Put written sentences one behind the other."""
    return [
        replace(passage, id=f"{mixture.WRITTEN}:{passage.id}")
        for language in written.LANGUAGES
        for passage in passages.passages(
            [d for d in sentences if d.id.startswith(f"{mixture.WRITTEN}:{language}_")],
            language,
            count=min(NUM_PASSAGES, limit or NUM_PASSAGES),
            seed=seed,
        )
    ]


def _thinned(
    documents: list[AnnotatedDocument], arguments: argparse.Namespace
) -> list[AnnotatedDocument]:
    """Draw a share of the texts of public sets; what was written for the model stays."""
    kept = {mixture.WRITTEN, *arguments.whole}
    whole = [d for d in documents if d.id.partition(":")[0] in kept]
    others = [d for d in documents if d.id.partition(":")[0] not in kept]
    drawn = random.Random(arguments.seed).sample(
        others, round(len(others) * arguments.public_share)
    )
    return drawn + whole


def _with_open(
    documents: list[AnnotatedDocument],
    blocks: list[written.Block],
    limit: int | None,
    repeats: int,
) -> list[AnnotatedDocument]:
    """Add the sentences of free types, of which nothing was looked for in the others."""
    scope = _whole_scope(mixture.load_schema())
    bounded = []
    for document in documents:
        own = {key: getattr(document.scope, key) for key in scope}
        every = {key: types for key, types in scope.items() if own[key] is None}
        bounded.append(replace(document, scope=replace(document.scope, **every)))
    added = [document for block in blocks for document in block.labelled]
    return bounded + added[:limit] * repeats


def _whole_scope(schema: Schema) -> dict[str, tuple[str, ...]]:
    tables = {
        "entity_types": schema.entities,
        "relation_types": schema.relations,
        "event_types": schema.events,
    }
    return {key: tuple(item.name for item in table) for key, table in tables.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/default"))
    parser.add_argument("--ship", type=Path, help="where the shipped form goes")
    parser.add_argument(
        "--init",
        type=Path,
        help="an encoder, or an extractor to go on with, instead of E5 cut down",
    )
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument(
        "--schedule",
        default="linear",
        choices=get_args(ScheduleName),
        help="constant, to go on with another mixture afterwards",
    )
    parser.add_argument(
        "--public-share", type=float, default=1.0, help="share of the public sets' texts to take"
    )
    parser.add_argument(
        "--whole", nargs="+", default=(), choices=mixture.TRAIN_FILES, help="but all of these"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=(),
        choices=mixture.TRAIN_FILES,
        help="sets to leave out, to see what becomes of texts of theirs",
    )
    parser.add_argument(
        "--open-repeats",
        type=int,
        default=4,
        help="how often an epoch shows the sentences of free types",
    )
    parser.add_argument("--max-steps", type=int, help="stop after so many steps")
    parser.add_argument("--limit", type=int, help="most texts of each set, to try the command out")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
