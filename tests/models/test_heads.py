"""Heads against transformers, and their own promises."""

import pytest
import torch

from doubles import tiny_config
from lexloom.errors import ConfigError, ShapeError
from lexloom.models.heads import (
    HeadConfig,
    make_head_model,
    mean_state,
    rescale_head,
    split_pairs,
)


def head(task="classifier", labels=("a", "b", "c"), **changes):
    torch.manual_seed(0)
    config = HeadConfig(encoder=tiny_config(), task=task, labels=labels, **changes)
    return make_head_model(config).eval()


IDS = torch.tensor([[2, 7, 9, 11, 8, 3], [2, 8, 3, 0, 0, 0]])
MASK = (IDS != 0).long()


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_padding_changes_no_score(pooling):
    model = head(pooling=pooling)
    together = model(IDS, MASK)
    alone = model(IDS[1:, :3], None)
    assert torch.allclose(together[1:], alone, atol=1e-6)


def test_padding_changes_no_tag():
    model = head("tagger", ("O", "B-x"))
    assert torch.allclose(model(IDS, MASK)[1, :3], model(IDS[1:, :3])[0], atol=1e-6)


def test_the_mean_is_over_real_positions():
    h_BTD = torch.arange(12.0).view(1, 3, 4)
    mean = mean_state(h_BTD, torch.tensor([[1, 1, 0]]))
    assert torch.equal(mean, h_BTD[:, :2].mean(1))
    assert torch.equal(mean_state(h_BTD, None), h_BTD.mean(1))


def test_poolings_differ_and_only_one_has_a_pooler():
    names = {p: head(pooling=p).state_dict().keys() for p in ("cls", "mean")}
    assert names["cls"] - names["mean"] == {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}


def test_a_rescaled_head_gives_the_line_through_its_old_scores():
    model = head("regressor", ("score",))
    before = model(IDS, MASK)
    rescale_head(model, scale=2.5, shift=-1.0)
    assert torch.allclose(model(IDS, MASK), 2.5 * before - 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("task", "labels", "message"),
    [
        ("classifier", ("a",), "a classifier needs at least two labels, got 1"),
        ("tagger", (), "a tagger needs at least two labels, got 0"),
        ("regressor", ("a", "b"), "a regressor needs one output, got 2"),
        ("classifier", ("a", "a"), "two labels have the same name"),
    ],
)
def test_labels_that_cannot_be_are_refused(task, labels, message):
    with pytest.raises(ConfigError, match=message):
        HeadConfig(encoder=tiny_config(), task=task, labels=labels)


def test_a_dropout_out_of_range_is_refused():
    with pytest.raises(ConfigError, match=r"classifier_dropout must be in \[0, 1\), got 1.0"):
        HeadConfig(encoder=tiny_config(), task="tagger", labels=("a", "b"), classifier_dropout=1.0)


PAIR_IDS = torch.tensor([[2, 7, 9, 3, 11, 3, 0], [2, 8, 3, 5, 6, 7, 3]])
PAIR_TYPES = torch.tensor([[0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1, 1]])


def test_pairs_are_split_into_two_whole_texts():
    ids, mask = split_pairs(PAIR_IDS, (PAIR_IDS != 0).long(), PAIR_TYPES)
    texts = [row[real.bool()].tolist() for row, real in zip(ids, mask, strict=True)]
    assert texts == [[2, 7, 9, 3], [2, 8, 3], [2, 11, 3], [2, 5, 6, 7, 3]]
    assert mask.shape[1] == 5


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_siamese_score_is_on_a_line_with_the_cosine_of_the_texts(pooling):
    model = head("regressor", ("score",), pair_form="siamese", pooling=pooling)

    def vector(*ids):
        out = model.bert(torch.tensor([ids]))
        return out.pooler_output if pooling == "cls" else out.last_hidden_state.mean(1)

    found = model(PAIR_IDS, (PAIR_IDS != 0).long(), PAIR_TYPES)
    cosines = [
        torch.cosine_similarity(vector(2, 7, 9, 3), vector(2, 11, 3)),
        torch.cosine_similarity(vector(2, 8, 3), vector(2, 5, 6, 7, 3)),
    ]
    wanted = model.classifier(torch.stack(cosines))
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_siamese_model_needs_two_texts_and_a_score():
    model = head("regressor", ("score",), pair_form="siamese")
    with pytest.raises(ShapeError, match="this model compares two texts, got one"):
        model(IDS, MASK)
    with pytest.raises(ConfigError, match="'siamese' is for regressors, not for a classifier"):
        head(pair_form="siamese")
