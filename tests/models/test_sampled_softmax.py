import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lexloom.models.sampled_softmax import sampled_log_normalizer

VOCAB_SIZE, NUM_DRAWN = 6, 3
DRAWS = [torch.tensor(draw) for draw in itertools.combinations(range(VOCAB_SIZE), NUM_DRAWN)]
scores = st.lists(st.floats(-8, 8), min_size=VOCAB_SIZE, max_size=VOCAB_SIZE)


def estimate(scores_V, label, drawn, inclusion_V):
    """The estimated sum of exponentials for one target."""
    corrected = scores_V[drawn] - inclusion_V[drawn].log()
    own, labels = scores_V[label].unsqueeze(0), torch.tensor([label])
    return sampled_log_normalizer(own, corrected[None], labels, drawn).exp()


@given(scores, st.integers(0, VOCAB_SIZE - 1))
def test_the_sum_and_its_gradient_are_right_on_the_mean_of_all_draws(values, label):
    scores_V = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    inclusion_V = torch.full((VOCAB_SIZE,), NUM_DRAWN / VOCAB_SIZE, dtype=torch.float64)
    mean = sum(estimate(scores_V, label, drawn, inclusion_V) for drawn in DRAWS) / len(DRAWS)
    (gradient,) = torch.autograd.grad(mean.sum(), scores_V)
    assert mean.item() == pytest.approx(scores_V.exp().sum().item(), rel=1e-10)
    # the gradient of a sum of exponentials is the exponentials
    torch.testing.assert_close(gradient, scores_V.detach().exp(), rtol=1e-9, atol=1e-12)


@given(scores, st.integers(0, VOCAB_SIZE - 1))
def test_unlike_chances_are_made_up_for(values, label):
    # words are in independently of each other, each with a chance of its own
    scores_V = torch.tensor(values, dtype=torch.float64)
    inclusion_V = torch.linspace(0.2, 0.9, VOCAB_SIZE, dtype=torch.float64)
    mean = 0.0
    for is_in in itertools.product([False, True], repeat=VOCAB_SIZE):
        chosen = torch.tensor(is_in)
        chance = torch.where(chosen, inclusion_V, 1 - inclusion_V).prod()
        drawn = chosen.nonzero()[:, 0]
        found = scores_V[label].exp()
        if len(drawn):
            found = estimate(scores_V, label, drawn, inclusion_V)
        mean += chance.item() * found.item()
    assert mean == pytest.approx(scores_V.exp().sum().item(), rel=1e-9)


def test_a_drawn_target_counts_once_and_only_in_its_own_row():
    scores_V = torch.tensor([1.0, 2.0, 3.0])
    drawn, labels = torch.tensor([0, 2]), torch.tensor([2, 1])
    corrected = scores_V[drawn].expand(2, 2)
    found = sampled_log_normalizer(scores_V[labels], corrected, labels, drawn)
    wanted = torch.stack([scores_V[[2, 0]].logsumexp(0), scores_V.logsumexp(0)])
    torch.testing.assert_close(found, wanted)


def test_a_draw_of_the_target_alone_leaves_a_finite_gradient():
    own = torch.tensor([1.5], requires_grad=True)
    corrected = torch.tensor([[0.5]], requires_grad=True)
    found = sampled_log_normalizer(own, corrected, torch.tensor([4]), torch.tensor([4]))
    found.sum().backward()
    assert found.item() == pytest.approx(1.5)
    assert own.grad.tolist() == [1.0]
    assert corrected.grad.tolist() == [[0.0]]
