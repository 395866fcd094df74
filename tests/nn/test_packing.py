import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.packing import FILLED_TO, Packing

masks = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=4
    )
)


def padded(rows, *tail):
    mask_BT = torch.tensor(rows).long()
    return mask_BT, torch.randn(*mask_BT.shape, *tail)


@settings(deadline=None)
@given(masks, st.lists(st.integers(1, 3), max_size=2))
def test_unpacking_gives_back_real_positions_and_zero_at_the_padding(rows, tail):
    mask_BT, x = padded(rows, *tail)
    packing = Packing.of(mask_BT)
    packed = packing.pack(x)
    assert packed.shape == (int(mask_BT.sum()), *tail)
    assert torch.equal(packing.unpack(packed), x * mask_BT.view(*mask_BT.shape, *[1] * len(tail)))


@settings(deadline=None)
@given(masks)
def test_packing_gives_back_what_was_unpacked(rows):
    mask_BT, x = padded(rows, 3)
    packing = Packing.of(mask_BT)
    packed = packing.pack(x)
    assert torch.equal(packing.pack(packing.unpack(packed)), packed)


def test_real_positions_stay_in_the_order_of_the_rows():
    packing = Packing.of(torch.tensor([[1, 0, 1], [0, 7, 1]]))
    assert packing.pack(torch.arange(6).view(2, 3)).tolist() == [0, 2, 4, 5]


def test_the_gradient_goes_to_real_positions_alone():
    mask_BT = torch.tensor([[1, 1, 0], [1, 0, 0]])
    x = torch.randn(2, 3, 4, requires_grad=True)
    packing = Packing.of(mask_BT)
    packing.unpack(packing.pack(x) * 2).sum().backward()
    assert torch.equal(x.grad, 2.0 * mask_BT[..., None].expand_as(x))


@settings(deadline=None)
@given(masks)
def test_offsets_cut_the_packed_positions_into_the_rows(rows):
    mask_BT, x = padded(rows)
    packing = Packing.of(mask_BT)
    parts = packing.pack(x).split(packing.offsets.diff().tolist())
    assert [part.tolist() for part in parts] == [
        x_T[mask_T == 1].tolist() for x_T, mask_T in zip(x, mask_BT, strict=True)
    ]


@settings(deadline=None)
@given(masks)
def test_filler_brings_the_rows_to_few_sizes_and_leaves_no_trace(rows):
    mask_BT, x = padded(rows, 3)
    plain, filled = Packing.of(mask_BT), Packing.of(mask_BT, few_sizes=True)
    x.requires_grad_()
    packed = filled.pack(x)
    num_real = int(mask_BT.sum())
    assert len(packed) % FILLED_TO == 0
    assert len(packed) - num_real == filled.num_filler < FILLED_TO
    assert torch.equal(packed[:num_real], plain.pack(x))
    assert torch.equal(filled.unpack(packed), plain.unpack(plain.pack(x)))
    (gradient,) = torch.autograd.grad((filled.unpack(packed) * 2).sum(), x)
    assert torch.equal(gradient, 2.0 * mask_BT[..., None].expand_as(x))


def test_filler_stays_a_small_share_of_many_rows():
    for num_rows in (1, 64, 65, 1_000, 1_025, 5_000, 33_000):
        packing = Packing.of(torch.ones(1, num_rows), few_sizes=True)
        assert packing.num_filler < max(FILLED_TO, num_rows / 8)
    sizes = {
        n + Packing.of(torch.ones(1, n), few_sizes=True).num_filler for n in range(2_000, 4_000)
    }
    assert len(sizes) <= 17
