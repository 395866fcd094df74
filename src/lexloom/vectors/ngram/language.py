"""What a language model is to those who ask it: counted, neural, or a mixture of two.

`model` counts, `mixture` mixes; the neural one is `train.nnlm_model`. `ask` and `perplexity` take
each of them.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lexloom.vectors.ngram.config import NgramConfig
from lexloom.vectors.ngram.model import TokenScores
from lexloom.vectors.ngram.vocabulary import Ids, Sentences, Vocabulary

NEURAL = "lexloom-nnlm"
"""What the config of a neural model's directory calls it."""


class LanguageModel(Protocol):
    """A distribution of the next word behind any beginning of a sentence."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that it knows."""
        ...

    @property
    def config(self) -> NgramConfig:
        """How it reads text."""
        ...

    @property
    def order(self) -> int:
        """Words that a prediction hangs on, the predicted one with them."""
        ...

    def score_tokens(self, sentences: Sentences) -> TokenScores:
        """Give the log probability of each token behind the tokens before it in its sentence."""
        ...

    def distribution(self, context: Ids | Sequence[int]) -> NDArray[np.float64]:
        """Give the probability of every word behind a context of ids, indexed by id."""
        ...


def is_neural(path: Path) -> bool:
    """Say whether a directory holds a neural language model, by what its config says."""
    try:
        values = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and values.get("model_type") == NEURAL
