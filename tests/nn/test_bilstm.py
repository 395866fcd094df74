"""Both directions equal torch's own packed ones, and padding changes nothing."""

import pytest
import torch

from lexloom.errors import ConfigError
from lexloom.nn.bilstm import BiLSTM, turned_places

LENGTHS = (5, 3, 1)
MASK = torch.arange(5) < torch.tensor(LENGTHS)[:, None]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_it_equals_a_packed_bidirectional_lstm(num_layers):
    torch.manual_seed(0)
    ours = BiLSTM(6, 8, num_layers, 0.3).eval()
    theirs = torch.nn.LSTM(6, 4, num_layers, batch_first=True, bidirectional=True)
    values = {}
    for layer, (ahead, back) in enumerate(zip(ours.ahead, ours.back, strict=True)):
        for name, tensor in ahead.state_dict().items():
            values[name.replace("l0", f"l{layer}")] = tensor
        for name, tensor in back.state_dict().items():
            values[name.replace("l0", f"l{layer}_reverse")] = tensor
    theirs.load_state_dict(values)
    x = torch.randn(3, 5, 6)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True)
    wanted, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    assert torch.allclose(ours(x, MASK)[MASK], wanted[MASK], atol=1e-6)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    lstm = BiLSTM(6, 8, 2, 0.0)
    x = torch.randn(3, 5, 6)
    other = x.where(MASK[..., None], 100.0)
    assert torch.equal(lstm(x, MASK)[MASK], lstm(other, MASK)[MASK])


def test_turned_places_turn_words_and_leave_padding():
    assert turned_places(MASK).tolist() == [[4, 3, 2, 1, 0], [2, 1, 0, 3, 4], [0, 1, 2, 3, 4]]


def test_an_odd_width_cannot_be_shared():
    with pytest.raises(ConfigError, match="hidden_size must be even for two directions, got 7"):
        BiLSTM(6, 7, 1, 0.0)
