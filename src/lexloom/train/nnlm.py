"""Train the neural language model: contexts and words drawn against the right ones.

`nnlm_run` stands around it: from texts to a model in a folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.batches.contexts import (
    Contexts,
    Ids,
    Places,
    UnknownWords,
    batch_numbers,
    epoch_order,
)
from lexloom.batches.negatives import NegativeSampler, Proposal
from lexloom.errors import ConfigError, TrainingError
from lexloom.models.nnlm import Nnlm
from lexloom.nn.context_batch import ContextBatch, Negatives
from lexloom.seeds import derive
from lexloom.train.config import TrainConfig
from lexloom.train.task import Share
from lexloom.vectors.ngram.vocabulary import BEGIN_ID, UNKNOWN_ID

DEV_TARGETS_AT_ONCE = 1 << 14


@dataclass(frozen=True, kw_only=True, slots=True)
class NnlmTrainConfig:
    """Settings of training a neural language model."""

    train: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            num_epochs=20,
            batch_size=512,
            learning_rate=1e-3,
            head_learning_rate=1e-3,
            embedding_learning_rate=1e-3,
            warmup_ratio=0.02,
            precision="fp32",
        )
    )
    num_negatives: int | None = 1000
    """Words drawn for each batch, that all its targets are told from; None, or as many as there
    are, for the whole vocabulary."""
    proposal: Proposal = "unigram"
    """How likely words are drawn: as often as they are seen, by their rank (log-uniform), or all
    alike (uniform)."""
    unknown_share: float = 0.5
    """Share of the words seen once that are read as the unknown word, drawn anew each epoch."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.num_negatives is not None and self.num_negatives < 1:
            raise ConfigError(f"num_negatives must be at least 1, got {self.num_negatives}")
        if not 0.0 <= self.unknown_share <= 1.0:
            raise ConfigError(f"unknown_share must be in [0, 1], got {self.unknown_share}")


class NnlmTask:
    """The trainer's view of the model and its corpus: see `train.task.Task`."""

    encoder_prefix = "body."

    def __init__(
        self, model: Nnlm, contexts: Contexts, dev: Contexts, config: NnlmTrainConfig
    ) -> None:
        if not len(contexts) or not len(dev):
            which = "train on" if not len(contexts) else "evaluate on"
            raise TrainingError(f"there is no text to {which}", hint="give more text")
        self.model = model
        self.config = config
        self._contexts, self._dev = contexts, dev
        self._counts_V = np.bincount(
            contexts.ids[contexts.targets], minlength=model.config.vocab_size
        )
        self._unknown = UnknownWords(UNKNOWN_ID, config.unknown_share)
        self._sampler = self._make_sampler()
        self._epochs: dict[int, tuple[Ids, Places]] = {}

    def _make_sampler(self) -> NegativeSampler | None:
        asked = self.config.num_negatives
        if asked is None or asked >= len(self._counts_V) - 1:
            return None
        return NegativeSampler(
            self._unknown.expected_counts(self._counts_V),
            asked,
            self.config.proposal,
            never=np.array([BEGIN_ID]),
        )

    @property
    def word_counts(self) -> NDArray[np.int64]:
        """How often each word came, the beginnings of sentences too."""
        return np.bincount(self._contexts.ids, minlength=self.model.config.vocab_size)

    @property
    def has_own_dev(self) -> bool:
        """Whether it is scored on other text than it learns from."""
        return self._dev.ids is not self._contexts.ids

    def num_batches(self) -> int:
        """Give the number of batches of an epoch."""
        return max(1, round(len(self._contexts) / self.config.train.batch_size))

    def batches(self, epoch: int, index: int, share: Share) -> list[ContextBatch]:
        """Give a process's share of one batch of one epoch; all parts share the negatives."""
        ids, order = self._epoch(epoch)
        numbers = batch_numbers(order, index, self.num_batches())
        negatives = self._draw(epoch, index)
        return [self._batch(part, ids, negatives) for part in share.parts(numbers)]

    def _epoch(self, epoch: int) -> tuple[Ids, Places]:
        if epoch not in self._epochs:
            seed = self.config.train.seed
            ids = self._unknown.replaced(self._contexts.ids, self._counts_V, seed, epoch)
            order = epoch_order(len(self._contexts), seed=seed, epoch=epoch)
            self._epochs = {epoch: (ids, order)}
        return self._epochs[epoch]

    def _draw(self, epoch: int, index: int) -> Negatives | None:
        if self._sampler is None:
            return None
        seed = derive(self.config.train.seed, "negatives", epoch, index)
        drawn = self._sampler.draw(np.random.default_rng(seed))
        log_inclusion = np.log(self._sampler.inclusion_V[drawn]).astype(np.float32)
        return Negatives(torch.from_numpy(drawn), torch.from_numpy(log_inclusion))

    def _batch(self, numbers: Sequence[int], ids: Ids, negatives: Negatives | None) -> ContextBatch:
        places = self._contexts.targets[np.asarray(numbers)]
        context_BN = self._contexts.before(places, ids)
        labels_B = ids[places].astype(np.int64)
        batch = ContextBatch(torch.from_numpy(context_BN), torch.from_numpy(labels_B), negatives)
        return batch.to(self.model.device)

    def losses(self, batch: ContextBatch) -> dict[str, Tensor]:
        """Give the loss of a batch, summed over targets."""
        losses: dict[str, Tensor] = self.model(batch)
        return losses

    def evaluate(self) -> dict[str, float]:
        """Give loss (nats a token) and perplexity; the softmax is over the whole vocabulary."""
        self.model.eval()
        total = 0.0
        for first in range(0, len(self._dev), DEV_TARGETS_AT_ONCE):
            places = self._dev.targets[first : first + DEV_TARGETS_AT_ONCE]
            contexts = torch.from_numpy(self._dev.before(places)).to(self.model.device)
            labels = torch.from_numpy(self._dev.ids[places].astype(np.int64)).to(contexts.device)
            total += float(self.model.log_probs(contexts, labels).double().sum())
        loss = -total / len(self._dev)
        return {"score": -loss, "loss": loss, "perplexity": float(np.exp(min(loss, 700.0)))}
