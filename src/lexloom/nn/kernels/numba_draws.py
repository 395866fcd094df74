"""What numba's word2vec learns from next: a sentence, the words around one, the outputs of a step.

The chances are those of ``word2vec.cpp``, drawn in the same order. `numba_rows` computes the step,
and `word2vec_numba` puts both together.
"""

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.numba_rows import Rows, Words, jit
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.nn.kernels.word2vec_plain import MAX_SENTENCE

Chances = NDArray[np.uint64]
_END = np.uint32(SENTENCE_END)
_STEP, _FIRST, _SECOND = map(
    np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_30, _27, _31, _32 = map(np.uint64, (30, 27, 31, 32))
_LOW = np.uint64(0xFFFFFFFF)


@jit
def draw(random: Chances) -> np.uint64:
    """Give the next 64 bits of SplitMix64 (Steele et al., 2014)."""
    random[0] += _STEP
    z = random[0]
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    drawn: np.uint64 = z ^ (z >> _31)
    return drawn


@jit
def first_sentence(ids: Words, start: int, stop: int) -> int:
    """Give where a sentence begins; one that began before belongs to the stretch before."""
    position = start
    while 0 < position < stop and ids[position - 1] != _END:
        position += 1
    return position


@jit
def read_sentence(
    ids: Words, keep_V: Words, random: Chances, sentence: Words, position: int
) -> tuple[int, int, int]:
    """Read the words that chance keeps; give how many, how many there were, and what is next."""
    size, num_words = 0, 0
    while position < len(ids) and num_words < MAX_SENTENCE:
        word = ids[position]
        position += 1
        if word == _END:
            break
        num_words += 1
        if draw(random) >> _32 <= np.uint64(keep_V[word]):
            sentence[size] = word
            size += 1
    return size, num_words, position


@jit
def choose_context(
    window: int, random: Chances, sentence: Words, at: int, size: int, context: Words
) -> int:
    """Take the words around; give how many they are."""
    reach = 1 + np.int64((draw(random) >> _32) * np.uint64(window) >> _32)
    count = 0
    first = at - reach if at > reach else 0
    last = at + reach + 1 if at + reach < size else size
    for place in range(first, last):
        if place != at:
            context[count] = sentence[place]
            count += 1
    return count


@jit
def choose_path(
    starts: NDArray[np.int64], nodes: Words, marks: Rows, word: int, outputs: Words, labels: Rows
) -> int:
    """Take a word's path; give how long it is."""
    start = starts[word]
    count: int = starts[word + 1] - start
    for place in range(count):
        outputs[place] = nodes[start + place]
        labels[0, place] = marks[start + place]
    return count


@jit
def choose_words(
    alias_V2: Words, random: Chances, target: int, negative: int, outputs: Words
) -> int:
    """Take a word, and others by chance; one that comes again counts once."""
    outputs[0], count = target, 1
    for _ in range(negative):
        drawn = draw(random)
        slot = np.uint32((drawn >> _32) * np.uint64(len(alias_V2)) >> _32)
        is_own = drawn & _LOW <= np.uint64(alias_V2[slot, 0])
        word = slot if is_own else alias_V2[slot, 1]
        is_new = True
        for place in range(count):
            is_new &= outputs[place] != word
        if is_new:
            outputs[count] = word
            count += 1
    return count
