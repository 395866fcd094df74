"""A vocabulary that grows: new rows for the word embeddings of a trained model."""

from dataclasses import replace

import torch
from torch import Tensor

from lexloom.models.bert import BertModel

WORDS = "embeddings.word_embeddings.weight"


def with_new_rows(weight_VD: Tensor, num_rows: int) -> Tensor:
    """Add rows drawn around the mean of the old ones, with their spread."""
    noise = torch.randn(num_rows, weight_VD.shape[1]) * weight_VD.std(0)
    return torch.cat([weight_VD, weight_VD.mean(0) + noise])


def with_vocab_size(model: BertModel, vocab_size: int) -> BertModel:
    """Give an encoder of at least so many words; the old ones are as they were.

    Published models may have more rows than their vocabulary has pieces.
    """
    num_rows = vocab_size - model.config.vocab_size
    if num_rows <= 0:
        return model
    config = replace(model.config, vocab_size=vocab_size)
    grown = BertModel(config, with_pooler=model.pooler is not None)
    values = model.state_dict()
    values[WORDS] = with_new_rows(values[WORDS], num_rows)
    grown.load_state_dict(values)
    return grown
