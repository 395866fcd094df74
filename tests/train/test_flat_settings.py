"""Settings of a model and of its training, in one table."""

from dataclasses import dataclass, field

import pytest

from lexloom.errors import ConfigError
from lexloom.train.config import TrainConfig
from lexloom.train.flat_settings import from_flat


@dataclass(frozen=True, kw_only=True)
class Both:
    train: TrainConfig = field(default_factory=TrainConfig)
    width: int = 3


def test_keys_that_the_model_lacks_are_the_trainings():
    made = from_flat(
        Both, {"width": 4, "num_epochs": 2, "train": {"seed": 5}}, {"seed": 1, "patience": 6}
    )
    assert (made.width, made.train.num_epochs, made.train.seed, made.train.patience) == (4, 2, 5, 6)
    assert from_flat(Both, {}, {}) == Both()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"widht": 4}, "unknown key 'widht'"),
        ({"width": "x"}, "width must be int"),
        ({"train": 3}, "train must be a table of settings, got 3"),
        ({"num_epochs": 0}, "num_epochs must be at least 1"),
    ],
)
def test_what_does_not_fit_is_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        from_flat(Both, values, {})
