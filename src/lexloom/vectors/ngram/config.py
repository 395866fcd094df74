"""The settings of an n-gram model, checked where they enter and saved with the model."""

from dataclasses import dataclass
from typing import Literal, get_args

from lexloom.config import check_one_of
from lexloom.errors import ConfigError

Unit = Literal["word", "token", "character"]
UNITS: tuple[str, ...] = get_args(Unit)
SMOOTHINGS = (
    "kneser-ney",
    "absolute",
    "witten-bell",
    "good-turing",
    "add-k",
    "maximum-likelihood",
)
GIVEN = "given"
"""In the place of a smoothing where the probabilities were read; nothing can be trained so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NgramConfig:
    """How text becomes units, and their counts probabilities."""

    order: int = 5
    """Units of the longest n-gram: what is predicted, and the context before it."""
    smoothing: str = "kneser-ney"
    """How seen n-grams give probability to unseen ones; see `smoothing.METHODS`."""
    k: float = 0.1
    """What add-k adds to each count; the other smoothings do not use it."""
    min_count: int = 1
    """Units that are seen less often are all read as the one unknown word."""
    max_words: int | None = None
    """Most units in the vocabulary, the most frequent ones; None keeps all."""
    unit: Unit = "word"
    """`word`: words and marks, Chinese ones found by a segmenter; `token`: what white space parts,
    a sentence a line; `character`: characters."""
    lowercase: bool = False
    """Read the text in lower case."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("order", "min_count"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.max_words is not None and self.max_words < 1:
            raise ConfigError(f"max_words must be at least 1, got {self.max_words}")
        if not 0 < self.k < float("inf"):
            raise ConfigError(f"k must be a number above 0, got {self.k}")
        check_one_of(self.unit, UNITS, where="unit")
        if self.smoothing != GIVEN:
            check_one_of(self.smoothing, SMOOTHINGS, where="smoothing")
