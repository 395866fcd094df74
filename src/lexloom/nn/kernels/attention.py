"""Self-attention over texts whose rows lie one behind the other, without any padding.

For inference; `nn.kernels.attention_training` is for training. `nn.packing` says what packed means.
"""

import torch
from torch import Tensor

from lexloom.nn.kernels.library import Kernels, kernels

DTYPES = {torch.float32: 0, torch.bfloat16: 1}
"""Number formats of the compiled kernels, by their numbers in ``cpu.h``."""


def attend_packed(qkv_MX: Tensor, offsets: Tensor, num_heads: int) -> Tensor:
    """Attend within each text (Vaswani et al., 2017, eq. 1), for inference.

    Args:
        qkv_MX: Queries, keys and values of all heads side by side, shape ``(M, 3 D)``.
        offsets: Where each text starts among the M rows, and the end of the last, int64.
        num_heads: How many heads share the D channels.

    Returns:
        The values' averages, shape ``(M, D)``.
    """
    found = kernels()
    if found is None or qkv_MX.dtype not in DTYPES or qkv_MX.device.type != "cpu":
        return attend_plain(qkv_MX, offsets, num_heads)
    return attend_compiled(qkv_MX, offsets, num_heads, found)


def attend_compiled(qkv_MX: Tensor, offsets: Tensor, num_heads: int, found: Kernels) -> Tensor:
    """Attend by the compiled kernel; see `attend_packed`."""
    qkv_MX, offsets = qkv_MX.contiguous(), offsets.contiguous()
    head_dim = qkv_MX.shape[1] // 3 // num_heads
    out_MD = qkv_MX.new_empty(qkv_MX.shape[0], num_heads * head_dim)
    status = found.functions.lexloom_attention(
        DTYPES[qkv_MX.dtype],
        qkv_MX.data_ptr(),
        offsets.data_ptr(),
        len(offsets) - 1,
        num_heads,
        head_dim,
        None,
        0,
        out_MD.data_ptr(),
        found.instruction_set,
    )
    if status:
        raise MemoryError("no memory is left for attention")
    return out_MD


def attend_plain(qkv_MX: Tensor, offsets: Tensor, num_heads: int) -> Tensor:
    """Attend text by text by torch's operations, in float32; see `attend_packed`."""
    head_dim = qkv_MX.shape[1] // 3 // num_heads
    texts = []
    lengths = offsets.diff().tolist()
    for qkv_TX in qkv_MX.float().split(lengths):  # type: ignore[no-untyped-call]
        q_NTH, k_NTH, v_NTH = qkv_TX.view(len(qkv_TX), 3, num_heads, head_dim).permute(1, 2, 0, 3)
        weights_NTT = (q_NTH * q_NTH.shape[-1] ** -0.5 @ k_NTH.transpose(1, 2)).softmax(-1)
        texts.append((weights_NTT @ v_NTH).transpose(0, 1).flatten(1))
    return torch.cat(texts).to(qkv_MX.dtype) if texts else qkv_MX.new_empty(0, num_heads * head_dim)
