import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.kernels import attention
from lexloom.nn.kernels.attention import attend_compiled, attend_packed, attend_plain
from lexloom.nn.kernels.library import INSTRUCTION_SETS, Kernels, kernels

FOUND = kernels()
AVAILABLE = range(FOUND.instruction_set + 1) if FOUND else ()


def ways():
    """Every way that this machine has: by torch, and compiled with each instruction set."""
    yield pytest.param(attend_plain, id="torch")
    for number in AVAILABLE:
        limited = Kernels(FOUND.functions, number)
        way = lambda *args, limited=limited: attend_compiled(*args, limited)  # noqa: E731
        yield pytest.param(way, id=INSTRUCTION_SETS[number])


every_way = pytest.mark.parametrize("attend", [*ways()])
lengths = st.lists(st.integers(0, 40), min_size=1, max_size=5)


def made(sizes, num_heads, head_dim, spread=2.0):
    torch.manual_seed(sum(sizes) + head_dim)
    offsets = torch.tensor([0, *sizes]).cumsum(0)
    return torch.randn(sum(sizes), 3 * num_heads * head_dim) * spread, offsets


def oracle(qkv, offsets, num_heads):
    """Torch's own attention in float64, text by text."""
    texts = []
    for part in qkv.double().split(offsets.diff().tolist()):
        q, k, v = (
            part.view(len(part), 3, num_heads, qkv.shape[1] // 3 // num_heads)
            .permute(1, 2, 0, 3)
            .unsqueeze(1)
        )
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        texts.append(out[0].transpose(0, 1).flatten(1))
    return torch.cat(texts)


@every_way
@settings(deadline=None, max_examples=20)
@given(lengths, st.integers(1, 3), st.sampled_from([1, 5, 8, 20, 32, 64, 96]))
def test_each_way_is_torchs_attention(attend, sizes, num_heads, head_dim):
    qkv, offsets = made(sizes, num_heads, head_dim)
    want = oracle(qkv, offsets, num_heads)
    torch.testing.assert_close(attend(qkv, offsets, num_heads).double(), want, atol=2e-5, rtol=1e-5)
    half = qkv.bfloat16()
    got = attend(half, offsets, num_heads)
    assert got.dtype == torch.bfloat16
    want = oracle(half, offsets, num_heads)
    torch.testing.assert_close(got.double(), want, atol=6e-2, rtol=2e-2)


@every_way
def test_a_text_of_the_most_positions_is_read(attend):
    qkv, offsets = made([512, 3], 2, 32)
    want = oracle(qkv.bfloat16(), offsets, 2)
    torch.testing.assert_close(
        attend(qkv.bfloat16(), offsets, 2).double(), want, atol=6e-2, rtol=2e-2
    )


@every_way
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_text_among_others_is_the_text_alone(attend, dtype):
    qkv, offsets = made([7, 35, 1, 50], 3, 32)
    qkv = qkv.to(dtype)
    together = attend(qkv, offsets, 3)
    alone = attend(qkv[7:42], torch.tensor([0, 35]), 3)
    assert torch.equal(together[7:42], alone)


@every_way
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_scores_far_apart_choose_one_value(attend, dtype):
    qkv = torch.zeros(2, 3 * 32, dtype=dtype)
    qkv[0, :32], qkv[0, 32:64] = 1e4, 1e4
    qkv[:, 64:] = torch.tensor([[3.0], [5.0]])
    got = attend(qkv, torch.tensor([0, 2]), 1)
    assert got[0].tolist() == [3.0] * 32
    assert got[1].tolist() == [4.0] * 32


@every_way
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_no_number_stays_within_its_text(attend, dtype):
    qkv, offsets = made([5, 4], 1, 32)
    qkv[2] = torch.nan
    got = attend(qkv.to(dtype), offsets, 1)
    assert got[:5].isnan().all()
    assert not got[5:].isnan().any()


@every_way
def test_rows_that_do_not_lie_together_are_read_right(attend):
    qkv, offsets = made([6, 5], 2, 8)
    wide = torch.cat([qkv, qkv], dim=1)[:, : qkv.shape[1]]
    assert not wide.is_contiguous()
    torch.testing.assert_close(attend(wide, offsets, 2), attend(qkv, offsets, 2))


@every_way
def test_no_text_gives_no_row(attend):
    assert attend(torch.zeros(0, 48), torch.tensor([0]), 2).shape == (0, 16)


def test_other_formats_and_machines_without_kernels_go_the_plain_way(monkeypatch):
    qkv, offsets = made([6, 5], 2, 8)
    half = attend_packed(qkv.half(), offsets, 2)
    assert half.dtype == torch.float16
    monkeypatch.setattr(attention, "kernels", lambda: None)
    torch.testing.assert_close(attend_packed(qkv, offsets, 2).half(), half, atol=2e-2, rtol=1e-2)


@pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
def test_want_of_memory_is_an_error():
    class Full:
        @staticmethod
        def lexloom_attention(*_arguments):
            return 1

    qkv, offsets = made([6, 5], 2, 8)
    with pytest.raises(MemoryError, match="no memory is left"):
        attend_compiled(qkv, offsets, 2, Kernels(Full(), 0))
