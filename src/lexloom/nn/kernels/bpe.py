"""Ids of words by byte-pair encoding, where the kernels are compiled.

What stands in where they are not is the `tokenizers` library: see `tokens.byte_pairs`.
"""

import ctypes
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels


class CompiledMerges:
    """Merges the bytes of words by rank; threads may share it."""

    def __init__(
        self, byte_ids: NDArray[np.uint32], merges: NDArray[np.uint32], found: Kernels
    ) -> None:
        """Take the merges.

        Args:
            byte_ids: The id of each byte, shape ``(256,)``, all different.
            merges: Ids of left, right and both, the lowest rank first, shape ``(M, 3)``.
            found: The kernels.
        """
        self._functions = found.functions
        self._handle = ctypes.c_void_p()
        byte_ids = np.ascontiguousarray(byte_ids, np.uint32)
        merges = np.ascontiguousarray(merges, np.uint32).reshape(-1, 3)
        num_ids = 1 + max(int(byte_ids.max()), int(merges.max(initial=0)))
        pointer = (ctypes.c_void_p * 1)()
        status = self._functions.lexloom_bpe_new(
            merges.ctypes.data, len(merges), byte_ids.ctypes.data, num_ids, pointer
        )
        self._handle = ctypes.c_void_p(pointer[0])
        _check(status)

    def __del__(self) -> None:
        if self._handle.value is not None:
            self._functions.lexloom_bpe_free(self._handle)

    def encode(self, words: Sequence[bytes]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the ids of all words behind each other, and how many each has."""
        text = b"".join(words)
        ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
        ids, sizes = np.empty(len(text), np.int32), np.empty(len(words), np.int32)
        data = ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p)
        arrays = ids.ctypes.data, sizes.ctypes.data
        _check(
            self._functions.lexloom_bpe_encode(
                self._handle, data, ends.ctypes.data, len(words), *arrays
            )
        )
        return ids[: sizes.sum(dtype=np.int64)], sizes


def _check(status: int) -> None:
    if status:
        raise MemoryError("no memory is left to encode words")
