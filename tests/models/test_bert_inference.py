import pytest
import torch

from doubles import tiny_config
from lexloom.models.bert import BertModel
from lexloom.models.bert_inference import PackedBertLayer, pack_for_inference
from lexloom.nn.packed_linear import can_pack

needs_packing = pytest.mark.skipif(
    not can_pack(torch.zeros(1, dtype=torch.bfloat16)), reason="this build has no packed maps"
)


def models(**changes):
    """The same encoder twice in bfloat16, and once in float32."""
    torch.manual_seed(0)
    exact = BertModel(tiny_config(**changes)).eval()
    copies = [BertModel(tiny_config(**changes)).eval().bfloat16() for _ in range(2)]
    for copy in copies:
        copy.load_state_dict(exact.state_dict())
    return exact, *copies


@needs_packing
@pytest.mark.parametrize("unpad", [False, True])
@pytest.mark.parametrize("lengths", [(9, 9), (9, 4, 1), (1,)])
def test_packed_blocks_equal_plain_ones_up_to_rounding(lengths, unpad):
    exact, plain, packed = models(initializer_range=0.1)
    assert pack_for_inference(packed)
    ids = torch.randint(1, 50, (len(lengths), max(lengths)))
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    with torch.inference_mode():
        want, rounded, got = (
            model(ids, mask, unpad=unpad).last_hidden_state[mask == 1].float()
            for model in (exact, plain, packed)
        )
    # the packed blocks may be off by what bfloat16 costs anyway, twice over
    allowed = 2 * float((rounded - want).abs().max()) + 1e-3
    assert float((got - want).abs().max()) <= allowed < 0.3


@needs_packing
def test_every_block_is_packed():
    _, _, packed = models()
    pack_for_inference(packed)
    assert all(isinstance(layer, PackedBertLayer) for layer in packed.encoder.layer)


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [
        ({}, torch.float32),
        ({"norm_position": "pre"}, torch.bfloat16),
        ({"hidden_act": "relu"}, torch.bfloat16),
    ],
)
def test_what_cannot_be_packed_stays_as_it_is(changes, dtype):
    model = BertModel(tiny_config(**changes)).to(dtype)
    names = set(model.state_dict())
    assert not pack_for_inference(model)
    assert set(model.state_dict()) == names


@needs_packing
def test_packing_twice_is_packing_once():
    _, _, packed = models()
    pack_for_inference(packed)
    layers = list(packed.encoder.layer)
    pack_for_inference(packed)
    assert list(packed.encoder.layer) == layers
