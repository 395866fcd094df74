import torch

from lexloom.nn.context_batch import ContextBatch, Negatives


def test_targets_are_counted_and_everything_moves_to_a_device():
    negatives = Negatives(torch.tensor([1, 2]), torch.zeros(2))
    batch = ContextBatch(torch.zeros(3, 4).long(), torch.tensor([1, 2, 3]), negatives)
    assert batch.num_tokens == 3
    assert batch.num_targets == {"words": 3}
    moved = batch.to(torch.device("meta"))
    tensors = (moved.context_BN, moved.labels_B, moved.negatives.ids_S)
    assert all(tensor.is_meta for tensor in (*tensors, moved.negatives.log_inclusion_S))
    alone = ContextBatch(batch.context_BN, batch.labels_B).to(torch.device("cpu"))
    assert alone.negatives is None
