import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.train.schedule import AFTER_WARMUP, learning_rate_factor


@given(st.integers(1, 300), st.floats(0.0, 0.99), st.sampled_from(sorted(AFTER_WARMUP)))
def test_the_rate_rises_then_never_rises_again(num_steps, warmup_ratio, schedule):
    factors = [
        learning_rate_factor(
            step, num_steps=num_steps, warmup_ratio=warmup_ratio, schedule=schedule
        )
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


def test_the_ways_on_are_those_of_their_names():
    def factors(schedule, num_steps=101):
        return [
            learning_rate_factor(step, num_steps=num_steps, warmup_ratio=0.0, schedule=schedule)
            for step in range(num_steps)
        ]

    assert factors("constant")[1:] == [1.0] * 100
    for step, factor in enumerate(factors("cosine")[1:]):
        assert factor == pytest.approx((1 + math.cos(math.pi * step / 100)) / 2)
    assert factors("trapezoid")[1:81] == [1.0] * 80
    assert factors("trapezoid")[91] == pytest.approx(0.5)
