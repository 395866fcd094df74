import pytest
import torch

from doubles import save_tiny_bert
from lexloom.errors import ArtifactError, ConfigError
from lexloom.models.checkpoint import load_bert
from lexloom.train.config import TrainConfig
from lexloom.train.head_start import FINE_TUNING, HeadFitConfig, start_head


def start(init, **settings):
    config = HeadFitConfig.of(settings)
    return start_head(init, "classifier", ("a", "b"), ["Ann left"], config)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_the_encoder_is_the_one_that_was_given(pooling, tiny_bert):
    files = start(tiny_bert, pooling=pooling)
    ids = torch.tensor([[2, 7, 9, 3]])
    old, new = load_bert(tiny_bert).eval()(ids), files.model.bert.eval()(ids)
    assert torch.equal(old.last_hidden_state, new.last_hidden_state)
    if pooling == "cls":
        assert torch.equal(old.pooler_output, new.pooler_output)
    else:
        assert new.pooler_output is None


def test_a_seed_decides_the_new_parameters(tiny_bert):
    def weight(seed):
        return start(tiny_bert, seed=seed).model.classifier.weight

    assert torch.equal(weight(1), weight(1))
    assert not torch.equal(weight(1), weight(2))


def test_new_chinese_characters_join_the_vocabulary(tiny_bert):
    files = start_head(tiny_bert, "regressor", ("score",), ["鑫"], HeadFitConfig())
    assert "鑫" in files.tokenizer.encode("鑫").tokens
    assert files.config.encoder.vocab_size == files.tokenizer.get_vocab_size()
    assert files.tokenizer.truncation is None


def test_no_more_tokens_than_positions_are_read(tmp_path):
    short = save_tiny_bert(tmp_path / "b", max_position_embeddings=30)
    assert start(short).max_tokens == 30
    assert start(short, max_tokens=9).max_tokens == 9


def test_settings_are_flat_or_in_a_table():
    config = HeadFitConfig.of({"pooling": "mean", "num_epochs": 7, "train": {"seed": 3}})
    assert (config.pooling, config.train.num_epochs, config.train.seed) == ("mean", 7, 3)
    assert config.train.learning_rate == FINE_TUNING["learning_rate"]
    assert HeadFitConfig.of({}) == HeadFitConfig()
    assert HeadFitConfig().train == TrainConfig(**FINE_TUNING)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_epoch": 3}, r"unknown key 'num_epoch' \(did you mean 'num_epochs'"),
        ({"pooling": "max"}, "pooling must be one of 'cls', 'mean', got 'max'"),
        ({"max_tokens": 3}, "max_tokens must be at least 8, got 3"),
        ({"train": 3}, "train must be a table of settings, got 3"),
        ({"tag_pieces": "last"}, "tag_pieces must be one of"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        HeadFitConfig.of(settings)


def test_what_is_no_encoder_is_refused(tmp_path, tiny_extractor_path):
    with pytest.raises(ArtifactError, match="there is no model directory"):
        start(tmp_path / "none")
    with pytest.raises(ConfigError, match="not BERT"):
        start(tiny_extractor_path)
