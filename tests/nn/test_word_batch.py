"""A batch of words goes to a device as a whole."""

import torch

from lexloom.nn.word_batch import LexiconBags, WordBatch


def test_all_parts_go_to_the_device():
    ids = torch.ones(1, 2, dtype=torch.long)
    bags = LexiconBags(ids[0], torch.ones(2), ids[0])
    batch = WordBatch(ids, ids.bool(), ids, ids[..., None], bags).to(torch.device("meta"))
    assert batch.lexicon is not None
    tensors = [batch.word_ids_BT, batch.mask_BT, batch.bigram_ids_BT, batch.character_ids_BTW]
    tensors += [batch.lexicon.word_ids_N, batch.lexicon.weights_N, batch.lexicon.offsets_X]
    assert all(tensor.device.type == "meta" for tensor in tensors)
    least = WordBatch(ids, ids.bool()).to(torch.device("meta"))
    assert (least.bigram_ids_BT, least.character_ids_BTW, least.lexicon) == (None, None, None)
