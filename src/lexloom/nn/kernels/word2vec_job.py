"""What a word2vec kernel is given and gives: one job for the compiled way and for NumPy's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SENTENCE_END = 0xFFFFFFFF
"""What ends a sentence among the ids of a corpus."""
ROW_FLOATS = 16
"""The width of a row is a multiple of this: the widest vector of the kernel."""
ALIGNMENT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Paths:
    """The path from the root of a Huffman tree to each of V words."""

    starts: NDArray[np.int64]
    """Where each word's path starts among the nodes, and where the last one ends; ``(V + 1,)``."""
    nodes: NDArray[np.uint32]
    labels: NDArray[np.float32]
    """1 where the path turns one way, 0 where it turns the other."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """An alias table of V words (Walker, 1977)."""

    table_V2: NDArray[np.uint32]
    """A draw of 32 bits up to the first number is the slot's own word, above it the second's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What to learn, and from which stretch of the corpus."""

    ids: NDArray[np.uint32]
    """The words of the corpus, each sentence ended by `SENTENCE_END`."""
    start: int
    stop: int
    """The sentences that begin in ``[start, stop)`` are learnt from."""
    inputs_VD: NDArray[np.float32]
    outputs_VD: NDArray[np.float32]
    """Rows that are changed, a multiple of `ROW_FLOATS` wide."""
    keep_V: NDArray[np.uint32]
    """A draw of 32 bits above this leaves an occurrence of the word out."""
    objective: Sampler | Paths
    negative: int
    """Words drawn beside each that is predicted, with a `Sampler`."""
    window: int
    """Most words on each side; each time a number up to it is drawn."""
    is_cbow: bool
    is_mean: bool = True
    is_exact: bool = False
    lr_start: float
    lr_stop: float
    """The learning rate falls in a line along the stretch."""
    seed: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of a stretch."""

    loss_nats: float
    """The sum over its predictions."""
    num_predictions: int
    num_words: int
    """Words read, those among them that chance left out too."""


def aligned_rows(num_rows: int, dim: int) -> NDArray[np.float32]:
    """Give rows of zeros that begin on borders of cache lines, wide enough for the kernels."""
    width = -(-dim // ROW_FLOATS) * ROW_FLOATS
    memory = np.zeros(num_rows * width + ALIGNMENT_BYTES // 4, np.float32)
    start = (-memory.ctypes.data % ALIGNMENT_BYTES) // 4
    return memory[start : start + num_rows * width].reshape(num_rows, width)
