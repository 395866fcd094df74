"""word2vec (Mikolov et al., 2013, arXiv:1301.3781 and arXiv:1310.4546): settings, rows and epochs.

The kernels of `nn.kernels.word2vec` learn from a stretch of the corpus; here the corpus is cut into
stretches and the learning rate falls along them. `vectors.word2vec_run` saves and goes on.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lexloom import seeds
from lexloom.errors import ConfigError, TrainingError
from lexloom.nn.kernels.word2vec import learn
from lexloom.nn.kernels.word2vec_job import Job, Learned, Paths, Sampler, aligned_rows
from lexloom.vectors.corpus import EncodedCorpus
from lexloom.vectors.huffman import huffman_paths
from lexloom.vectors.sampling import keep_thresholds, negative_sampler
from lexloom.vectors.vocabulary import Vocabulary

MAX_STRETCH, MIN_STRETCH, STRETCHES = 1 << 17, 1 << 8, 64
"""Most and fewest numbers of a stretch, and how many a small corpus has."""
ROUND_STRETCHES = 8
"""Stretches of a thread between two moments at which a training may be saved."""
MAX_POWER = 10
"""Counts to a far higher power are no finite numbers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Word2VecConfig:
    """What is learnt, and how long."""

    method: Literal["skipgram", "cbow"] = "skipgram"
    objective: Literal["negative", "hierarchical"] = "negative"
    dim: int = 100
    """Numbers of a vector."""
    window: int = 5
    """Most words on each side; each time a number up to it is drawn."""
    negative: int = 5
    """Words drawn against each word that is predicted; all the words around it share them."""
    negative_power: float = 0.75
    """Words are drawn by their count to this power."""
    sample: float | None = 1e-3
    """Words that make up a larger share of the corpus are thinned out; None keeps all."""
    cbow_input: Literal["mean", "sum"] = "mean"
    cbow_gradient: Literal["original", "exact"] = "original"
    """``original``: each word around gets the whole gradient of the mean, as word2vec.c has it;
    ``exact``: its share."""
    epochs: int = 5
    learning_rate: float = 0.025
    """The learning rate at the start."""
    min_learning_rate: float = 1e-4
    """The learning rate at the end."""
    threads: int = 1
    """With one, the same seed gives the same vectors; more share the rows without locks."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("dim", "window", "epochs", "threads"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.negative < 1 and self.objective == "negative":
            raise ConfigError(f"negative must be at least 1, got {self.negative}")
        if max(self.window, self.negative) > 1000 or self.dim > 1 << 16:
            raise ConfigError("window and negative must be at most 1000, and dim 65536")
        if not abs(self.negative_power) <= MAX_POWER:
            raise ConfigError(
                f"negative_power must be in [-{MAX_POWER}, {MAX_POWER}], got {self.negative_power}"
            )
        if self.sample is not None and not self.sample > 0:
            raise ConfigError(
                f"sample must be above 0, got {self.sample}", hint="null thins nothing out"
            )
        first, last = self.learning_rate, self.min_learning_rate
        if not (math.isfinite(first) and 0 < last <= first):
            raise ConfigError(
                f"learning_rate must be at least min_learning_rate and both above 0, got {first} "
                f"and {last}"
            )


@dataclass(frozen=True, slots=True)
class Rows:
    """What is learnt: the vectors of V words, and those of what is predicted."""

    inputs_VD: NDArray[np.float32]
    outputs_VD: NDArray[np.float32]
    """Both are wider than the vectors where the kernels want that; the rest is zero."""
    dim: int

    @classmethod
    def new(cls, vocabulary: Vocabulary, config: Word2VecConfig) -> "Rows":
        """Give random vectors, the outputs being zero, as word2vec.c begins."""
        inputs, outputs = (aligned_rows(len(vocabulary), config.dim) for _ in range(2))
        rows = cls(inputs, outputs, config.dim)
        generator = np.random.default_rng(seeds.derive(config.seed, "word2vec", "rows"))
        for start in range(0, len(vocabulary), 1 << 14):  # without a second copy of all
            part = rows.inputs_VD[start : start + (1 << 14), : config.dim]
            part[:] = (generator.random(part.shape, np.float32) - 0.5) / config.dim
        return rows

    @classmethod
    def of(cls, inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> "Rows":
        """Give rows with the values of others."""
        dim = inputs.shape[1]
        rows = cls(aligned_rows(len(inputs), dim), aligned_rows(len(outputs), dim), dim)
        rows.inputs_VD[:, :dim], rows.outputs_VD[:, :dim] = inputs, outputs
        return rows

    @property
    def vectors_VD(self) -> NDArray[np.float32]:
        """The vectors of the words."""
        return self.inputs_VD[:, : self.dim]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one shard of a corpus."""

    shard: int
    start: int
    stop: int
    offset: int
    """How many numbers of the corpus lie before it."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a training is: the epoch, its next stretch, and the sums of the epoch so far."""

    epoch: int = 0
    stretch: int = 0
    loss_nats: float = 0.0
    num_predictions: int = 0
    losses: tuple[float, ...] = ()
    """The mean loss of a prediction, in nats, of each epoch that is done."""


