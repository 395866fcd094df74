"""Convolutions over rows: padding changes nothing, and the reach is what it should be."""

import torch

from lexloom.nn.dilated import DilatedConvolutions, dilations

LENGTHS = (20, 3, 1)
MASK = torch.arange(20) < torch.tensor(LENGTHS)[:, None]


def convolutions(num_layers=4):
    torch.manual_seed(0)
    return DilatedConvolutions(6, 8, num_layers, 0.2).eval()


def test_a_row_says_the_same_alone_and_among_longer_ones():
    layers = convolutions()
    x = torch.randn(3, 20, 6)
    together = layers(x.where(MASK[..., None], 100.0), MASK)
    for row, size in enumerate(LENGTHS):
        alone = layers(x[row : row + 1, :size], MASK[row : row + 1, :size])
        assert torch.allclose(alone[0], together[row, :size], atol=1e-5)


def test_a_place_reads_as_far_as_the_dilations_reach():
    layers = convolutions(2)
    x = torch.randn(1, 20, 6, requires_grad=True)
    layers(x, MASK[:1])[0, 10, 0].backward()
    seen = x.grad[0].abs().sum(1).nonzero()[:, 0].tolist()
    assert seen == list(range(7, 14))


def test_the_distance_doubles_and_begins_again():
    assert dilations(7) == [1, 2, 4, 1, 2, 4, 1]
