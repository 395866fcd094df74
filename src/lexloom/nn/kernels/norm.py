"""Layer normalisation of sums, with the embeddings among them looked up on the way."""

import ctypes
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.nn.kernels.attention import DTYPES
from lexloom.nn.kernels.library import Kernels, kernels

MAX_TABLES, MAX_SIZE = 4, 8192
"""Most terms of a sum and widest rows that the compiled kernel takes."""

Term = tuple[Tensor, Tensor | None]
"""A table ``(V, D)`` and the row of it that each of M rows takes, int64; None where the table has
the M rows themselves."""


def norm_sum(terms: Sequence[Term], norm: nn.LayerNorm) -> Tensor:
    """Give the norm of the sum of the terms, shape ``(M, D)``, for inference."""
    found = kernels()
    table = terms[0][0]
    fits = len(terms) <= MAX_TABLES and table.shape[-1] <= MAX_SIZE
    is_same = all(other.dtype == norm.weight.dtype == table.dtype for other, _ in terms)
    if found is None or not (fits and is_same) or table.dtype not in DTYPES:
        return norm_sum_plain(terms, norm)
    if table.device.type != "cpu":
        return norm_sum_plain(terms, norm)
    return norm_sum_compiled(terms, norm, found)


def norm_sum_compiled(terms: Sequence[Term], norm: nn.LayerNorm, found: Kernels) -> Tensor:
    """Give the norm of the sum by the compiled kernel; see `norm_sum`."""
    kept = [(table.contiguous(), ids if ids is None else ids.contiguous()) for table, ids in terms]
    table, ids = kept[0]
    out_MD = table.new_empty(len(table if ids is None else ids), table.shape[1])
    pointers = ctypes.c_void_p * len(kept)
    status = found.functions.lexloom_norm(
        DTYPES[table.dtype],
        pointers(*(table.data_ptr() for table, _ in kept)),
        pointers(*(None if ids is None else ids.data_ptr() for _, ids in kept)),
        (ctypes.c_int64 * len(kept))(*(len(table) for table, _ in kept)),
        len(kept),
        *out_MD.shape,
        norm.weight.data_ptr(),
        norm.bias.data_ptr(),
        norm.eps,
        out_MD.data_ptr(),
        found.instruction_set,
    )
    if status:
        raise IndexError("a row is asked for that its table does not have")
    return out_MD


def norm_sum_plain(terms: Sequence[Term], norm: nn.LayerNorm) -> Tensor:
    """Give the norm of the sum by torch's operations; see `norm_sum`."""
    rows = [table if ids is None else F.embedding(ids, table) for table, ids in terms]
    summed = rows[0]
    for row in rows[1:]:
        summed = summed + row
    normed: Tensor = norm(summed)
    return normed
