import pytest
import torch

from lexloom.batches.pretraining import LabelledPairs
from lexloom.errors import ConfigError, TrainingError
from lexloom.train.config import TrainConfig
from lexloom.train.pretrain import PretrainConfig, PretrainTask
from lexloom.train.run import train
from lexloom.train.task import Share
from train_doubles import SPECIAL, PretrainingTask, labelled_pairs


def same(one, other):
    return torch.equal(one.input_ids_BT, other.input_ids_BT) and torch.equal(
        one.positions_P, other.positions_P
    )


def test_a_batch_is_a_function_of_its_place_and_drawn_anew_each_epoch():
    task = PretrainingTask()
    (first,) = task.batches(0, 3, Share())
    (again,) = PretrainingTask().batches(0, 3, Share())
    assert same(first, again)
    texts = {}
    for epoch in (0, 1):
        for index in range(task.num_batches()):
            (batch,) = task.batches(epoch, index, Share())
            restored = batch.input_ids_BT.flatten()
            restored[batch.positions_P] = batch.labels_P
            hidden = set(batch.positions_P.tolist())
            for row, ids in enumerate(restored.view_as(batch.input_ids_BT).tolist()):
                places = tuple(p for p in range(len(ids)) if row * len(ids) + p in hidden)
                key = tuple(i for i in ids if i)
                texts.setdefault(key, []).append(places)
    assert len(texts) == 64
    assert all(len(places) == 2 for places in texts.values())
    assert sum(one != other for one, other in texts.values()) > 40


def test_shares_of_processes_are_one_batch():
    task = PretrainingTask()
    (whole,) = task.batches(0, 0, Share())
    parts = [batch for rank in range(2) for batch in task.batches(0, 0, Share(rank, 2, 2))]
    rows = [row[row != 0].tolist() for part in parts for row in part.input_ids_BT]
    assert rows == [row[row != 0].tolist() for row in whole.input_ids_BT]


def test_dev_texts_are_hidden_the_same_way_each_time():
    task = PretrainingTask()
    assert task.evaluate() == task.evaluate()
    for one, other in zip(task.dev_batches(), task.dev_batches(), strict=True):
        assert same(one, other)


def test_words_and_pairs_are_learnt(tmp_path):
    settings = TrainConfig(
        batch_size=16, num_epochs=40, learning_rate=3e-3, head_learning_rate=3e-3,
        embedding_learning_rate=3e-3, precision="fp32",
    )  # fmt: skip
    task = PretrainingTask(PretrainConfig(train=settings))
    before = task.evaluate()
    list(train(task, settings, tmp_path, fingerprint="f"))
    after = task.evaluate()
    assert after["masked_loss"] < before["masked_loss"] - 0.1
    train_pairs = PretrainTask(
        task.model, labelled_pairs(), labelled_pairs(), task._masker, SPECIAL, task.config
    )
    assert train_pairs.evaluate()["pairs_accuracy"] > 0.8


def test_nothing_to_train_on_is_refused():
    task = PretrainingTask()
    empty = LabelledPairs([], SPECIAL, max_length=32)
    for source, dev, what in (
        (empty, labelled_pairs(), "train"),
        (labelled_pairs(), empty, "eval"),
    ):
        with pytest.raises(TrainingError, match=f"there is no text to {what}"):
            PretrainTask(task.model, source, dev, None, SPECIAL, PretrainConfig())


def test_a_length_that_holds_nothing_is_refused():
    with pytest.raises(ConfigError, match="max_length must be at least 8, got 7"):
        PretrainConfig(max_length=7)
