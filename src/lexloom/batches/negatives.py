"""Words to be told from the right ones, drawn so that each is in with a known probability.

`models.sampled_softmax` makes a loss of them.
"""

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lexloom.errors import ConfigError

Proposal = Literal["unigram", "log-uniform", "uniform"]
PROPOSALS: tuple[str, ...] = get_args(Proposal)

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


def _log_uniform(counts_V: NDArray[np.int64]) -> Floats:
    """Weigh words by their rank alone: Zipf's law, whose shares need no counts."""
    ranks = np.empty(len(counts_V))
    ranks[np.argsort(-counts_V, kind="stable")] = np.arange(len(counts_V))
    return np.log((ranks + 2) / (ranks + 1))


WEIGHTS: Mapping[Proposal, Callable[[NDArray[np.int64]], Floats]] = {
    # a word that was never seen must be drawn too, or its score would never be pushed down
    "unigram": lambda counts_V: np.maximum(counts_V, 1).astype(np.float64),
    "log-uniform": _log_uniform,
    "uniform": lambda counts_V: np.ones(len(counts_V)),
}
"""How likely words are drawn, up to a factor, by how often they are seen."""


def inclusion_probabilities(weights_V: Floats, num_drawn: int) -> Floats:
    """Give the probability of each word to be in a draw: its weight times a factor, at most 1.

    They add up to `num_drawn`. Words of weight 0 are never drawn.

    Raises:
        ConfigError: If fewer words than `num_drawn` have a weight.
    """
    num_possible = int(np.count_nonzero(weights_V))
    if not 1 <= num_drawn <= num_possible:
        raise ConfigError(
            f"num_negatives must be in [1, {num_possible}], got {num_drawn}",
            hint="there are no more words to draw",
        )
    order = np.argsort(-weights_V, kind="stable")
    weights = weights_V[order]
    rests = np.cumsum(weights[::-1])[::-1]  # of each word and those behind it
    left = num_drawn - np.arange(num_drawn)
    # as many words are certain as would have more than 1 if the rest shared what is left
    is_certain = left * weights[:num_drawn] >= rests[:num_drawn]
    num_certain = num_drawn if is_certain.all() else int(np.argmin(is_certain))
    probabilities = np.zeros(len(weights_V))
    probabilities[order[:num_certain]] = 1.0
    if num_certain < num_drawn:
        factor = (num_drawn - num_certain) / rests[num_certain]
        probabilities[order[num_certain:]] = np.minimum(1.0, weights[num_certain:] * factor)
    return probabilities


class NegativeSampler:
    """Draws words without repetition; likely ones are in every draw.

    Systematic sampling (Madow, 1949) of words in a random order: a point in every unit of the
    summed probabilities, all moved by one chance, so that each draw has the same number of words.
    """

    def __init__(
        self,
        counts_V: NDArray[np.int64],
        num_drawn: int,
        proposal: Proposal = "unigram",
        *,
        never: Ids | None = None,
    ) -> None:
        """Set up.

        Args:
            counts_V: How often each word is a target.
            num_drawn: Words of a draw.
            proposal: How likely each is drawn: a key of `WEIGHTS`.
            never: Words that are not drawn.

        Raises:
            ConfigError: If there are not so many words.
        """
        weights_V = WEIGHTS[proposal](counts_V)
        if never is not None:
            weights_V[never] = 0.0
        self.inclusion_V = inclusion_probabilities(weights_V, num_drawn)
        self._certain = np.flatnonzero(self.inclusion_V >= 1.0)
        self._others = np.flatnonzero((self.inclusion_V > 0.0) & (self.inclusion_V < 1.0))
        self._num_others = num_drawn - len(self._certain)

    def draw(self, generator: np.random.Generator) -> Ids:
        """Give the ids of a draw, ascending."""
        if not self._num_others:
            return self._certain
        order = generator.permutation(self._others)
        sums = np.cumsum(self.inclusion_V[order])
        sums *= self._num_others / sums[-1]  # whole, where rounding left a rest
        points = generator.random() + np.arange(self._num_others)
        drawn = order[np.searchsorted(sums, points, side="right")]
        return np.sort(np.concatenate([self._certain, drawn]))
