from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.dropout import random_bytes
from lexloom.nn.kernels import attention_training
from lexloom.nn.kernels.attention_training import (
    MAX_LENGTH,
    Drops,
    attend,
    attend_backward,
    attend_training,
    trains_packed,
)
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels

FOUND = kernels()
pytestmark = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled")
every_set = pytest.mark.parametrize(
    "instruction_set",
    range(FOUND.instruction_set + 1) if FOUND else (),
    ids=INSTRUCTION_SETS.__getitem__,
)
NUM_DROPPED = 40
FILLER = 3


def made(sizes, num_heads, head_dim, dtype=torch.float32):
    generator = torch.Generator().manual_seed(sum(sizes) + head_dim)
    offsets = torch.tensor([0, *sizes]).cumsum(0)
    shape = sum(sizes) + FILLER, num_heads * head_dim
    qkv = 1.5 * torch.randn(shape[0], 3 * shape[1], generator=generator)
    return qkv.to(dtype), torch.randn(shape, generator=generator).to(dtype), offsets


def oracle(qkv, grad, offsets, num_heads, drawn):
    """The formula in float64, text by text, and its gradient by torch."""
    qkv = qkv.double().requires_grad_()
    texts, position = [], 0
    for start, end in pairwise(offsets.tolist()):
        length = end - start
        q, k, v = (
            qkv[start:end]
            .view(length, 3, num_heads, grad.shape[1] // num_heads)
            .permute(1, 2, 0, 3)
        )
        weights = (q * q.shape[-1] ** -0.5 @ k.transpose(1, 2)).softmax(-1)
        if drawn is not None:
            bytes_NTT = drawn[position:][: weights.numel()].view(weights.shape)
            weights = weights * (bytes_NTT >= NUM_DROPPED) * (256 / (256 - NUM_DROPPED))
            position += weights.numel()
        texts.append((weights @ v).transpose(0, 1).flatten(1))
    out = torch.cat([*texts, grad.new_zeros(FILLER, grad.shape[1]).double()])
    (out * grad.double()).sum().backward()
    return out.detach(), qkv.grad


@every_set
@pytest.mark.parametrize("drops", [False, True])
@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=4).filter(any),
    st.integers(1, 3),
    st.sampled_from([1, 5, 8, 20, 32, 64]),
)
def test_result_and_gradient_are_those_of_the_formula(
    instruction_set, drops, sizes, num_heads, head_dim
):
    found = Kernels(FOUND.functions, instruction_set)
    tolerances = {torch.float32: (2e-5, 1e-5), torch.bfloat16: (6e-2, 2e-2)}
    for dtype, (atol, rtol) in tolerances.items():
        qkv, grad, offsets = made(sizes, num_heads, head_dim, dtype)
        drawn = random_bytes(num_heads * sum(n * n for n in sizes)) if drops else None
        want = oracle(qkv, grad, offsets, num_heads, drawn)
        given_ = num_heads, None if drawn is None else Drops(drawn, NUM_DROPPED), found
        out = attend(qkv, offsets, *given_)
        got = attend_backward(qkv, grad, offsets, *given_)
        torch.testing.assert_close(out.double(), want[0], atol=atol, rtol=rtol)
        torch.testing.assert_close(got.double(), want[1], atol=atol, rtol=rtol)


@every_set
def test_the_longest_text_that_is_taken(instruction_set):
    qkv, grad, offsets = made([MAX_LENGTH, 2], 2, 32)
    want = oracle(qkv, grad, offsets, 2, None)
    given_ = 2, None, Kernels(FOUND.functions, instruction_set)
    torch.testing.assert_close(
        attend_backward(qkv, grad, offsets, *given_).double(), want[1], atol=5e-5, rtol=1e-5
    )


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_no_bit(monkeypatch, threads):
    qkv, grad, offsets = made([7, 0, 30, 12, 1], 2, 8)
    drawn = random_bytes(2 * int(offsets.diff().square().sum()))

    def both():
        given_ = offsets, 2, Drops(drawn, NUM_DROPPED), FOUND
        return torch.cat([attend(qkv, *given_), attend_backward(qkv, grad, *given_)], 1)

    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    alone = both()
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert torch.equal(both(), alone)


def test_a_seed_decides_what_is_dropped():
    qkv, grad, offsets = made([9, 20], 2, 8)

    def trained(seed, dropout_prob=0.3):
        torch.manual_seed(seed)
        leaf = qkv.clone().requires_grad_()
        attend_training(leaf, offsets, 2, dropout_prob=dropout_prob).backward(grad)
        return leaf.grad

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))
    want = oracle(qkv, grad, offsets, 2, None)[1]
    torch.testing.assert_close(trained(1, 0.0).double(), want, atol=2e-5, rtol=1e-5)


def test_about_as_many_weights_are_dropped_as_asked_for():
    # queries and keys of zero: all weights are alike, so a result counts those that were kept
    qkv = torch.zeros(200, 3)
    qkv[:, 2] = 1.0
    torch.manual_seed(0)
    out = attend_training(qkv, torch.tensor([0, 200]), 1, dropout_prob=0.25)
    assert float(out.mean()) == pytest.approx(1.0, abs=0.02)
    assert float(out.std()) == pytest.approx((0.25 / 0.75 / 200) ** 0.5, rel=0.2)


def test_gradients_that_do_not_lie_together_are_read_right():
    qkv, grad, offsets = made([6, 5], 2, 8)
    results = []
    for gradient in (grad, torch.cat([grad, grad], 1)[:, : grad.shape[1]], grad.T.contiguous().T):
        leaf = qkv.clone().requires_grad_()
        attend_training(leaf, offsets, 2, dropout_prob=0.0).backward(gradient)
        results.append(leaf.grad)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_what_it_is_not_for(monkeypatch):
    qkv = torch.zeros(4, 24)
    assert trains_packed(qkv, 4)
    assert not trains_packed(qkv.half(), 4)
    assert not trains_packed(qkv.to("meta"), 4)
    assert not trains_packed(qkv, MAX_LENGTH + 1)
    monkeypatch.setattr(attention_training, "kernels", lambda: None)
    assert not trains_packed(qkv, 4)


@pytest.mark.parametrize("function", ["lexloom_attention", "lexloom_attention_backward"])
def test_want_of_memory_is_an_error(function):
    class Full:
        pass

    setattr(Full, function, staticmethod(lambda *_arguments: 1))
    qkv, grad, offsets = made([6, 5], 2, 8)
    backward = (grad,) if function.endswith("backward") else ()
    way = attend_backward if backward else attend
    with pytest.raises(MemoryError, match="no memory is left"):
        way(qkv, *backward, offsets, 2, None, Kernels(Full(), 0))
