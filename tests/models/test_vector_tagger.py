"""The tagger on vectors: a row says the same alone, among others, and with padding."""

import pytest
import torch
import torch.nn.functional as F

from lexloom.batches.words import collate_words
from lexloom.errors import ConfigError
from lexloom.models.vector_tagger import Spelling, Table, VectorTaggerConfig, new_table
from vector_doubles import TEXTS, tiny_tagger

ROWS = [row for row in TEXTS if row]


@pytest.mark.parametrize("encoder", ["bilstm", "cnn"])
def test_a_row_says_the_same_alone_and_among_others(encoder):
    files = tiny_tagger(encoder)
    features = [files.featurizer.encode(row) for row in ROWS]
    with torch.no_grad():
        together = files.model(collate_words(features))
        for number, row in enumerate(features):
            alone = files.model(collate_words([row]))[0]
            assert torch.allclose(alone, together[number, : len(row)], atol=1e-5)


def test_everything_that_is_read_matters():
    files = tiny_tagger()
    batch = collate_words([files.featurizer.encode([*"李明在上海", "Ann", "An"])])
    files.model(batch).square().sum().backward()
    for name, parameter in files.model.named_parameters():
        if not name.startswith("crf"):
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("encoder", ["bilstm", "cnn"])
def test_the_loss_has_a_gradient_for_every_parameter_and_none_for_padding(encoder):
    files = tiny_tagger(encoder)
    features = [files.featurizer.encode(row) for row in (list("李明在上海"), ["Ann"])]
    batch = collate_words(features)
    states = torch.zeros_like(batch.word_ids_BT)
    files.model.loss(batch, states).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in files.model.parameters())
    assert files.model.crf.moves_CC.grad.abs().sum() > 0
    for table in files.model.word_embeddings.values():
        assert not table.learnt_SD.grad[0].any()


def test_a_spelling_is_a_convolution_and_its_strongest_place():
    torch.manual_seed(0)
    spelling = Spelling(Table(num_ids=6, num_learnt=6, size=4), 5)
    ids = torch.tensor([[[2, 3, 5, 0, 0], [4, 0, 0, 0, 0], [0, 0, 0, 0, 0]]])
    found = spelling(ids)[0]
    for number, length in enumerate((3, 1)):
        x = spelling.word_embeddings(ids[0, number, :length]).T[None]
        weight = spelling.mix.weight.view(5, 3, 4).transpose(1, 2)
        wanted = F.conv1d(x, weight, spelling.mix.bias, padding=1).amax(-1).relu()[0]
        assert torch.allclose(found[number], wanted, atol=1e-6)
    assert not found[2].any()


def test_tables_begin_with_vectors_of_about_length_1_and_nothing_for_what_is_no_word():
    torch.manual_seed(0)
    table = new_table(Table(num_ids=500, num_learnt=400, size=30))
    weight = table.learnt_SD
    assert weight[2:].norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.05)
    assert not weight[:2].any()
    assert not table.kept_UD.any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("O",)}, "at least two labels"),
        ({"state_tags": ("O",)}, "a tag for each state"),
        ({"hidden_size": 7}, "hidden_size must be even"),
        ({"hidden_size": 0}, "hidden_size must be 1 to"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be 1 to"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
    ],
)
def test_a_shape_out_of_range_is_refused(changes, message):
    values = {"labels": ("N", "V"), "states": ("N", "V"), "state_tags": ("N", "V"),
              "words": Table(num_ids=3, num_learnt=3, size=2)}  # fmt: skip
    with pytest.raises(ConfigError, match=message):
        VectorTaggerConfig(**values | changes)


@pytest.mark.parametrize(
    ("num_ids", "num_learnt", "size", "message"),
    [
        (0, 0, 3, "num_learnt must be 2 to num_ids, got 0 of 0"),
        (3, 4, 3, "num_learnt must be 2 to num_ids, got 4 of 3"),
        (3, 3, 0, "a vector must have 1 to"),
        (3, 3, 1 << 20, "a vector must have 1 to"),
    ],
)
def test_a_table_out_of_range_is_refused(num_ids, num_learnt, size, message):
    with pytest.raises(ConfigError, match=message):
        Table(num_ids=num_ids, num_learnt=num_learnt, size=size)
