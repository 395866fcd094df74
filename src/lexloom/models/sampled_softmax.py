"""The loss of a softmax over many words, estimated from a few that are drawn.

The target is always among the terms of the sum, and each drawn word stands for those that were not:
its term is divided by the probability of being drawn (Horvitz and Thompson, 1952; Bengio and
Senécal, 2003, draw with repetition instead). So the sum is right on average, whatever the draw, as
long as every word can be drawn; its logarithm is too low by a share of the sum's variance.
`batches.negatives` draws.
"""

import torch
from torch import Tensor

from lexloom.nn.context_batch import Negatives


def sampled_loss(
    own_scores_B: Tensor, scores_BS: Tensor, labels_B: Tensor, negatives: Negatives
) -> Tensor:
    """Give minus the log probability of each target, its normalizer estimated; nats, ``(B,)``.

    Args:
        own_scores_B: The score of each target.
        scores_BS: The scores of the S words that were drawn for all targets together.
        labels_B: The ids of the targets; a drawn word that is the target of a row does not count
            in that row, for its term is there already.
        negatives: The ids of the drawn words, and how likely it was that they are drawn.
    """
    return sampled_log_normalizer(own_scores_B, scores_BS, labels_B, negatives) - own_scores_B


def sampled_log_normalizer(
    own_scores_B: Tensor, scores_BS: Tensor, labels_B: Tensor, negatives: Negatives
) -> Tensor:
    """Give the logarithm of the estimated sum of all exponentials; arguments as `sampled_loss`."""
    corrected_BS = scores_BS - negatives.log_inclusion_S
    is_own_BS = negatives.ids_S == labels_B[:, None]
    corrected_BS = corrected_BS.masked_fill(is_own_BS, -torch.inf)
    return torch.cat([own_scores_B[:, None], corrected_BS], dim=1).logsumexp(-1)
