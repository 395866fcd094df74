"""Cut text into words, count them and give them numbers in one pass: compiled, or by Python.

`vectors.words` says which characters make words and gives the table of them that both ways read.
"""

import ctypes
import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.nn.kernels.word2vec_job import SENTENCE_END

SEPARATOR, LETTER, ALONE, JOINER, LINE_END = range(5)
"""Kinds of characters: what parts words, what makes them, what is a word by itself, what joins two
letters, and what ends a sentence."""
KIND_SHIFT = 24
"""An entry of a table has the kind above this bit and the character's lower case below it; the last
entry stands for all characters beyond the table, which keep their own."""


class Counter(Protocol):
    """Numbers words in the order of their first appearance, and counts them."""

    def encode(self, text: bytes) -> NDArray[np.uint32]:
        """Count whole lines of UTF-8; give their words, each sentence ended by `SENTENCE_END`."""
        ...

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the words by their numbers, and how often each came."""
        ...


def counter(table: NDArray[np.uint32], max_sentence_words: int) -> Counter:
    """Make a counter of words; a longer sentence ends early."""
    found = kernels()
    if found is None:
        return PlainCounter(table, max_sentence_words)
    return CompiledCounter(table, max_sentence_words, found)


class CompiledCounter:
    """Counts by the compiled kernel; see `Counter`."""

    def __init__(self, table: NDArray[np.uint32], max_sentence_words: int, found: Kernels) -> None:
        self._functions = found.functions
        self._handle = ctypes.c_void_p()
        table = np.ascontiguousarray(table, np.uint32)
        pointer = (ctypes.c_void_p * 1)()
        status = self._functions.lexloom_words_new(
            table.ctypes.data, len(table), max_sentence_words, found.instruction_set, pointer
        )
        self._handle = ctypes.c_void_p(pointer[0])
        _check(status)

    def __del__(self) -> None:
        if self._handle.value is not None:
            self._functions.lexloom_words_free(self._handle)

    def encode(self, text: bytes) -> NDArray[np.uint32]:
        """Count whole lines; see `Counter.encode`."""
        ids = np.empty(len(text) + 2, np.uint32)
        count = ctypes.c_int64(0)
        data = ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p)
        _check(
            self._functions.lexloom_words_encode(
                self._handle, data, len(text), ids.ctypes.data, ctypes.byref(count)
            )
        )
        return ids[: count.value]

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the words and their counts; see `Counter.words`."""
        num_words, num_bytes = ctypes.c_int64(0), ctypes.c_int64(0)
        sizes = ctypes.byref(num_words), ctypes.byref(num_bytes)
        _check(self._functions.lexloom_words_sizes(self._handle, *sizes))
        text = np.empty(num_bytes.value, np.uint8)
        ends, counts = np.empty((2, num_words.value), np.int64)
        arrays = (array.ctypes.data for array in (text, ends, counts))
        _check(self._functions.lexloom_words_list(self._handle, *arrays))
        joined, starts = text.tobytes(), [0, *ends[:-1].tolist()]
        return [joined[a:b] for a, b in zip(starts, ends.tolist(), strict=False)], counts


class PlainCounter:
    """Counts by regular expressions; see `Counter`."""

    def __init__(self, table: NDArray[np.uint32], max_sentence_words: int) -> None:
        kinds, codes = table >> KIND_SHIFT, table & ((1 << KIND_SHIFT) - 1)
        # beyond the table, characters are as its last entry says
        kinds = np.append(kinds[:-1], [kinds[-1]] * 2)
        letters, joiners = _class_of(kinds == LETTER), _class_of(kinds == JOINER)
        self._lower = {
            code: int(lower) for code, lower in enumerate(codes[:-1].tolist()) if code != lower
        }
        self._word = re.compile(
            f"{letters}+(?:{joiners}{letters}+)*|{_class_of(kinds == ALONE)}", re.DOTALL
        )
        self._line_end = re.compile(_class_of(kinds == LINE_END))
        self._max_sentence_words = max_sentence_words
        self._ids: dict[str, int] = {}
        self._counts: list[int] = []

    def encode(self, text: bytes) -> NDArray[np.uint32]:
        """Count whole lines; see `Counter.encode`."""
        return np.fromiter(self._encode(text.decode("utf-8")), np.uint32)

    def _encode(self, text: str) -> Iterator[int]:
        for line in self._line_end.split(text):
            words = [found.translate(self._lower) for found in self._word.findall(line)]
            for start in range(0, len(words), self._max_sentence_words):
                for word in words[start : start + self._max_sentence_words]:
                    number = self._ids.setdefault(word, len(self._ids))
                    if number == len(self._counts):
                        self._counts.append(0)
                    self._counts[number] += 1
                    yield number
                yield SENTENCE_END

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the words and their counts; see `Counter.words`."""
        return [word.encode("utf-8") for word in self._ids], np.array(self._counts, np.int64)


def _class_of(has: NDArray[np.bool_]) -> str:
    """Give the regular expression of the characters that an array marks; the last goes on."""
    edges = np.flatnonzero(np.diff(has.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    spans = [(start, 0x10FFFF if stop == len(has) else stop - 1) for start, stop in edges.tolist()]
    # a class that no character is in
    inside = "".join(f"\\U{start:08x}-\\U{stop:08x}" for start, stop in spans)
    return f"[{inside}]" if spans else "(?!)"


def _check(status: int) -> None:
    if status:
        raise MemoryError("no memory is left to count words")
