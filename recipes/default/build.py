"""Train the extractor that ships with the package, from data to ``src/lexloom/shipped/default``.

    LEXLOOM_DATA=... python recipes/default/build.py --out runs/default

A run that was cut off goes on. The sets and their licences are in `mixture`, the first weights in
`encoder`; the model card is written from what was measured.
"""

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
import encoder
import mixture

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.schema import Schema
from lexloom.annotations.split import split
from lexloom.extract.files import save_extractor
from lexloom.extract.fit import FitConfig, SpanTask, fit, trained_files
from lexloom.models import registry
from lexloom.train.config import TrainConfig
from lexloom.train.reports import Evaluation

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "src/lexloom/shipped/default"
LIMITS = {
    "wnut17": 2_400, "ncbi": 800, "bc5cdr": 1_500, "litbank": 1_500, "wiki80": 3_600,
    "deepke": 3_000, "phee": 2_000, "fewfc": 2_400,
}  # fmt: skip
"""Most texts of the sets that would otherwise outweigh the others."""
DEV_SHARE, MAX_DEV = 0.08, 40


def main() -> None:
    """Do everything, one step after the other."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    data = Path(os.environ["LEXLOOM_DATA"])
    schema = Schema.load(HERE / "schema.toml")
    mixture.use_schema(schema)
    train, dev = _documents(data, arguments.seed)
    schema = mixture.with_events(schema, train)
    start = arguments.out / "encoder"
    if not (start / "tokenizer.json").exists():
        own = [document.text for document in train]
        texts = list(encoder.chinese_texts(data, own))
        encoder.make_encoder(registry.get("minilm-l6"), texts, start, seed=arguments.seed)
    config = FitConfig(
        train=TrainConfig(
            num_epochs=arguments.epochs,
            batch_size=32,
            learning_rate=2e-4,
            embedding_learning_rate=2e-4,
            seed=arguments.seed,
        )
    )
    for report in fit(train, dev, schema, start, arguments.out, config):
        if isinstance(report, Evaluation):
            print(report.epoch, report.scores, report.losses, flush=True)
        elif isinstance(report, SpanTask):
            _ship(report, arguments.ship or SHIPPED)


def _documents(data: Path, seed: int) -> tuple[list[AnnotatedDocument], list[AnnotatedDocument]]:
    train: list[AnnotatedDocument] = []
    dev: list[AnnotatedDocument] = []
    for part in mixture.parts(data):
        shares = split(part.documents, {"train": 1 - DEV_SHARE, "dev": DEV_SHARE}, seed=seed)
        limit = LIMITS.get(part.name, len(part.documents))
        named = [replace(d, id=f"{part.name}:{d.id}") for d in shares["train"]]
        train += mixture.sample(named, limit, seed)
        dev += mixture.sample(shares["dev"], MAX_DEV, seed)
    return train, dev


def _ship(task: SpanTask, path: Path) -> None:
    files = trained_files(task, "default", window_sentences=1)
    # LitBank alone nests names; elsewhere a reader wants one mention a stretch, for 0.8 points less
    decode = replace(files.decode, nested=False)
    files = replace(files, model=files.model.float(), decode=decode)
    card = (HERE / "MODEL_CARD.md").read_text(encoding="utf-8")
    licence = (HERE / "LICENSE").read_text(encoding="utf-8")
    save_extractor(files, path, notices={"README.md": card, "LICENSE": licence}, int8=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/default"))
    parser.add_argument("--ship", type=Path, help="where the shipped form goes")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
