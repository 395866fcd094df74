import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lexloom.nn.packed_linear import PackedLinear, PlainLinear, can_pack, linear_for_inference

needs_packing = pytest.mark.skipif(
    not can_pack(torch.zeros(1, dtype=torch.bfloat16)), reason="this build has no packed maps"
)


def linear(in_features, out_features):
    torch.manual_seed(in_features + out_features)
    return nn.Linear(in_features, out_features).bfloat16().requires_grad_(False)


def test_only_bfloat16_is_packed():
    assert not can_pack(torch.zeros(2, 2))
    assert not can_pack(torch.zeros(2, 2, dtype=torch.float16))


@needs_packing
@pytest.mark.parametrize("shape", [(8,), (1, 8), (5, 8), (2, 3, 8), (3000, 8)])
@pytest.mark.parametrize("gelu", [False, True])
def test_a_packed_map_is_the_plain_one_with_any_leading_dimensions(shape, gelu):
    plain = linear(8, 6)
    x = torch.randn(shape).bfloat16()
    want = F.gelu(plain(x).float()) if gelu else plain(x).float()
    got = linear_for_inference(plain, gelu=gelu)(x)
    assert got.dtype == torch.bfloat16
    torch.testing.assert_close(got.float(), want, atol=2e-2, rtol=2e-2)


@needs_packing
def test_several_maps_of_one_input_give_their_outputs_side_by_side():
    parts = [linear(8, 4), linear(8, 6), linear(8, 2)]
    x = torch.randn(5, 8).bfloat16()
    want = torch.cat([part(x) for part in parts], dim=-1)
    torch.testing.assert_close(linear_for_inference(*parts)(x), want, atol=2e-2, rtol=2e-2)


@needs_packing
def test_a_sum_is_added_to_the_map():
    plain = linear(8, 6)
    x, other = torch.randn(2, 3, 8).bfloat16(), torch.randn(2, 3, 6).bfloat16()
    before = other.clone()
    got = linear_for_inference(plain).add(x, other)
    torch.testing.assert_close(got, plain(x) + other, atol=3e-2, rtol=2e-2)
    assert torch.equal(other, before)


@pytest.mark.parametrize("shape", [(8,), (5, 8), (2, 3, 8)])
@pytest.mark.parametrize("gelu", [False, True])
def test_what_cannot_be_packed_is_mapped_plainly(shape, gelu):
    parts = [linear(8, 4).float(), linear(8, 6).float()]
    x = torch.randn(shape)
    want = torch.cat([part(x) for part in parts], dim=-1)
    want = F.gelu(want) if gelu else want
    joined = linear_for_inference(*parts, gelu=gelu)
    assert isinstance(joined, PlainLinear)
    torch.testing.assert_close(joined(x), want)
    torch.testing.assert_close(joined.add(x, torch.ones(10)), want + 1)


@needs_packing
def test_what_can_be_packed_is_packed():
    assert isinstance(linear_for_inference(linear(8, 6)), PackedLinear)
