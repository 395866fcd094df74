import torch

from lexloom.nn.masked_batch import MaskedBatch


def batch(pairs):
    return MaskedBatch(
        input_ids_BT=torch.tensor([[2, 4, 3], [2, 3, 0]]),
        attention_mask_BT=torch.tensor([[1, 1, 1], [1, 1, 0]]),
        token_type_ids_BT=None,
        positions_P=torch.tensor([1]),
        labels_P=torch.tensor([7]),
        pair_labels_B=pairs,
    )


def test_tokens_and_targets_are_counted_without_padding():
    assert batch(None).num_tokens == 5
    assert batch(None).num_targets == {"masked": 1}
    assert batch(torch.tensor([0, 1])).num_targets == {"masked": 1, "pairs": 2}


def test_a_batch_is_moved_with_all_of_its_tensors():
    moved = batch(torch.tensor([0, 1])).to(torch.device("meta"))
    assert moved.input_ids_BT.device.type == moved.pair_labels_B.device.type == "meta"
    assert moved.token_type_ids_BT is None
