import pytest
import torch
from torch import nn

from lexloom.nn.kernels import norm as norm_module
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels
from lexloom.nn.kernels.norm import MAX_SIZE, norm_sum, norm_sum_compiled, norm_sum_plain

FOUND = kernels()
AVAILABLE = range(FOUND.instruction_set + 1) if FOUND else ()


def ways():
    """Every way that this machine has: by torch, and compiled with each instruction set."""
    yield pytest.param(norm_sum_plain, id="torch")
    for number in AVAILABLE:
        limited = Kernels(FOUND.functions, number)
        way = lambda *args, limited=limited: norm_sum_compiled(*args, limited)  # noqa: E731
        yield pytest.param(way, id=INSTRUCTION_SETS[number])


every_way = pytest.mark.parametrize("way", [*ways()])


def made(num_rows, size, dtype=torch.float32):
    """A norm, and terms: rows as they are and rows of two tables."""
    torch.manual_seed(num_rows + size)
    norm = nn.LayerNorm(size, eps=1e-12).requires_grad_(False).to(dtype)
    norm.weight.normal_()
    norm.bias.normal_()
    tables = [torch.randn(count, size).to(dtype) for count in (num_rows, 7, 3)]
    ids = [None, torch.randint(7, (num_rows,)), torch.randint(3, (num_rows,))]
    return list(zip(tables, ids, strict=True)), norm


def oracle(terms, norm):
    rows = [(table if ids is None else table[ids]).double() for table, ids in terms]
    return nn.functional.layer_norm(
        sum(rows), rows[0].shape[1:], norm.weight.double(), norm.bias.double(), norm.eps
    )


@every_way
@pytest.mark.parametrize("num_rows", [0, 1, 5])
@pytest.mark.parametrize("size", [2, 3, 16, 33, 384])
def test_each_way_is_torchs_norm_of_the_sum(way, num_rows, size):
    terms, norm = made(num_rows, size)
    got = way(terms, norm).double()
    torch.testing.assert_close(got, oracle(terms, norm), atol=1e-5, rtol=1e-5)
    terms, norm = made(num_rows, size, torch.bfloat16)
    got = way(terms[1:], norm)
    assert got.dtype == torch.bfloat16
    # where the plain way rounds the sum, a small variance makes much of it
    torch.testing.assert_close(got.double(), oracle(terms[1:], norm), atol=0.1, rtol=0.1)


@every_way
def test_one_term_is_the_plain_norm(way):
    terms, norm = made(4, 40)
    torch.testing.assert_close(way(terms[:1], norm), norm(terms[0][0]))


@every_way
@pytest.mark.parametrize("wrong", [-1, 7, 2**40])
def test_a_row_that_the_table_lacks_is_an_error(way, wrong):
    terms, norm = made(4, 8)
    terms[1][1][2] = wrong
    with pytest.raises(IndexError):
        way(terms, norm)


def test_what_the_kernel_does_not_take_goes_the_plain_way(monkeypatch):
    called = []
    plain = norm_sum_plain
    monkeypatch.setattr(
        norm_module, "norm_sum_plain", lambda *args: called.append(1) or plain(*args)
    )
    for num_rows, size, dtype, count in [
        (1, MAX_SIZE + 1, torch.float32, 1),
        (2, 4, torch.half, 1),
    ]:
        terms, norm = made(num_rows, size, dtype)
        torch.testing.assert_close(norm_sum(terms * count, norm), plain(terms * count, norm))
    terms, norm = made(2, 4)
    norm_sum(terms + terms, norm)
    norm_sum(terms, norm.bfloat16().float().half().float())
    assert len(called) == 3