class Trainer:
    """Learns rows from a corpus, round by round."""

    def __init__(self, corpus: EncodedCorpus, rows: Rows, config: Word2VecConfig) -> None:
        self.config = config
        self.rows = rows
        self.shards = corpus.shards
        self.num_ids = sum(map(len, self.shards))
        self.stretches = stretches(list(map(len, self.shards)))
        counts = corpus.vocabulary.counts
        self.keep_V = keep_thresholds(counts, config.sample)
        self.objective: Sampler | Paths
        if config.objective == "negative":
            self.objective = negative_sampler(counts, config.negative_power)
        else:
            self.objective = huffman_paths(counts)

    def rounds(self, place: Place) -> Iterator[Place]:
        """Learn from a place on to the end; give the place after each round.

        Raises:
            TrainingError: If the loss is no number any more, or nothing was learnt from.
        """
        per_round = ROUND_STRETCHES * self.config.threads
        with ThreadPoolExecutor(self.config.threads) as pool:
            while place.epoch < self.config.epochs:
                chosen = range(place.stretch, min(place.stretch + per_round, len(self.stretches)))
                jobs = [self.job(place.epoch, number) for number in chosen]
                place = self._after(place, list(pool.map(learn, jobs)))
                yield place

    def done(self, place: Place) -> float:
        """Give the share of all epochs that is done."""
        at = self.stretches[place.stretch].offset if place.stretch else 0
        return (place.epoch + at / self.num_ids) / self.config.epochs

    def job(self, epoch: int, number: int) -> Job:
        """Give one stretch as the kernels want it."""
        config, part = self.config, self.stretches[number]
        size = part.stop - part.start
        first, last = config.learning_rate, config.min_learning_rate
        lr_start, lr_stop = (
            first - (first - last) * (epoch + at / self.num_ids) / config.epochs
            for at in (part.offset, part.offset + size)
        )
        return Job(
            ids=self.shards[part.shard],
            start=part.start,
            stop=part.stop,
            inputs_VD=self.rows.inputs_VD,
            outputs_VD=self.rows.outputs_VD,
            keep_V=self.keep_V,
            objective=self.objective,
            negative=config.negative,
            window=config.window,
            is_cbow=config.method == "cbow",
            is_mean=config.cbow_input == "mean",
            is_exact=config.cbow_gradient == "exact",
            lr_start=lr_start,
            lr_stop=lr_stop,
            seed=seeds.derive(config.seed, "word2vec", epoch, number),
        )

    def _after(self, place: Place, learned: Sequence[Learned]) -> Place:
        loss = place.loss_nats + sum(part.loss_nats for part in learned)
        count = place.num_predictions + sum(part.num_predictions for part in learned)
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is no number any more, in epoch {place.epoch + 1}",
                hint=f"lower learning_rate, which is {self.config.learning_rate}",
            )
        stretch = place.stretch + len(learned)
        if stretch < len(self.stretches):
            return replace(place, stretch=stretch, loss_nats=loss, num_predictions=count)
        losses = (*place.losses, loss / max(count, 1))
        # without a prediction the loss is zero, which it can hardly be otherwise
        if len(losses) == self.config.epochs and not any(losses):
            raise TrainingError(
                "no word stood beside another, so there was nothing to learn",
                hint="give text with sentences in its lines, or raise sample",
            )
        return Place(epoch=place.epoch + 1, losses=losses)


def stretches(sizes: Sequence[int]) -> list[Stretch]:
    """Cut shards of so many numbers into stretches, the same for any number of threads."""
    size = min(MAX_STRETCH, max(MIN_STRETCH, sum(sizes) // STRETCHES))
    found, offset = [], 0
    for shard, length in enumerate(sizes):
        for start in range(0, length, size):
            stop = min(start + size, length)
            found.append(Stretch(shard, start, stop, offset + start))
        offset += length
    return found
