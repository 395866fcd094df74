"""A table in two parts reads as one, and only the first part learns."""

import pytest
import torch

from lexloom.errors import ShapeError
from lexloom.nn.split_embedding import SplitEmbedding

IDS = torch.tensor([[0, 2, 5], [3, 3, 1]])


def split(num_ids=6, num_learnt=4):
    torch.manual_seed(0)
    made = SplitEmbedding(num_ids, num_learnt, 3)
    torch.nn.init.normal_(made.kept_UD)
    return made, torch.cat([made.learnt_SD, made.kept_UD]).detach()


def test_it_reads_as_one_table():
    made, whole = split()
    assert torch.equal(made(IDS), whole[IDS])
    assert torch.equal(made(IDS % 4), whole[IDS % 4])
    assert not whole[0].any()


@pytest.mark.parametrize("ids", [[2, 5, 3, 4, 1], [2, 1, 3, 3, 1]])
def test_a_bag_is_the_weighted_sum_of_its_vectors_or_nothing(ids):
    made, whole = split()
    weights = torch.tensor([0.5, 2.0, 1.0, 3.0, -1.0])
    rows = weights[:, None] * whole[ids]
    wanted = torch.stack([rows[:2].sum(0), torch.zeros(3), rows[2:].sum(0)])
    found = made.bags(torch.tensor(ids), torch.tensor([0, 2, 2]), weights)
    assert torch.allclose(found, wanted, atol=1e-6)


def test_only_what_was_read_of_the_first_part_learns():
    made, _ = split()
    made(IDS).sum().backward()
    assert made.learnt_SD.grad.abs().sum(1).bool().tolist() == [False, True, True, True]
    assert [name for name, _ in made.named_parameters()] == ["learnt_SD"]
    assert set(made.state_dict()) == {"learnt_SD", "kept_UD"}


def test_vectors_begin_with_a_length_of_about_1():
    made, _ = split(502, 500)
    assert made.learnt_SD[1:].norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("num_learnt", [0, 7])
def test_a_part_that_is_none_is_refused(num_learnt):
    with pytest.raises(ShapeError, match=f"of 6 vectors 1 to 6 can be learnt, got {num_learnt}"):
        SplitEmbedding(6, num_learnt, 3)
