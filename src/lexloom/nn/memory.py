"""Keep a long run's memory from growing: texts of every length leave holes and cached kernels.

Each new shape of a matrix product is compiled and kept, a thousand of them unless told otherwise;
and freed tensors of many sizes leave a heap full of holes that the C library does not give back.
"""

import ctypes
import os
from functools import cache
from typing import Any

PRIMITIVES = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
MAX_PRIMITIVES = 512


def bound_cached_products() -> None:
    """Keep few compiled products; works before the first one, and leaves a user's setting alone."""
    os.environ.setdefault(PRIMITIVES, str(MAX_PRIMITIVES))


def release_unused() -> None:
    """Give memory that was freed back to the system, where the C library knows how to."""
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another system than Linux with glibc
        return None
