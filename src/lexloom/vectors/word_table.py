"""Words with their vectors as they stand in a file; `vectors.keyed` answers questions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WordTable:
    """V words with a vector of D numbers each."""

    words: list[str]
    vectors_VD: NDArray[np.float32]
    counts: NDArray[np.int64] | None = None
    """How often each word came, where that is known."""
