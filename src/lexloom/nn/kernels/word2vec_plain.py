"""Learn word2vec's rows by NumPy, window by window, where there are no compiled kernels.

It draws what ``word2vec.cpp`` draws, in the same order, and computes the same in float32.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.word2vec_job import SENTENCE_END, Job, Learned, Paths, Sampler

MAX_SENTENCE = 10_000
"""Words; a longer sentence is learnt from in parts."""
_MASK = (1 << 64) - 1


class SplitMix:
    """SplitMix64 (Steele et al., 2014)."""

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def draw(self) -> int:
        """Give the next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = ((self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _MASK
        return z ^ z >> 31

    def below(self, limit: int) -> int:
        """Give a number below `limit`."""
        return (self.draw() >> 32) * limit >> 32


@dataclass(frozen=True, slots=True)
class Window:
    """One step: the words around another, and what the other is predicted by."""

    context: list[int]
    outputs: list[int]
    labels_N: NDArray[np.float32]
    lr: float


def learn_plain(job: Job) -> Learned:
    """Learn from a stretch; see `word2vec.learn`."""
    walk = Walk(job)
    loss, num_predictions = 0.0, 0
    for window in walk.windows():
        loss += step(job, window)
        num_predictions += 1 if job.is_cbow else len(window.context)
    return Learned(loss, num_predictions, walk.num_words)


def step(job: Job, window: Window) -> float:
    """Go a step up the log likelihood of a window's labels; give the loss before it, in nats."""
    inputs_MD = job.inputs_VD[window.context]
    outputs_ND = job.outputs_VD[window.outputs]
    share = np.float32(1 / len(window.context) if job.is_mean else 1)
    if job.is_cbow:
        inputs_MD = share * inputs_MD.sum(0, keepdims=True)
    products_MN = inputs_MD @ outputs_ND.T
    labels_MN = np.broadcast_to(window.labels_N, products_MN.shape)
    power_MN = np.exp(-abs(products_MN))
    sigmoid_MN = np.where(products_MN < 0, 1 - 1 / (1 + power_MN), 1 / (1 + power_MN))
    gradients_MN = np.float32(window.lr) * (labels_MN - sigmoid_MN)
    wrong_MN = np.where(labels_MN > 0, -products_MN, products_MN)
    changes_MD = gradients_MN @ outputs_ND
    job.outputs_VD[window.outputs] += gradients_MN.T @ inputs_MD
    if job.is_cbow and job.is_exact:
        changes_MD = share * changes_MD
    # a word may stand in a window twice
    np.add.at(job.inputs_VD, window.context, changes_MD)
    return float((np.maximum(wrong_MN, 0) + np.log1p(power_MN)).sum(dtype=np.float64))


class Walk:
    """The windows of a stretch, in order."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.random = SplitMix(job.seed)
        self.num_words = 0

    def windows(self) -> Iterator[Window]:
        """Give each word that is kept, as what the words around it predict."""
        job = self.job
        for sentence, lr in self.sentences():
            for at, target in enumerate(sentence):
                reach = 1 + self.random.below(job.window)
                context = sentence[max(0, at - reach) : at] + sentence[at + 1 : at + reach + 1]
                if isinstance(job.objective, Paths):
                    start, stop = job.objective.starts[target : target + 2].tolist()
                    outputs = job.objective.nodes[start:stop].tolist()
                    labels_N = job.objective.labels[start:stop]
                else:
                    outputs = self._with_negatives(target, job.objective)
                    labels_N = np.zeros(len(outputs), np.float32)
                    labels_N[0] = 1
                yield Window(context, outputs, labels_N, lr)

    def _with_negatives(self, target: int, sampler: Sampler) -> list[int]:
        """Give the word itself and words by chance; one that comes again counts once."""
        outputs = [target]
        for _ in range(self.job.negative):
            drawn = self.random.draw()
            slot = (drawn >> 32) * len(sampler.table_V2) >> 32
            own_share, other = sampler.table_V2[slot].tolist()
            word = slot if drawn & 0xFFFFFFFF <= own_share else other
            if word not in outputs:
                outputs.append(word)
        return outputs

    def sentences(self) -> Iterator[tuple[list[int], float]]:
        """Give the words of each sentence that chance keeps, and its learning rate."""
        job, position = self.job, self.job.start
        if position > 0:
            # a sentence that began before belongs to the stretch before
            while position < job.stop and job.ids[position - 1] != SENTENCE_END:
                position += 1
        while position < job.stop:
            done = (position - job.start) / (job.stop - job.start)
            lr = job.lr_start + (job.lr_stop - job.lr_start) * done
            words, position = self._words_from(position)
            self.num_words += len(words)
            kept = [word for word in words if self.random.draw() >> 32 <= job.keep_V[word]]
            if len(kept) >= 2:
                yield kept, lr

    def _words_from(self, position: int) -> tuple[list[int], int]:
        """Give a sentence's words, and where the next begins."""
        ids = self.job.ids[position : position + MAX_SENTENCE]
        ends = np.flatnonzero(ids == SENTENCE_END)
        if len(ends):
            return ids[: ends[0]].tolist(), position + int(ends[0]) + 1
        return ids.tolist(), position + len(ids)
