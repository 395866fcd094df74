"""A small pre-training of BERT that tests share, in one process or several."""

import numpy as np
import torch

from doubles import tiny_config
from lexloom.batches.masked import Masker, MaskingConfig
from lexloom.batches.pretraining import LabelledPair, LabelledPairs, SpecialIds
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.train.config import TrainConfig
from lexloom.train.pretrain import PretrainConfig, PretrainTask

VOCAB_SIZE = 40
SPECIAL = SpecialIds(cls=2, sep=3, pad=0, mask=4, unk=1)


def labelled_pairs(count=64, seed=0):
    """Pairs whose second part begins with one token or another: the label can be learnt."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        label = int(rng.integers(2))
        first, second = rng.integers(5, VOCAB_SIZE, (2, int(rng.integers(3, 9))))
        second[0] = VOCAB_SIZE - 1 - label
        pairs.append(LabelledPair(first, second, label))
    return LabelledPairs(pairs, SPECIAL, max_length=32)


class PretrainingTask(PretrainTask):
    """Masked words and labelled pairs of made-up tokens, on a tiny BERT."""

    def __init__(self, config=None, dropout=0.0, **changes):
        torch.manual_seed(0)
        values = {
            "vocab_size": VOCAB_SIZE,
            "initializer_range": 0.1,
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": dropout,
        }
        model = BertForPreTraining(tiny_config(**values | changes), with_pairs=True)
        masker = Masker(
            MaskingConfig(), [str(n) for n in range(VOCAB_SIZE)], mask_id=4, special_ids=range(5)
        )
        config = config or PretrainConfig(train=TrainConfig(batch_size=8))
        super().__init__(
            model, labelled_pairs(), labelled_pairs(16, seed=1), masker, SPECIAL, config
        )
