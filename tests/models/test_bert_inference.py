import pytest
import torch

from doubles import tiny_config
from lexloom.models import bert_inference
from lexloom.models.bert import BertModel
from lexloom.models.bert_inference import PackedBertLayer, pack_for_inference
from lexloom.nn.kernels import attention, library, norm
from lexloom.nn.packed_linear import can_pack

DTYPES = [torch.float32, torch.bfloat16]


@pytest.fixture(params=["compiled", "without kernels"])
def kernels(request, monkeypatch):
    """With the compiled kernels and without; gives them, or None."""
    if request.param == "compiled":
        return library.kernels() or pytest.skip("the kernels are not compiled here")
    for module in (attention, norm, bert_inference):
        monkeypatch.setattr(module, "kernels", lambda: None)
    return None


def can_be_packed(dtype, kernels):
    return kernels is not None or can_pack(torch.zeros(1, dtype=dtype))


def models(dtype=torch.bfloat16, **changes):
    """The same encoder twice in a format, and once in float32."""
    torch.manual_seed(0)
    exact = BertModel(tiny_config(**changes)).eval()
    copies = [BertModel(tiny_config(**changes)).eval().to(dtype) for _ in range(2)]
    for copy in copies:
        copy.load_state_dict(exact.state_dict())
    return exact, *copies


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("unpad", [False, True])
@pytest.mark.parametrize("lengths", [(9, 9), (9, 4, 1), (9, 9, 8), (1,)])
def test_packed_blocks_equal_plain_ones_up_to_rounding(kernels, lengths, unpad, dtype):
    exact, plain, packed = models(dtype, initializer_range=0.1)
    assert pack_for_inference(packed) == can_be_packed(dtype, kernels)
    ids = torch.randint(1, 50, (len(lengths), max(lengths)))
    segments = torch.randint(0, 2, ids.shape)
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    with torch.inference_mode():
        want, rounded, got = (
            model(ids, mask, segments, unpad=unpad).last_hidden_state[mask == 1].float()
            for model in (exact, plain, packed)
        )
    # the packed blocks may be off by what the format costs anyway, three times over
    allowed = 3 * float((rounded - want).abs().max()) + (1e-3 if dtype != torch.float32 else 1e-5)
    assert float((got - want).abs().max()) <= allowed < 0.3


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_text_without_mask_is_read_with_features(kernels, dtype):
    _, plain, packed = models(dtype)
    pack_for_inference(packed)
    ids = torch.randint(1, 50, (2, 5))
    features = torch.randn(2, 5, plain.config.hidden_size).to(dtype)
    with torch.inference_mode():
        want, got = (
            model(ids, features=features, unpad=True).last_hidden_state for model in (plain, packed)
        )
    assert got.shape == want.shape
    torch.testing.assert_close(got, want, atol=1e-5 if dtype == torch.float32 else 6e-2, rtol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_block_is_packed(kernels, dtype):
    _, _, packed = models(dtype)
    is_packed = pack_for_inference(packed)
    assert is_packed == can_be_packed(dtype, kernels)
    kinds = [isinstance(layer, PackedBertLayer) for layer in packed.encoder.layer]
    assert kinds == [is_packed] * len(kinds)


@pytest.mark.parametrize(
    ("changes", "dtype"),
    [
        ({}, torch.float16),
        ({"norm_position": "pre"}, torch.bfloat16),
        ({"hidden_act": "relu"}, torch.bfloat16),
    ],
)
def test_what_cannot_be_packed_stays_as_it_is(changes, dtype):
    model = BertModel(tiny_config(**changes)).to(dtype)
    names = set(model.state_dict())
    assert not pack_for_inference(model)
    assert set(model.state_dict()) == names


@pytest.mark.parametrize("dtype", DTYPES)
def test_packing_twice_is_packing_once(kernels, dtype):
    _, _, packed = models(dtype)
    pack_for_inference(packed)
    modules = [packed.embeddings, *packed.encoder.layer]
    pack_for_inference(packed)
    assert [packed.embeddings, *packed.encoder.layer] == modules
