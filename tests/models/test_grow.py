import torch

from doubles import tiny_config
from lexloom.models.bert import BertModel
from lexloom.models.grow import WORDS, with_vocab_size


def test_a_larger_vocabulary_leaves_the_old_words_as_they_were():
    torch.manual_seed(0)
    model = BertModel(tiny_config()).eval()
    size = model.config.vocab_size
    grown = with_vocab_size(model, size + 3).eval()
    assert grown.config.vocab_size == size + 3
    ids = torch.tensor([[2, 7, 9, 3]])
    for name in ("last_hidden_state", "pooler_output"):
        assert torch.equal(getattr(grown(ids), name), getattr(model(ids), name))
    rows = grown.state_dict()[WORDS]
    assert torch.equal(rows[:size], model.state_dict()[WORDS])
    assert rows[size:].std() > 0


def test_a_smaller_vocabulary_changes_nothing():
    model = BertModel(tiny_config(), with_pooler=False)
    assert with_vocab_size(model, 3) is model
