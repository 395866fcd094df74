"""Texts to ids by byte-level BPE, where the kernels are compiled.

`tokens.byte_pairs` says which tokenizers can be encoded so, and `tokens.characters` makes the table
of kinds. Where there are no kernels, the `tokenizers` library does it: see `tokens.chunks`.
"""

import ctypes
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.library import Kernels

OTHER, SPACE, HAN, LETTER, DIGIT, MARK, UNSURE = range(7)
"""Kinds of characters. The kernel cuts words of letters, of digits and of marks out of what stands
between white space and Chinese; with another character in it, the caller must encode the chunk, and
the whole text with one that is unsure."""

Ids = NDArray[np.int32]
EncodeChunks = Callable[[Sequence[str]], tuple[Ids, Ids]]
"""Gives the ids of chunks behind each other, and how many each has."""


class CompiledEncoder:
    """Encodes texts, and remembers the words and chunks that it met."""

    def __init__(
        self,
        byte_ids: NDArray[np.uint32],
        merges: NDArray[np.uint32],
        kinds: NDArray[np.uint8],
        max_known: int,
        found: Kernels,
    ) -> None:
        """Take the merges.

        Args:
            byte_ids: The id of each byte, shape ``(256,)``, all different.
            merges: Ids of left, right and both, the lowest rank first, shape ``(M, 3)``.
            kinds: The kind of each character, the last for all beyond.
            max_known: Words and chunks to remember; then all are forgotten.
            found: The kernels.
        """
        self._functions = found.functions
        self._handle = ctypes.c_void_p()
        byte_ids = np.ascontiguousarray(byte_ids, np.uint32)
        merges = np.ascontiguousarray(merges, np.uint32).reshape(-1, 3)
        kinds = np.ascontiguousarray(kinds, np.uint8)
        num_ids = 1 + max(int(byte_ids.max()), int(merges.max(initial=0)))
        pointer = (ctypes.c_void_p * 1)()
        status = self._functions.lexloom_bpe_new(
            *(merges.ctypes.data, len(merges), byte_ids.ctypes.data, num_ids),
            *(kinds.ctypes.data, len(kinds), pointer),
        )
        self._handle = ctypes.c_void_p(pointer[0])
        _check(status)
        self._max_known = max_known

    def __del__(self) -> None:
        if self._handle.value is not None:
            self._functions.lexloom_bpe_free(self._handle)

    def encode(self, texts: Sequence[bytes], encode_chunks: EncodeChunks) -> tuple[Ids, Ids]:
        """Give the ids of all texts behind each other, and how many each has."""
        data, ends = _joined(texts)
        ids, sizes, unknown = self._encode(data, ends)
        if unknown:
            self._learn(unknown, *encode_chunks([chunk.decode() for chunk in unknown]))
            ids, sizes, _ = self._encode(data, ends)
        self._forget_if_full()
        return ids, sizes

    def _encode(self, data: bytes, ends: NDArray[np.int64]) -> tuple[Ids, Ids, list[bytes]]:
        """Give the ids, which count only if no chunk is unknown, and those that are, each once."""
        ids, sizes = np.empty(len(data), np.int32), np.empty(len(ends), np.int32)
        unknown = np.empty((len(data), 2), np.int64)  # what is not written to costs nothing
        num_unknown = ctypes.c_int64(0)
        _check(
            self._functions.lexloom_bpe_encode(
                *(self._handle, _pointer(data), ends.ctypes.data, len(ends)),
                *(ids.ctypes.data, sizes.ctypes.data),
                *(unknown.ctypes.data, ctypes.byref(num_unknown)),
            )
        )
        spans = unknown[: num_unknown.value].tolist()
        chunks = list(dict.fromkeys(data[start:end] for start, end in spans))
        return ids[: sizes.sum(dtype=np.int64)].copy(), sizes, chunks

    def _learn(self, chunks: Sequence[bytes], ids: Ids, sizes: Ids) -> None:
        data, ends = _joined(chunks)
        _check(
            self._functions.lexloom_bpe_learn(
                *(self._handle, _pointer(data), ends.ctypes.data, len(ends)),
                *(ids.ctypes.data, sizes.ctypes.data),
            )
        )

    def _forget_if_full(self) -> None:
        _check(self._functions.lexloom_bpe_forget(self._handle, self._max_known))


def _joined(texts: Sequence[bytes]) -> tuple[bytes, NDArray[np.int64]]:
    return b"".join(texts), np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))


def _pointer(data: bytes) -> ctypes.c_void_p:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)


def _check(status: int) -> None:
    if status:
        raise MemoryError("no memory is left to encode texts")
