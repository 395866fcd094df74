"""Pre-train BERT: masked words and sentence pairs, in the trainer's terms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.batches.masked import Masker, MaskingConfig, collate
from lexloom.batches.pretraining import Source, SpecialIds, sorted_batches
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.bert_pretraining import BertForPreTraining, Counts
from lexloom.nn.masked_batch import MaskedBatch
from lexloom.seeds import derive
from lexloom.train.config import TrainConfig
from lexloom.train.task import Share

DEV_BATCH_SIZE = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainConfig:
    """Settings of pre-training a BERT."""

    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            num_epochs=3,
            batch_size=64,
            learning_rate=5e-4,
            head_learning_rate=5e-4,
            embedding_learning_rate=5e-4,
            adam_beta2=0.98,
            warmup_ratio=0.05,
        )
    )
    masking: MaskingConfig = field(default_factory=MaskingConfig)
    max_length: int = 128
    """Most tokens of an example, special ones counted."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.max_length < 8:
            raise ConfigError(f"max_length must be at least 8, got {self.max_length}")


class PretrainTask:
    """The trainer's view of BERT and its texts: see `train.task.Task`."""

    encoder_prefix = "bert."

    def __init__(
        self,
        model: BertForPreTraining,
        source: Source,
        dev: Source,
        masker: Masker,
        special: SpecialIds,
        config: PretrainConfig,
    ) -> None:
        if not len(source.lengths) or not len(dev.lengths):
            which = "train on" if not len(source.lengths) else "evaluate on"
            raise TrainingError(f"there is no text to {which}", hint="give more text")
        self.model = model
        self.config = config
        self._source, self._dev = source, dev
        self._masker, self._special = masker, special
        self._orders: dict[int, list[NDArray[np.int64]]] = {}

    def _order(self, epoch: int) -> list[NDArray[np.int64]]:
        if epoch not in self._orders:
            train = self.config.train
            self._orders = {
                epoch: sorted_batches(
                    self._source.lengths,
                    seed=train.seed,
                    epoch=epoch,
                    batch_size=train.batch_size,
                )
            }
        return self._orders[epoch]

    def num_batches(self) -> int:
        """Give the number of batches of an epoch."""
        return max(1, len(self._source.lengths) // self.config.train.batch_size)

    def batches(self, epoch: int, index: int, share: Share) -> list[MaskedBatch]:
        """Give a process's share of one batch of one epoch."""
        return [
            self._collate(self._source, part, "train", epoch)
            for part in share.parts(self._order(epoch)[index].tolist())
        ]

    def _collate(self, source: Source, numbers: Sequence[int], *use: str | int) -> MaskedBatch:
        seed = self.config.train.seed
        draws = [np.random.default_rng(derive(seed, *use, number)) for number in numbers]
        examples = [source.example(n, draw) for n, draw in zip(numbers, draws, strict=True)]
        batch = collate(examples, self._masker, draws, pad_id=self._special.pad)
        return batch.to(self.model.device)

    def losses(self, batch: MaskedBatch) -> dict[str, Tensor]:
        """Give the losses of a batch, summed over targets."""
        losses: dict[str, Tensor] = self.model(batch)
        return losses

    def dev_batches(self) -> Iterator[MaskedBatch]:
        """Give the dev texts, the same tokens hidden each time."""
        order = np.argsort(self._dev.lengths, kind="stable")
        for start in range(0, len(order), DEV_BATCH_SIZE):
            yield self._collate(self._dev, order[start : start + DEV_BATCH_SIZE].tolist(), "dev")

    def evaluate(self) -> dict[str, float]:
        """Give loss (nats) and accuracy of each objective; ``score`` is minus the summed loss."""
        self.model.eval()
        counts = Counts()
        with torch.no_grad():
            for batch in self.dev_batches():
                counts += self.model.count(batch)
        return counts.scores()
