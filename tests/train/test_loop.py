import math

import pytest
import torch

from doubles import ToyBatch, ToyTask
from lexloom.errors import TrainingError
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, steps
from lexloom.train.optim import MasterAdamW
from lexloom.train.parallel import Parallel


def loop(task, position, config=None):
    config = config or TrainConfig()
    optimizer = MasterAdamW(task.model, config, encoder_prefix="bert.")
    return steps(task, optimizer, config, position, Parallel())


class Bent(ToyTask):
    """A task whose losses are changed by a function of the number of the call."""

    def __init__(self, bend):
        super().__init__()
        self._bend, self._num_calls = bend, 0

    def losses(self, batch):
        self._num_calls += 1
        return self._bend(super().losses(batch), self._num_calls - 1)


def test_a_report_says_where_the_training_stands():
    config = TrainConfig(warmup_ratio=0.5, learning_rate=0.1)
    position = Position(step=2, steps_per_epoch=4, num_steps=8)
    reports = list(loop(ToyTask(), position, config))
    assert [report.step for report in reports] == [3, 4, 5, 6, 7, 8]
    assert [report.epoch for report in reports] == [0.75, 1.0, 1.25, 1.5, 1.75, 2.0]
    assert reports[2].learning_rate == pytest.approx(0.1)
    for report in reports:
        assert report.losses.keys() == {"toy"}
        assert report.grad_norm > 0


def test_the_sum_of_the_losses_is_minimised():
    task = ToyTask()

    def in_two(losses, _call):
        return {"toy": losses["toy"] / 2, "more": losses["toy"] / 2}

    halved = Bent(in_two)
    halved.batches = lambda *args: [TwiceCounted(b.ids_B) for b in task.batches(*args)]
    position = Position(step=0, steps_per_epoch=3, num_steps=3)
    list(loop(task, position))
    list(loop(halved, position))
    for one, other in zip(task.model.parameters(), halved.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


class TwiceCounted(ToyBatch):
    @property
    def num_targets(self):
        return {"toy": len(self.ids_B), "more": len(self.ids_B)}


@pytest.mark.parametrize("num_micro_batches", [1, 2, 4])
def test_parts_of_unequal_size_train_as_the_whole_does(num_micro_batches):
    def trained(num_parts):
        task = ToyTask()
        task.model.eval()
        task.model.train = lambda mode=True: task.model  # no dropout, whose masks differ by part
        config = TrainConfig(num_micro_batches=num_parts)
        reports = list(loop(task, Position(step=0, steps_per_epoch=4, num_steps=8), config))
        return [r.losses["toy"] for r in reports], list(task.model.parameters())

    losses, parameters = trained(1)
    other_losses, other_parameters = trained(num_micro_batches)
    assert other_losses == pytest.approx(losses, abs=1e-6)
    for one, other in zip(parameters, other_parameters, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_dropout_depends_on_the_seed_and_the_step_alone():
    def losses(seed, step, noise):
        torch.manual_seed(noise)
        position = Position(step=step, steps_per_epoch=9, num_steps=9)
        first = next(loop(ToyTask(), position, TrainConfig(seed=seed)))
        return first.losses["toy"]

    assert losses(1, 4, noise=0) == losses(1, 4, noise=99)
    assert losses(1, 4, noise=0) != losses(2, 4, noise=0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_halts_before_the_step(bad):
    task = Bent(lambda losses, call: {"toy": losses["toy"] * (bad if call == 2 else 1.0)})
    reports = loop(task, Position(step=0, steps_per_epoch=4, num_steps=4))
    assert [next(reports).step, next(reports).step] == [1, 2]
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    with pytest.raises(TrainingError, match="step 3: the loss or its gradient is not finite") as e:
        next(reports)
    assert e.value.hint == "lower learning_rate, or set precision to fp32"
    for name, tensor in task.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_a_gradient_that_is_not_finite_halts_too():
    task = ToyTask()
    # finite itself, but with an infinite slope at 0
    task.losses = lambda _batch: {"toy": (task.model.head.weight.sum() * 0).abs().sqrt()}
    with pytest.raises(TrainingError, match="not finite"):
        next(loop(task, Position(step=0, steps_per_epoch=1, num_steps=1)))
