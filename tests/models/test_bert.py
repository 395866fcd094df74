import math

import pytest
import torch
from transformers import BertConfig as ReferenceConfig
from transformers import BertModel as ReferenceModel

from lexloom.errors import ConfigError, ShapeError
from lexloom.models.bert import BertConfig, BertModel, SelfAttention
from lexloom.models.checkpoint import load_bert, save_bert
from lexloom.nn.dropout import Dropout

TINY = {"vocab_size": 97, "hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 40,
        "num_hidden_layers": 2, "max_position_embeddings": 33}  # fmt: skip
CONFIGS = [
    {},
    {"num_hidden_layers": 1},
    {"num_hidden_layers": 5},
    {"num_attention_heads": 1},
    {"num_attention_heads": 24},
    {"intermediate_size": 7},
    {"hidden_act": "relu"},
    {"hidden_act": "gelu_new"},
    {"hidden_act": "silu"},
    {"type_vocab_size": 5},
    {"layer_norm_eps": 1e-5},
    {"initializer_range": 0.4, "vocab_size": 11},
]


def reference(tmp_path, **changes):
    torch.manual_seed(7)
    model = ReferenceModel(ReferenceConfig(**{**TINY, **changes})).eval()
    for parameter in model.parameters():  # norms and biases too must matter
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(tmp_path)
    return model


def batch(vocab_size=97, lengths=(13, 5, 1), num_types=2):
    ids = torch.randint(1, vocab_size, (len(lengths), max(lengths)))
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long()
    types = torch.randint(0, num_types, ids.shape)
    return ids, mask, types


@pytest.mark.parametrize("changes", CONFIGS, ids=str)
def test_encoder_equals_the_reference(tmp_path, changes):
    expected = reference(tmp_path, **changes)
    model = load_bert(tmp_path).eval()
    ids, mask, types = batch(
        vocab_size=model.config.vocab_size, num_types=model.config.type_vocab_size
    )
    with torch.no_grad():
        want = expected(ids, attention_mask=mask, token_type_ids=types)
        got = model(ids, mask, types)
    torch.testing.assert_close(got.last_hidden_state, want.last_hidden_state, atol=1e-5, rtol=0)
    torch.testing.assert_close(got.pooler_output, want.pooler_output, atol=1e-5, rtol=0)


