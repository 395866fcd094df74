"""Random choices that can be repeated: every generator comes from a seed and the names of its use.

`torch` generators are made by the code that owns them, from `derive`.
"""

import hashlib
import random


def derive(seed: int, *names: str | int) -> int:
    """Give a 63-bit seed that is a pure function of `seed` and the names of what it is for."""
    digest = hashlib.sha256(repr((seed, *names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> random.Random:
    """Give a Python generator for one named use."""
    return random.Random(derive(seed, *names))
