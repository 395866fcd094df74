"""Small neural language models that tests share."""

import torch

from lexloom.models.nnlm import NnlmShape
from lexloom.train.config import TrainConfig
from lexloom.train.nnlm import NnlmTrainConfig
from lexloom.train.nnlm_run import NnlmRunConfig

TEXT = (
    "The old house stood on the hill. The dog saw the old house. A cat saw the dog on the hill.\n"
    "Who saw the cat? 王芳在北京工作。王芳在上海学习。\n"
)


def run_config(train=None, shape=None, fit=None, **values):
    """Settings of a tiny run."""
    train = {"num_epochs": 2, "batch_size": 8, "precision": "fp32"} | (train or {})
    rates = dict.fromkeys(("learning_rate", "head_learning_rate", "embedding_learning_rate"), 1e-2)
    shape = {"context_size": 3, "embedding_size": 6, "hidden_size": 8} | (shape or {})
    return NnlmRunConfig(
        shape=NnlmShape(**shape),
        fit=NnlmTrainConfig(train=TrainConfig(**rates | train), **(fit or {})),
        **values,
    )


def shaken(module, spread=0.5, seed=0):
    """Let every number of a network be drawn anew."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=spread)
    return module