def test_a_saved_encoder_opens_in_the_reference_library(tmp_path):
    torch.manual_seed(3)
    model = BertModel(BertConfig(**TINY)).eval()
    save_bert(model, tmp_path / "m")
    reopened = ReferenceModel.from_pretrained(tmp_path / "m").eval()
    ids, mask, _ = batch()
    with torch.no_grad():
        want = reopened(ids, attention_mask=mask).last_hidden_state
        torch.testing.assert_close(model(ids, mask).last_hidden_state, want, atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm_position", ["post", "pre"])
def test_leaving_the_padding_out_changes_no_real_position(norm_position):
    model = BertModel(BertConfig(**TINY, norm_position=norm_position)).eval()
    ids, mask, types = batch()
    with torch.no_grad():
        dense = model(ids, mask, types).last_hidden_state
        packed = model(ids, mask, types, unpad=True).last_hidden_state
    torch.testing.assert_close(packed[mask == 1], dense[mask == 1], atol=1e-5, rtol=0)
    assert (packed[mask == 0] == 0).all()


@pytest.mark.parametrize("unpad", [False, True])
def test_a_row_alone_equals_that_row_among_others(unpad):
    model = BertModel(BertConfig(**TINY)).eval()
    ids, mask, _ = batch()
    with torch.no_grad():
        together = model(ids, mask, unpad=unpad).last_hidden_state
        alone = model(ids[1:2, :5]).last_hidden_state
    torch.testing.assert_close(together[1:2, :5], alone, atol=1e-5, rtol=0)


def test_what_stands_at_masked_positions_changes_nothing():
    model = BertModel(BertConfig(**TINY)).eval()
    ids, mask, _ = batch()
    other = torch.where(mask == 1, ids, torch.full_like(ids, 5))
    with torch.no_grad():
        first, second = (model(x, mask).last_hidden_state[mask == 1] for x in (ids, other))
    torch.testing.assert_close(first, second)


def test_gradients_reach_every_parameter_without_padding():
    model = BertModel(BertConfig(**TINY, norm_position="pre"))
    ids, mask, types = batch()
    out = model(ids, mask, types, unpad=True)
    (out.last_hidden_state.square().sum() + out.pooler_output.sum()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def without_dropout(model):
    for module in model.modules():
        if isinstance(module, Dropout):
            module.p = 0.0
        if isinstance(module, SelfAttention):
            module.dropout_prob = 0.0
    return model


@pytest.mark.parametrize("is_full", [False, True])
def test_training_without_the_padding_learns_the_same(is_full):
    # with few sizes of products: rows of filler stand behind the real ones
    model = without_dropout(BertModel(BertConfig(**TINY))).train()
    ids, mask, types = batch()
    mask = torch.ones_like(mask) if is_full else mask
    results = []
    for unpad in (False, True):
        model.zero_grad()
        out = model(ids, mask, types, unpad=unpad).last_hidden_state[mask == 1]
        (out.square() * torch.linspace(0, 1, out.numel()).view_as(out)).sum().backward()
        results.append([out, *(p.grad for p in model.encoder.parameters())])
    for dense, packed in zip(*results, strict=True):
        torch.testing.assert_close(packed, dense, atol=1e-4, rtol=1e-4)


def test_products_of_training_have_few_sizes(monkeypatch):
    sizes = set()
    linear = torch.nn.functional.linear

    def counted(x, *rest):
        sizes.add(x.shape[:-1].numel())
        return linear(x, *rest)

    monkeypatch.setattr(torch.nn.functional, "linear", counted)
    model = BertModel(BertConfig(**TINY), with_pooler=False).train()
    for num_rows in range(1, 8):
        for length in (5, 9, 13):
            ids = torch.ones(num_rows, length, dtype=torch.long)
            mask = torch.ones_like(ids)
            mask[:, 7:] = 0
            model(ids, mask, unpad=True)
    assert sizes == {64}


def test_a_text_longer_than_the_positions_is_refused():
    model = BertModel(BertConfig(**TINY))
    with pytest.raises(ShapeError, match="34 tokens are more than the model's 33 positions"):
        model(torch.ones(1, 34, dtype=torch.long))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_attention_heads": 5}, "cannot be shared among 5 heads"),
        ({"num_attention_heads": 0}, "num_attention_heads must be at least 1, got 0"),
        ({"hidden_size": -4}, "hidden_size must be at least 1, got -4"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers must be at most 1,024, got 1000000000"),
        ({"num_hidden_layers": -1}, "num_hidden_layers must be at least 0, got -1"),
        ({"vocab_size": 10**18}, "vocab_size must be at most 16,777,216"),
        ({"vocab_size": 0}, "vocab_size must be at least 1, got 0"),
        ({"max_position_embeddings": -3}, "max_position_embeddings must be at least 1"),
        ({"type_vocab_size": 2**40}, "type_vocab_size must be at most"),
        ({"intermediate_size": 0}, "intermediate_size must be at least 1"),
        ({"pad_token_id": 97}, r"pad_token_id must be in \[0, 97\), got 97"),
        ({"hidden_act": "swish7"}, "hidden_act 'swish7' is unknown"),
        ({"hidden_dropout_prob": 1.5}, r"hidden_dropout_prob must be in \[0, 1\)"),
    ],
)
def test_an_impossible_shape_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        BertConfig(**{**TINY, **changes})


def test_positions_can_be_sines_and_cosines_that_are_not_trained():
    model = BertModel(BertConfig(**TINY, positions="sinusoidal"))
    weight = model.embeddings.position_embeddings.weight
    scale = float(weight.abs().max())
    for position, channel in ((0, 0), (0, 1), (5, 0), (5, 1), (7, 10), (32, 23)):
        angle = position / 10_000 ** ((channel - channel % 2) / 24)
        expected = math.sin(angle) if channel % 2 == 0 else math.cos(angle)
        assert float(weight[position, channel]) == pytest.approx(scale * expected, abs=1e-6)
    assert not weight.requires_grad
    learned = BertModel(BertConfig(**TINY)).embeddings.position_embeddings.weight
    spread = float(weight.square().mean().sqrt())
    assert spread == pytest.approx(float(learned.detach().std()), rel=0.1)


def test_sines_survive_saving(tmp_path):
    model = BertModel(BertConfig(**TINY, positions="sinusoidal"))
    save_bert(model, tmp_path / "saved")
    again = load_bert(tmp_path / "saved")
    assert again.config == model.config
    assert not again.embeddings.position_embeddings.weight.requires_grad


@pytest.mark.parametrize("norm_position", ["post", "pre"])
def test_gradients_are_the_same_when_blocks_are_computed_twice(norm_position):
    torch.manual_seed(0)
    model = BertModel(BertConfig(**TINY, norm_position=norm_position)).train()
    ids, mask, types = batch()
    gradients = []
    for is_twice in (False, True):
        model.encoder.gradient_checkpointing = is_twice
        model.zero_grad()
        torch.manual_seed(3)  # dropout must be drawn alike both times
        out = model(ids, mask, types, unpad=True).last_hidden_state
        out.square().sum().backward()
        gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
