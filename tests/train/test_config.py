import pytest

from lexloom.config import from_mapping, to_mapping
from lexloom.errors import ConfigError
from lexloom.train.config import TrainConfig


def test_settings_survive_their_file():
    config = TrainConfig(num_epochs=3, patience=2, precision="bf16", embedding_learning_rate=0)
    assert from_mapping(TrainConfig, to_mapping(config)) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_epochs": 0}, "num_epochs must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"head_learning_rate": -1.0}, "head_learning_rate must be above 0, got -1.0"),
        ({"max_grad_norm": float("nan")}, "max_grad_norm must be above 0, got nan"),
        ({"embedding_learning_rate": -0.1}, "embedding_learning_rate must be at least 0"),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0, got -0.1"),
        ({"warmup_ratio": 1.0}, r"warmup_ratio must be in \[0, 1\), got 1.0"),
        ({"seed": -1}, r"seed must be at least 0 and below 2\*\*63, got -1"),
        ({"seed": 2**63}, "seed must be at least 0"),
        ({"patience": 0}, "patience must be at least 1, got 0"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**settings)


def test_a_precision_that_is_not_known_is_refused_in_a_file():
    with pytest.raises(ConfigError, match="precision must be one of 'auto', 'bf16', 'fp32'"):
        from_mapping(TrainConfig, {"precision": "fp8"})
