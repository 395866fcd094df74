"""Attention against transformers."""

import pytest
import torch

from doubles import save_tiny_bert
from lexloom.errors import ConfigError, UsageError
from lexloom.models.attention_maps import attention_weights, look
from lexloom.models.checkpoint import load_bert


def test_weights_equal_those_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    path = save_tiny_bert(tmp_path / "b", initializer_range=0.5)
    model = transformers.BertModel.from_pretrained(path, attn_implementation="eager").eval()
    ids, types = torch.tensor([[2, 7, 9, 3, 11, 3]]), torch.tensor([[0, 0, 0, 0, 1, 1]])
    with torch.no_grad():
        theirs = model(ids, token_type_ids=types, output_attentions=True).attentions
    ours = attention_weights(load_bert(path).eval(), ids, types)
    assert torch.allclose(ours, torch.cat(theirs), atol=1e-5)


def test_each_row_sums_up_to_one_and_no_hook_stays(tiny_bert):
    model = load_bert(tiny_bert).eval()
    weights = attention_weights(model, torch.tensor([[2, 7, 3]]), None)
    assert weights.shape == (2, 2, 3, 3)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 2, 3))
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_a_pair_is_read_as_one_and_odd_texts_are_read(tiny_bert):
    maps = look(tiny_bert, "Ann left", "北京")
    assert maps.tokens == ("[CLS]", "ann", "left", "[SEP]", "北", "京", "[SEP]")
    assert maps.weights_LNTT.shape == (2, 2, 7, 7)
    assert look(tiny_bert, "").tokens == ("[CLS]", "[SEP]")
    assert look(tiny_bert, "\ud800 <b>").tokens[-1] == "[SEP]"


def test_what_cannot_be_shown_is_refused(tiny_bert, tiny_extractor_path):
    with pytest.raises(UsageError, match="302 tokens are more than the 256 that can be shown"):
        look(tiny_bert, "ann " * 300)
    with pytest.raises(ConfigError, match="not BERT"):
        look(tiny_extractor_path, "ann")
