import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from doubles import ToyTask
from lexloom.errors import TrainingError
from lexloom.train.config import TrainConfig
from lexloom.train.loop import Position, learning_rate_factor, steps
from lexloom.train.optim import MasterAdamW


def loop(task, position, config=None, losses_at=None):
    config = config or TrainConfig()
    optimizer = MasterAdamW(task.model, config, encoder_prefix="bert.")
    losses_at = losses_at or (lambda step: task.losses(0, step))
    return steps(task.model, optimizer, config, position, losses_at=losses_at)


@given(st.integers(1, 300), st.floats(0.0, 0.99))
def test_the_rate_rises_then_falls_and_is_never_zero_on_the_way(num_steps, warmup_ratio):
    factors = [
        learning_rate_factor(step, num_steps=num_steps, warmup_ratio=warmup_ratio)
        for step in range(num_steps)
    ]
    assert all(0.0 < factor <= 1.0 for factor in factors)
    top = factors.index(max(factors))
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)
    if num_steps > 1 and round(warmup_ratio * num_steps) < num_steps:
        assert max(factors) == 1.0


def test_the_rate_is_linear_on_both_sides():
    factors = [learning_rate_factor(s, num_steps=12, warmup_ratio=1 / 3) for s in range(13)]
    assert factors == pytest.approx([0.2, 0.4, 0.6, 0.8, *(n / 8 for n in range(8, 0, -1)), 0.0])


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
    task, halved = ToyTask(), ToyTask()
    position = Position(step=0, steps_per_epoch=3, num_steps=3)

    def two_parts(step):
        half = halved.losses(0, step)["toy"] / 2
        return {"a": half, "b": half}

    list(loop(task, position))
    list(loop(halved, position, losses_at=two_parts))
    for one, other in zip(task.model.parameters(), halved.model.parameters(), strict=True):
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
    task = ToyTask()
    position = Position(step=0, steps_per_epoch=4, num_steps=4)

    def losses_at(step):
        return {"toy": task.losses(0, step)["toy"] * (bad if step == 2 else 1.0)}

    reports = loop(task, position, losses_at=losses_at)
    assert [next(reports).step, next(reports).step] == [1, 2]
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    with pytest.raises(TrainingError, match="step 3: the loss or its gradient is not finite") as e:
        next(reports)
    assert e.value.hint == "lower learning_rate, or set precision to fp32"
    for name, tensor in task.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_a_gradient_that_is_not_finite_halts_too():
    task = ToyTask()

    def losses_at(step):
        # finite itself, but with an infinite slope at 0
        return {"toy": (task.model.head.weight.sum() * 0).abs().sqrt()}

    with pytest.raises(TrainingError, match="not finite"):
        next(loop(task, Position(step=0, steps_per_epoch=1, num_steps=1), losses_at=losses_at))
