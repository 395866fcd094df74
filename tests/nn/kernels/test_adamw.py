import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.kernels import adamw
from lexloom.nn.kernels.adamw import AdamWSettings, Stepped, adamw_step, square_sum
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels

FOUND = kernels()
pytestmark = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled")


def kernels_of(instruction_set):
    if instruction_set > FOUND.instruction_set:
        pytest.skip(f"this machine has no {INSTRUCTION_SETS[instruction_set]}")
    return Kernels(FOUND.functions, instruction_set)


def settings(**changes):
    given = {"rate": 3e-3, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-8, "weight_decay": 0.1,
             "step": 1, "gradient_factor": 1.0}  # fmt: skip
    return AdamWSettings(**given | changes)


def numbers(seed, size, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(size, generator=generator).to(dtype)


@pytest.mark.parametrize("instruction_set", range(len(INSTRUCTION_SETS)))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [1, 3, 16, 67, 1_000])
def test_it_steps_as_torch_does(instruction_set, dtype, size):
    found = kernels_of(instruction_set)
    expected = torch.nn.Parameter(numbers(0, size))
    reference = torch.optim.AdamW([expected], lr=3e-3, betas=(0.9, 0.98), weight_decay=0.1)
    got, first, second = numbers(0, size), torch.zeros(size), torch.zeros(size)
    narrow = torch.zeros(size, dtype=torch.bfloat16)
    for step in range(1, 5):
        gradient = numbers(step, size, dtype)
        expected.grad = gradient.float() * 0.25
        reference.step()
        item = Stepped(got, gradient, first, second, narrow)
        adamw_step(found, [(item, settings(step=step, gradient_factor=0.25))])
    state = reference.state[expected]
    torch.testing.assert_close(got, expected.detach(), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(first, state["exp_avg"], atol=1e-7, rtol=1e-5)
    torch.testing.assert_close(second, state["exp_avg_sq"], atol=1e-8, rtol=1e-5)
    assert torch.equal(narrow, got.bfloat16())


def test_a_moment_gets_all_digits_of_what_is_new():
    # 1 - 0.999 in float32 is off by 5e-5
    first, second, gradient = torch.zeros(8), torch.zeros(8), torch.ones(8)
    item = Stepped(numbers(0, 8), gradient, first, second, None)
    adamw_step(FOUND, [(item, settings(beta2=0.999))])
    torch.testing.assert_close(second, torch.full((8,), 0.001), atol=0, rtol=1e-6)
    torch.testing.assert_close(first, torch.full((8,), 0.1), atol=0, rtol=1e-6)


def test_without_a_narrow_copy_nothing_else_is_written():
    parameter, moments = numbers(0, 10), torch.zeros(2, 10)
    item = Stepped(parameter, numbers(1, 10), moments[0], moments[1], None)
    adamw_step(FOUND, [(item, settings())])
    assert not torch.equal(parameter, numbers(0, 10))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_cut_and_number_of_threads_gives_the_same_bits(monkeypatch, threads):
    def stepped():
        tensors = [numbers(n, 1_000) for n in range(2)]
        moments = torch.zeros(4, 1_000)
        items = [
            (Stepped(tensor, numbers(9, 1_000), moments[2 * n], moments[2 * n + 1], None),
             settings(rate=1e-2 * (n + 1)))
            for n, tensor in enumerate(tensors)
        ]  # fmt: skip
        adamw_step(FOUND, items)
        return torch.stack(tensors), moments

    whole = stepped()
    monkeypatch.setattr(adamw, "STRETCH", 96)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for one, other in zip(whole, stepped(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("instruction_set", range(len(INSTRUCTION_SETS)))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(sizes=st.lists(st.integers(0, 9_000), max_size=4), seed=st.integers(0, 99))
def test_squares_are_summed(instruction_set, dtype, sizes, seed):
    found = kernels_of(instruction_set)
    tensors = [numbers(seed + n, size, dtype) for n, size in enumerate(sizes)]
    expected = sum(float(tensor.double().square().sum()) for tensor in tensors)
    assert square_sum(found, tensors) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_shows_in_the_sum(bad):
    tensor = numbers(0, 5_000)
    tensor[4_999] = bad
    assert not math.isfinite(square_sum(FOUND, [tensor]))
