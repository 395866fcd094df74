"""Vectors of which only the first rows are learnt; the others stay as they were given.

A row that no training example reads gets no gradient, yet a dense optimizer would visit it at each
step. In a large table almost all rows are such.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.errors import ShapeError


class SplitEmbedding(nn.Module):
    """V vectors of D numbers, the first S of them learnt; the vector of number 0 is 0."""

    kept_UD: Tensor

    def __init__(self, num_ids: int, num_learnt: int, size: int) -> None:
        """Set up with random vectors of length 1 or so.

        Raises:
            ShapeError: If there is no row to learn, or more than there are.
        """
        super().__init__()
        if not 1 <= num_learnt <= num_ids:
            raise ShapeError(f"of {num_ids} vectors 1 to {num_ids} can be learnt, got {num_learnt}")
        bound = (3.0 / size) ** 0.5
        self.learnt_SD = nn.Parameter(torch.empty(num_learnt, size).uniform_(-bound, bound))
        # a buffer: no optimizer sees it
        self.register_buffer("kept_UD", torch.zeros(num_ids - num_learnt, size))
        with torch.no_grad():
            self.learnt_SD[0] = 0.0

    def forward(self, ids: Tensor) -> Tensor:
        """Give the vector of each number; any shape, with one axis more behind."""
        is_kept, learnt, kept = self._parts(ids)
        vectors = F.embedding(learnt, self.learnt_SD, padding_idx=0)
        if is_kept is None:
            return vectors
        return torch.where(is_kept[..., None], F.embedding(kept, self.kept_UD), vectors)

    def bags(self, ids_N: Tensor, offsets_X: Tensor, weights_N: Tensor) -> Tensor:
        """Give the weighted sum of each bag's vectors, ``(X, D)``; 0 where a bag is empty.

        Args:
            ids_N: The numbers of all bags, one bag after the other.
            offsets_X: Where each bag begins.
            weights_N: The weight of each number.
        """
        is_kept, learnt, kept = self._parts(ids_N)
        weights_N = weights_N.to(self.learnt_SD.dtype)

        def total(ids: Tensor, table: Tensor, weights: Tensor) -> Tensor:
            sums: Tensor = F.embedding_bag(
                ids, table, offsets_X, mode="sum", per_sample_weights=weights
            )
            return sums

        if is_kept is None:
            return total(learnt, self.learnt_SD, weights_N)
        # each of the two reads some row for the other's numbers, with no weight
        return total(learnt, self.learnt_SD, weights_N.masked_fill(is_kept, 0.0)) + total(
            kept, self.kept_UD, weights_N.masked_fill(~is_kept, 0.0)
        )

    def _parts(self, ids: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Say which numbers are of rows that are kept, if any; give their places in both parts."""
        num_learnt = len(self.learnt_SD)
        is_kept = ids >= num_learnt
        if not is_kept.any():
            return None, ids, ids
        return is_kept, ids.masked_fill(is_kept, 0), (ids - num_learnt).clamp_min(0)
