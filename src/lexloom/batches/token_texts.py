"""A token file as texts for pre-training: runs of whole sentences of one document.

`tokens.packing` plans samples of several documents; here each text stands alone, for rows of
different lengths cost nothing where the padding is left out.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexloom.tokens.indexed import TokenFile

Positions = NDArray[np.int64]


class TokenTexts:
    """Texts of some documents: as many whole sentences as fit; longer sentences are cut."""

    def __init__(self, file: TokenFile, documents: Sequence[int], *, max_length: int) -> None:
        self._file = file
        starts: list[int] = []
        ends: list[int] = []
        for document in documents:
            first, last = file.documents[document], file.documents[document + 1]
            for start, end in _runs(file.starts[first : last + 1].tolist(), max_length):
                starts.append(start)
                ends.append(end)
        self.starts: Positions = np.array(starts, dtype=np.int64)
        self.lengths: Positions = np.array(ends, dtype=np.int64) - self.starts

    def __len__(self) -> int:
        """Give the number of texts."""
        return len(self.starts)

    def keep(self, numbers: Sequence[int]) -> None:
        """Keep some of the texts."""
        chosen = np.array(numbers, dtype=np.int64)
        self.starts, self.lengths = self.starts[chosen], self.lengths[chosen]

    def sentences(self, number: int) -> list[NDArray[Any]]:
        """Give the token ids of a text's sentences."""
        start = int(self.starts[number])
        end = start + int(self.lengths[number])
        first, last = np.searchsorted(self._file.starts, (start + 1, end))
        cuts = [start, *self._file.starts[first:last].tolist(), end]
        tokens = self._file.tokens
        return [tokens[a:b] for a, b in pairwise(cuts) if b > a]


def _runs(borders: list[int], max_length: int) -> list[tuple[int, int]]:
    """Give token ranges of a document, each of whole sentences where they fit."""
    runs: list[tuple[int, int]] = []
    start = borders[0]
    for border, following in zip(borders[1:], [*borders[2:], borders[-1]], strict=True):
        while border - start > max_length:
            runs.append((start, start + max_length))
            start += max_length
        is_last = border == borders[-1]
        if border > start and (is_last or following - start > max_length):
            runs.append((start, border))
            start = border
    return runs


def held_out_documents(
    file: TokenFile, share: float, draw: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Give the documents to train on and those to evaluate on, which hold about `share` of tokens.

    One document alone is not split: both are empty lists then.
    """
    if file.num_documents < 2:
        return [], []
    sizes = np.diff(file.document_starts)
    order = draw.permutation(file.num_documents)
    held = np.cumsum(sizes[order]) <= share * file.num_tokens
    num_held = min(max(1, int(held.sum())), file.num_documents - 1)
    return sorted(order[num_held:].tolist()), sorted(order[:num_held].tolist())
