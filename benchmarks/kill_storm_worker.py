"""The process that `kill_storm` kills: a small BERT on made-up sentences that saves very often."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lexloom import artifacts
from lexloom.batches.masked import Masker, MaskingConfig
from lexloom.batches.pretraining import SingleTexts, SpecialIds
from lexloom.models.bert import BertConfig
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.train import run as run_module
from lexloom.train import state as state_module
from lexloom.train.config import TrainConfig
from lexloom.train.pretrain import PretrainConfig, PretrainTask

VOCAB_SIZE, NUM_TEXTS, NUM_STEPS = 2_000, 400, 200
SPECIAL = SpecialIds(cls=2, sep=3, pad=0, mask=4, unk=1)
TRAIN = TrainConfig(
    batch_size=16, max_steps=NUM_STEPS, precision="fp32", save_every_steps=4,
    evaluate_every_steps=50,
)  # fmt: skip


class Texts:
    """Sentences of made-up tokens."""

    def __init__(self) -> None:
        draw = np.random.default_rng(0)
        self.lengths = draw.integers(5, 30, NUM_TEXTS)
        self._ids = [draw.integers(5, VOCAB_SIZE, length) for length in self.lengths]

    def sentences(self, number: int) -> list[np.ndarray]:
        """Give the one sentence."""
        return [self._ids[number]]


def make_task() -> PretrainTask:
    """Give the task, the same in every process."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = BertConfig(
        vocab_size=VOCAB_SIZE, hidden_size=96, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=192,
    )  # fmt: skip
    source = SingleTexts(Texts(), SPECIAL, max_length=32)
    pieces = [f"w{number}" for number in range(VOCAB_SIZE)]
    masker = Masker(MaskingConfig(), pieces, mask_id=4, special_ids=range(5))
    model = BertForPreTraining(config, with_pairs=False)
    return PretrainTask(model, source, source, masker, SPECIAL, PretrainConfig(train=TRAIN))


def work(out: Path, point: str, number: int) -> None:
    """Train in `out`, saying what is saved; die at `point` of the save behind `number` others.

    Args:
        out: The run's folder.
        point: One of `kill_storm.POINTS`, or empty.
        number: How many saves are to succeed first.
    """
    num_saves = 0
    original = run_module.save_state

    def save_state(path: Path, optimizer: Any, progress: Any, parallel: Any) -> None:
        nonlocal num_saves
        if point and num_saves == number:
            _die_at(point)
        original(path, optimizer, progress, parallel)
        num_saves += 1
        print(f"saved:{progress.step}", flush=True)

    run_module.save_state = save_state
    for report in run_module.train(make_task(), TRAIN, out, fingerprint="storm"):
        print(f"step:{report.step}", flush=True)
    print("done", flush=True)


def _die_at(point: str) -> None:
    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if point == "write_json":
        state_module.write_json = die
    elif point == "between_renames":
        moved = Path.replace

        def replace(path: Path, target: Path) -> Path:
            done = moved(path, target)
            if str(target).endswith(".state.old"):
                die()
            return done

        Path.replace = replace  # type: ignore[method-assign]
    else:
        setattr(artifacts, point, die)


if __name__ == "__main__":
    raise SystemExit("this is started by kill_storm.py")
