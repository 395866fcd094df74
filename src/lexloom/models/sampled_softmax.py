"""The normalizer of a softmax over many words, estimated from a few that are drawn.

The target is always among the terms of the sum, and each drawn word stands for those that were not:
its term is divided by the probability of being drawn (Horvitz and Thompson, 1952; Bengio and
Senécal, 2003, draw with repetition instead). So the sum is right on average, whatever the draw, as
long as every word can be drawn; its logarithm is too low by a share of the sum's variance.
`batches.negatives` draws.
"""

import torch
from torch import Tensor

NEVER = -1e30
"""Score of a term that does not count; minus infinity has no gradient where it stands alone."""


def sampled_log_normalizer(
    own_scores_B: Tensor, corrected_BS: Tensor, labels_B: Tensor, drawn_S: Tensor
) -> Tensor:
    """Give the logarithm of the estimated sum of the exponentials of all scores, ``(B,)``.

    Minus the score of the target it is the loss in nats.

    Args:
        own_scores_B: The score of each target.
        corrected_BS: The scores of the S words that were drawn for all targets together, each less
            the logarithm of the probability of being drawn.
        labels_B: The ids of the targets.
        drawn_S: The ids of the drawn words, ascending. One that is the target of a row does not
            count in that row, for its term is there already.
    """
    places_B = torch.searchsorted(drawn_S, labels_B).clamp_max(len(drawn_S) - 1)
    (rows,) = torch.nonzero(drawn_S[places_B] == labels_B, as_tuple=True)
    never = corrected_BS.new_full((len(rows),), NEVER)
    others_BS = corrected_BS.index_put((rows, places_B[rows]), never)
    return torch.logaddexp(own_scores_B, others_BS.logsumexp(-1))
