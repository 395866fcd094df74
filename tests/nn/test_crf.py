"""The chain against the sum and the best over every path, written out."""

from itertools import pairwise, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ShapeError
from lexloom.nn.crf import LinearChainCRF


def random_crf(num_states, seed, share_legal=1.0):
    """Random scores; some moves are illegal, those from and to state 0 never."""
    torch.manual_seed(seed)
    moves = torch.rand(num_states, num_states) < share_legal
    moves[0, :] = moves[:, 0] = True
    starts, ends = torch.ones(2, num_states, dtype=torch.bool)
    starts[num_states // 2 + 1 :] = ends[1 : num_states // 2] = False
    crf = LinearChainCRF(starts, ends, moves)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def every_path(crf, emissions_TC):
    """Each legal path and its score, in float64, from the definition."""
    starts, ends, moves = (p.double() for p in (crf.starts_C, crf.ends_C, crf.moves_CC))
    scores = {}
    for path in product(range(len(starts)), repeat=len(emissions_TC)):
        steps = list(pairwise(path))
        is_legal = crf.starts_are_legal_C[path[0]] and crf.ends_are_legal_C[path[-1]]
        if is_legal and all(crf.moves_are_legal_CC[step] for step in steps):
            score = starts[path[0]] + ends[path[-1]]
            score = score + sum(emissions_TC[t, c].double() for t, c in enumerate(path))
            scores[path] = score + sum(moves[step] for step in steps)
    return scores


chains = st.tuples(st.integers(2, 4), st.integers(1, 5), st.integers(0, 1000))


@settings(max_examples=25, deadline=None)
@given(chains, st.sampled_from([0.5, 1.0]))
def test_the_partition_the_best_path_and_the_marginals_are_those_of_every_path(chain, share):
    num_states, length, seed = chain
    crf = random_crf(num_states, seed, share)
    emissions = 3 * torch.randn(1, length, num_states)
    mask = torch.ones(1, length, dtype=torch.bool)
    paths = every_path(crf, emissions[0])
    scores = torch.stack(list(paths.values()))
    partition = torch.logsumexp(scores, 0)
    assert crf.log_partition(emissions, mask).item() == pytest.approx(partition.item(), abs=1e-4)
    best = max(paths, key=lambda path: paths[path].item())
    assert tuple(crf.decode(emissions, mask)[0].tolist()) == best
    for path, score in paths.items():
        loss = crf.loss(emissions, torch.tensor([path]), mask).item()
        assert loss == pytest.approx((partition - score).item(), abs=1e-3)
    wanted = torch.zeros(length, num_states, dtype=torch.float64)
    for path, score in paths.items():
        for place, state in enumerate(path):
            wanted[place, state] += (score - partition).exp().detach()
    assert torch.allclose(crf.marginals(emissions, mask)[0].double(), wanted, atol=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_gradients_of_the_loss_are_expected_less_observed_counts(seed):
    crf = random_crf(3, seed)
    emissions = torch.randn(1, 4, 3, requires_grad=True)
    mask = torch.ones(1, 4, dtype=torch.bool)
    path = torch.tensor([[0, 2, 1, 0]])
    crf.loss(emissions, path, mask).sum().backward()
    observed = torch.nn.functional.one_hot(path, 3)
    expected = crf.marginals(emissions, mask)
    assert torch.allclose(emissions.grad, expected - observed, atol=1e-5)
    paths = every_path(crf, emissions[0].detach())
    partition = torch.logsumexp(torch.stack(list(paths.values())), 0)
    moves = torch.zeros(3, 3, dtype=torch.float64)
    for states, score in paths.items():
        for step in pairwise(states):
            moves[step] += (score - partition).exp().detach()
    for step in pairwise(path[0].tolist()):
        moves[step] -= 1
    assert torch.allclose(crf.moves_CC.grad.double(), moves, atol=1e-5)


def test_a_row_says_the_same_alone_and_among_longer_ones():
    crf = random_crf(5, 0, 0.6)
    lengths = (1, 4, 7, 7)
    mask = torch.arange(7) < torch.tensor(lengths)[:, None]
    emissions = 2 * torch.randn(4, 7, 5)
    states = crf.decode(emissions, mask)
    noisy = emissions.where(mask[..., None], 1e3)  # what stands at padding
    values = [crf.log_partition(noisy, mask), crf.loss(noisy, states, mask)]
    marginals = crf.marginals(noisy, mask)
    assert torch.equal(crf.decode(noisy, mask), states)
    assert not states[~mask].any()
    assert not marginals[~mask].any()
    for row, size in enumerate(lengths):
        alone, real = emissions[row : row + 1, :size], mask[row : row + 1, :size]
        path = crf.decode(alone, real)
        assert torch.equal(path[0], states[row, :size])
        ours = [crf.log_partition(alone, real), crf.loss(alone, path, real)]
        for one, many in zip(ours, values, strict=True):
            assert one.item() == pytest.approx(many[row].item(), abs=1e-4)
        assert torch.allclose(crf.marginals(alone, real)[0], marginals[row, :size], atol=1e-5)


def test_illegal_moves_are_never_taken_whatever_the_scores():
    crf = random_crf(4, 1, 0.3)
    emissions = 50 * torch.randn(8, 12, 4)
    mask = torch.ones(8, 12, dtype=torch.bool)
    path = crf.decode(emissions, mask)
    assert crf.moves_are_legal_CC[path[:, :-1], path[:, 1:]].all()
    assert crf.starts_are_legal_C[path[:, 0]].all()
    assert crf.ends_are_legal_C[path[:, -1]].all()


def test_long_rows_of_wide_scores_have_a_finite_loss_and_gradient():
    crf = random_crf(3, 2)
    emissions = (40 * torch.randn(2, 600, 3)).requires_grad_()
    mask = torch.ones(2, 600, dtype=torch.bool)
    loss = crf.loss(emissions, torch.zeros(2, 600, dtype=torch.long), mask)
    loss.sum().backward()
    assert torch.isfinite(loss).all()
    assert torch.isfinite(emissions.grad).all()


def test_sums_are_float32_in_a_bfloat16_model():
    crf = random_crf(3, 3).bfloat16()
    emissions = torch.randn(1, 5, 3).bfloat16()
    mask = torch.ones(1, 5, dtype=torch.bool)
    assert crf.log_partition(emissions, mask).dtype == torch.float32


def test_shapes_that_do_not_fit_are_refused():
    crf = random_crf(3, 0)
    with pytest.raises(ShapeError, match="same rows and words"):
        crf.decode(torch.zeros(1, 4, 3), torch.ones(1, 5, dtype=torch.bool))
    with pytest.raises(ShapeError, match="one at least"):
        crf.log_partition(torch.zeros(1, 0, 3), torch.ones(1, 0, dtype=torch.bool))
    legal = torch.ones(3, dtype=torch.bool)
    with pytest.raises(ShapeError, match="3 states need 3 ends and 3 x 3 moves"):
        LinearChainCRF(legal, legal, torch.ones(3, 2, dtype=torch.bool))
