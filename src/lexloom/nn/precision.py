"""Choose the number format that a machine is fast at."""

from typing import Literal

import torch


def has_fast_bf16() -> bool:
    """Say whether the processor multiplies bfloat16 matrices in hardware (AMX or AVX512-BF16)."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def choose_dtype(precision: Literal["auto", "bf16", "fp32"] = "auto") -> torch.dtype:
    """Give the format of matrix products: bfloat16 if asked for, or where it is fast."""
    if precision == "auto":
        precision = "bf16" if has_fast_bf16() else "fp32"
    return torch.bfloat16 if precision == "bf16" else torch.float32
