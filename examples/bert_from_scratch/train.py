"""A BERT from nothing, on sentence pairs that mean the same or not: masked words and pairs at once.

This is the experiment that BERT tutorials do on the Microsoft Research Paraphrase Corpus: build a
vocabulary, train both objectives together, save, load, and test. Give it the corpus's own files
(tab-separated, with the columns ``Quality``, ``#1 String`` and ``#2 String``); without them it uses
a few made-up pairs, which show the way and learn nothing of interest.

    python examples/bert_from_scratch/train.py --train msr-para-train.tsv --test msr-para-test.tsv
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from lexloom.artifacts import sealed_directory
from lexloom.batches.masked import Masker, MaskingConfig
from lexloom.batches.pretraining import APART, TOGETHER, LabelledPair, LabelledPairs
from lexloom.models.bert import BertConfig
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_pretraining, save_pretraining
from lexloom.tokens.learn import TokenizerConfig
from lexloom.tokens.learn import train as train_tokenizer
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.train.bert_files import special_ids
from lexloom.train.config import TrainConfig
from lexloom.train.pretrain import PretrainConfig, PretrainTask
from lexloom.train.reports import Evaluation
from lexloom.train.run import train

HERE = Path(__file__).parent
MAX_LENGTH = 128
COLUMNS = {"Quality", "#1 String", "#2 String"}

Row = tuple[str, str, bool]


def read_pairs(path: Path) -> list[Row]:
    """Give both sentences of each row, and whether they mean the same."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        if missing := COLUMNS - set(rows.fieldnames or ()):
            sys.exit(f"{path} has no column {min(missing)!r}; the corpus's own files have it")
        return [(row["#1 String"], row["#2 String"], row["Quality"] == "1") for row in rows]


def encoded(rows: Sequence[Row], tokenizer: Tokenizer) -> LabelledPairs:
    """Give the pairs as token ids."""
    firsts = tokenizer.encode_batch([row[0] for row in rows], add_special_tokens=False)
    seconds = tokenizer.encode_batch([row[1] for row in rows], add_special_tokens=False)
    pairs = [
        LabelledPair(first.input_ids, second.input_ids, TOGETHER if is_same else APART)
        for first, second, (_, _, is_same) in zip(firsts, seconds, rows, strict=True)
    ]
    return LabelledPairs(pairs, special_ids(tokenizer), max_length=MAX_LENGTH)


def make_task(
    model: BertForPreTraining,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    dev: Sequence[Row],
    config: PretrainConfig,
) -> PretrainTask:
    """Put model, pairs and masking together."""
    special = special_ids(tokenizer)
    vocabulary = tokenizer.library.get_vocab()
    masker = Masker(
        config.masking,
        sorted(vocabulary, key=lambda piece: vocabulary[piece]),
        mask_id=special.mask,
        special_ids=(special.cls, special.sep, special.pad, special.mask, special.unk),
    )
    source, dev_source = encoded(rows, tokenizer), encoded(dev, tokenizer)
    return PretrainTask(model, source, dev_source, masker, special, config)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, save, load and test."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--train", type=Path, default=HERE / "pairs.tsv")
    parser.add_argument("--test", type=Path, default=HERE / "pairs.tsv")
    parser.add_argument("--out", type=Path, default=Path("runs/bert_from_scratch"))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--vocab-size", type=int, default=8_000)
    given = parser.parse_args(arguments)
    rows, test = read_pairs(given.train), read_pairs(given.test)
    num_dev = max(1, len(rows) // 10)
    rows, dev = rows[num_dev:], rows[:num_dev]

    sentences = [sentence for row in rows for sentence in row[:2]]
    settings = TokenizerConfig(model="wordpiece", vocab_size=given.vocab_size, lowercase=True)
    tokenizer = train_tokenizer(sentences, settings)

    config = PretrainConfig(
        masking=MaskingConfig(),
        max_length=MAX_LENGTH,
        train=TrainConfig(
            num_epochs=given.epochs, batch_size=32, learning_rate=5e-4, head_learning_rate=5e-4,
            embedding_learning_rate=5e-4,
        ),
    )  # fmt: skip
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=tokenizer.max_id + 1, hidden_size=128, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=512,
    )  # fmt: skip
    model = BertForPreTraining(shape, with_pairs=True)
    task = make_task(model, tokenizer, rows, dev, config)
    for report in train(task, config.train, given.out, fingerprint=f"{given.train} {config}"):
        if isinstance(report, Evaluation):
            scores = "  ".join(f"{name} {value:.3f}" for name, value in report.scores.items())
            print(f"epoch {report.epoch:g}: {scores}")

    with sealed_directory(given.out / "model") as directory:
        save_pretraining(task.model, directory)
        tokenizer.save(directory)

    loaded = load_pretraining(given.out / "model", with_pairs=True)
    scores = make_task(loaded, Tokenizer.load(given.out / "model"), rows, test, config).evaluate()
    print(f"test: masked words {scores['masked_accuracy']:.3f} right, "
          f"pairs {scores['pairs_accuracy']:.3f} right")  # fmt: skip


if __name__ == "__main__":
    main()
