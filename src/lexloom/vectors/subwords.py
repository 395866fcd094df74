"""Subwords: the tokens of a tokenizer of the project's as the words that vectors are learnt for.

Their names are the tokenizer's own pieces, so that a model with that tokenizer can start its
embeddings from their vectors. `nn.kernels.words` cuts by characters instead.
"""

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.tokens.tokenizer import Tokenizer


class TokenCounter:
    """Numbers tokens by the ids of their tokenizer, and counts them; see `words.Counter`."""

    def __init__(self, tokenizer: Tokenizer, max_sentence_words: int) -> None:
        self._tokenizer = tokenizer
        self._max_sentence_words = max_sentence_words
        self._counts = np.zeros(tokenizer.max_id + 1, np.int64)

    def encode(self, text: bytes) -> NDArray[np.uint32]:
        """Count whole lines of UTF-8; give their tokens, each line ended by `SENTENCE_END`."""
        lines = [line for line in text.decode("utf-8").split("\n") if line.strip()]
        end = np.array([SENTENCE_END], np.uint32)
        parts: list[NDArray[np.uint32]] = []
        for encoded in self._tokenizer.encode_batch(lines, add_special_tokens=False):
            ids = encoded.input_ids.astype(np.uint32)
            self._counts += np.bincount(ids, minlength=len(self._counts))
            for start in range(0, len(ids), self._max_sentence_words):
                parts += [ids[start : start + self._max_sentence_words], end]
        return np.concatenate(parts) if parts else end[:0]

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the piece of each id, and how often it came."""
        pieces = self._tokenizer.pieces
        return [piece.encode("utf-8", "replace") for piece in pieces], self._counts.copy()
