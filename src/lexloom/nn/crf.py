"""A linear-chain conditional random field over states (Lafferty, McCallum and Pereira, 2001).

Scores are float32 at least, whatever the model's format. Illegal moves get a score so low that no
path takes one; it is finite, so that gradients are numbers.
"""

import torch
from torch import Tensor, nn

from lexloom.errors import ShapeError

FORBIDDEN = -1e4
"""Score of what is illegal, in nats."""
LEAST = -600.0
"""Nats below a place's best state where the score of another one counts as this."""


class LinearChainCRF(nn.Module):
    """Scores of moves between C states, of beginning and of ending in each."""

    starts_are_legal_C: Tensor
    ends_are_legal_C: Tensor
    moves_are_legal_CC: Tensor

    def __init__(
        self,
        starts_are_legal_C: Tensor,
        ends_are_legal_C: Tensor,
        moves_are_legal_CC: Tensor,
    ) -> None:
        """Set up with bool tensors that say what is legal; see `annotations.tag_scheme`.

        Raises:
            ShapeError: If they do not fit each other.
        """
        super().__init__()
        size = len(starts_are_legal_C)
        if ends_are_legal_C.shape != (size,) or moves_are_legal_CC.shape != (size, size):
            raise ShapeError(
                f"{size} states need {size} ends and {size} x {size} moves, got "
                f"{tuple(ends_are_legal_C.shape)} and {tuple(moves_are_legal_CC.shape)}"
            )
        self.starts_C = nn.Parameter(torch.zeros(size))
        self.ends_C = nn.Parameter(torch.zeros(size))
        self.moves_CC = nn.Parameter(torch.zeros(size, size))
        self.register_buffer("starts_are_legal_C", starts_are_legal_C, persistent=False)
        self.register_buffer("ends_are_legal_C", ends_are_legal_C, persistent=False)
        self.register_buffer("moves_are_legal_CC", moves_are_legal_CC, persistent=False)

    def _scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """Give the scores of beginnings, ends and moves, in float32."""
        return (
            self.starts_C.float().masked_fill(~self.starts_are_legal_C, FORBIDDEN),
            self.ends_C.float().masked_fill(~self.ends_are_legal_C, FORBIDDEN),
            self.moves_CC.float().masked_fill(~self.moves_are_legal_CC, FORBIDDEN),
        )

    def loss(self, emissions_BTC: Tensor, states_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Give the negative log likelihood of each row's states, ``(B,)``, in nats."""
        score_B = self.score(emissions_BTC, states_BT, mask_BT)
        return self.log_partition(emissions_BTC, mask_BT) - score_B

    def score(self, emissions_BTC: Tensor, states_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Give the score of each row's path, ``(B,)``.

        Args:
            emissions_BTC: The score of each state at each word.
            states_BT: The path; what stands at padding counts for nothing.
            mask_BT: True at words, which come before padding; each row has at least one.
        """
        _check(emissions_BTC, mask_BT)
        starts_C, ends_C, moves_CC = self._scores()
        states_BT = states_BT.where(mask_BT, 0)
        emitted_BT = emissions_BTC.float().gather(2, states_BT[..., None])[..., 0]
        moved_BT = moves_CC[states_BT[:, :-1], states_BT[:, 1:]]
        last_B1 = mask_BT.sum(1, keepdim=True) - 1
        return (
            starts_C[states_BT[:, 0]]
            + emitted_BT.where(mask_BT, 0.0).sum(1)
            + moved_BT.where(mask_BT[:, 1:], 0.0).sum(1)
            + ends_C[states_BT.gather(1, last_B1)[:, 0]]
        )

    def log_partition(self, emissions_BTC: Tensor, mask_BT: Tensor) -> Tensor:
        """Give the log of the sum over all paths of their exponentiated scores, ``(B,)``.

        The forward algorithm on shares: those of the states at a place sum to 1, and the logs of
        what they summed to are added up (Rabiner, 1989, section V). In float64 a share is 0 only
        if it is beyond e^-700, so nothing is lost that counts, and no step needs a logarithm.
        """
        _check(emissions_BTC, mask_BT)
        starts_C, ends_C, moves_CC = self._scores()
        best_BT1 = emissions_BTC.detach().float().amax(2, keepdim=True)
        raised = (emissions_BTC.float() - best_BT1).clamp_min(LEAST).double().exp().unbind(1)
        moves_CC = moves_CC.double().exp()
        sums, is_word = [], mask_BT[..., None].unbind(1)
        shares_BC = starts_C.double().exp() * raised[0]
        for place in range(len(raised)):
            if place:
                moved_BC = (shares_BC @ moves_CC) * raised[place]
                shares_BC = torch.where(is_word[place], moved_BC, shares_BC)
            sum_B1 = shares_BC.sum(1, keepdim=True)
            sums.append(sum_B1)
            shares_BC = shares_BC / sum_B1
        # at padding the sum is 1, but for rounding
        logs_BT = torch.cat(sums, 1).log() + best_BT1[..., 0]
        total_B = logs_BT.where(mask_BT, 0.0).sum(1)
        return (total_B + (shares_BC @ ends_C.double().exp()).log()).float()

    def marginals(self, emissions_BTC: Tensor, mask_BT: Tensor) -> Tensor:
        """Give the probability of each state at each word, ``(B, T, C)``; 0 at padding.

        It is the derivative of the log partition by the emission, which saves a backward pass
        written by hand.
        """
        with torch.enable_grad():
            inputs_BTC = emissions_BTC.detach().float().requires_grad_()
            total = self.log_partition(inputs_BTC, mask_BT).sum()
            (marginals_BTC,) = torch.autograd.grad(total, inputs_BTC)
        return marginals_BTC

    @torch.no_grad()
    def decode(self, emissions_BTC: Tensor, mask_BT: Tensor) -> Tensor:
        """Give each row's best path by Viterbi's algorithm, ``(B, T)``; 0 at padding.

        Of paths that score alike, the one with the lower state where they last differ.
        """
        _check(emissions_BTC, mask_BT)
        starts_C, ends_C, moves_CC = self._scores()
        into_CC = moves_CC.T.contiguous()  # the best way into a state is sought along the last axis
        emissions, is_word = emissions_BTC.float().unbind(1), mask_BT[..., None].unbind(1)
        best_BC = starts_C + emissions[0]
        came_from: list[Tensor] = []
        stay_C = torch.arange(len(starts_C), device=best_BC.device)
        for place in range(1, len(emissions)):
            scores_BC, from_BC = (best_BC[:, None] + into_CC).max(2)
            best_BC = torch.where(is_word[place], scores_BC + emissions[place], best_BC)
            # at padding each state comes from itself, so that the way back starts at the last word
            came_from.append(torch.where(is_word[place], from_BC, stay_C))
        state_B1 = (best_BC + ends_C).argmax(1, keepdim=True)
        path = [state_B1]
        for from_BC in reversed(came_from):
            state_B1 = from_BC.gather(1, state_B1)
            path.append(state_B1)
        return torch.cat(path[::-1], 1).where(mask_BT, 0)


def _check(emissions_BTC: Tensor, mask_BT: Tensor) -> None:
    if emissions_BTC.shape[:2] != mask_BT.shape or not mask_BT.numel():
        raise ShapeError(
            f"emissions {tuple(emissions_BTC.shape)} and mask {tuple(mask_BT.shape)} must have the "
            "same rows and words, and one at least"
        )
