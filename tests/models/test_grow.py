import numpy as np
import pytest
import torch

from doubles import tiny_config
from lexloom.errors import ShapeError
from lexloom.models.bert import BertModel
from lexloom.models.grow import WORDS, start_from_vectors, translate, with_vocab_size


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


def encoder():
    torch.manual_seed(0)
    return BertModel(tiny_config(vocab_size=50, initializer_range=0.02))


def test_embeddings_begin_as_word_vectors_where_there_are_some():
    model, before = encoder(), encoder().embeddings.word_embeddings.weight.detach()
    draw = np.random.default_rng(0)
    pieces = [f"w{n}" for n in range(50)]
    vectors = {f"w{n}": draw.normal(3.0, 5.0, 12).astype(np.float32) for n in range(10, 40)}
    assert start_from_vectors(model, pieces, vectors | {"other": np.zeros(12)}) == 30
    after = model.embeddings.word_embeddings.weight.detach()
    assert torch.equal(after[:10], before[:10])
    assert torch.equal(after[:, 12:], before[:, 12:])
    assert float(after[10:40, :12].std()) == pytest.approx(0.02, rel=1e-3)
    given = torch.from_numpy(np.stack(list(vectors.values())))
    similar = torch.nn.functional.cosine_similarity(given - given.mean(0), after[10:40, :12])
    assert float(similar.min()) > 0.999


def test_vectors_wider_than_the_model_are_refused():
    with pytest.raises(ShapeError, match="vectors of 17 channels do not fit a model of 16"):
        start_from_vectors(encoder(), ["a"], {"a": np.zeros(17, dtype=np.float32)})


def test_vectors_of_no_piece_change_nothing():
    model = encoder()
    assert start_from_vectors(model, ["a"], {"b": np.zeros(4, dtype=np.float32)}) == 0


def test_a_linear_map_between_spaces_is_found_and_lengths_are_those_of_the_new_space():
    torch.manual_seed(0)
    map_ED, shift_D = torch.randn(8, 6), torch.randn(6)
    from_NE, new_ME = torch.randn(400, 8) + 3, torch.randn(5, 8) + 3
    to_ND = from_NE @ map_ED + shift_D
    found_MD = translate(from_NE, to_ND, new_ME, ridge=1e-6)
    expected_MD = new_ME @ map_ED + shift_D
    centred = found_MD - to_ND.mean(0), expected_MD - to_ND.mean(0)
    assert torch.cosine_similarity(*centred).min() > 0.9999
    length = (to_ND - to_ND.mean(0)).norm(dim=1).mean()
    torch.testing.assert_close(centred[0].norm(dim=1), length.expand(5))


def test_a_map_of_fewer_words_than_channels_is_still_finite():
    torch.manual_seed(0)
    found_MD = translate(torch.randn(3, 8), torch.randn(3, 6), torch.zeros(2, 8))
    assert found_MD.isfinite().all()
