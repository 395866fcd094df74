import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.range_max import range_max


def maxima_of_slices(x_BUX, ranges):
    nothing = x_BUX.new_zeros(x_BUX.shape[-1])
    return [x_BUX[b, i:j].amax(0) if i < j else nothing for b, i, j in ranges]


def columns(ranges):
    return torch.tensor(ranges, dtype=torch.long).view(-1, 3).unbind(1)


# few ranges are gathered, many are found by runs
@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 6)), max_size=24))
def test_the_maximum_of_a_range_is_that_of_the_slice_and_so_is_its_gradient(ranges):
    x_BUX = (torch.randn(2, 6, 3) - 5.0).requires_grad_()
    got = range_max(x_BUX, *columns(ranges))
    assert got.shape == (len(ranges), 3)
    if any(i < j for _, i, j in ranges):
        want = torch.stack(maxima_of_slices(x_BUX, ranges))
        assert torch.equal(got, want)
        weights = torch.randn(got.shape)
        gradients = [torch.autograd.grad((y * weights).sum(), x_BUX)[0] for y in (got, want)]
        torch.testing.assert_close(*gradients)


def test_the_gradient_of_equal_values_is_not_counted_twice():
    x_BUX = torch.zeros(1, 5, 1, requires_grad=True)
    ranges = [(0, i, j) for i in range(5) for j in range(i + 1, 6)]
    range_max(x_BUX, *columns(ranges)).sum().backward()
    assert x_BUX.grad.sum() == len(ranges)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_ranges_of_a_long_text_have_the_maximum_of_the_slice(dtype):
    torch.manual_seed(0)
    x_BUX = torch.randn(2, 67, 2).to(dtype)
    ranges = [(b, i, j) for b in range(2) for i in range(68) for j in range(68)]
    with torch.inference_mode():
        got = range_max(x_BUX, *columns(ranges))
    assert torch.equal(got, torch.stack(maxima_of_slices(x_BUX, ranges)))


def test_many_long_ranges_are_not_gathered_one_by_one(monkeypatch):
    sizes = []
    select = torch.Tensor.index_select

    def counted(self, dim, index):
        sizes.append(len(index))
        return select(self, dim, index)

    monkeypatch.setattr(torch.Tensor, "index_select", counted)
    num_ranges = 1000
    row, start = torch.zeros(2, num_ranges, dtype=torch.long)
    with torch.no_grad():
        range_max(torch.randn(1, 400, 2), row, start, start + 400)
    assert sum(sizes) <= 2 * num_ranges
