import json

import pytest
import torch

from doubles import save_tiny_bert, tiny_config, tiny_files, wordpiece
from lexloom.errors import ArtifactError
from lexloom.extract.files import save_extractor
from lexloom.extract.start import start_model
from lexloom.models.checkpoint import load_bert
from lexloom.models.span_extractor import SpanExtractorConfig
from lexloom.tokens.units import SHAPES

HEADS = SpanExtractorConfig(encoder=tiny_config(), num_shapes=0, span_rank=6, pair_size=5)
WORDS = "embeddings.word_embeddings.weight"
KNOWN = ["Ann lives in Paris.", "中文"]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_an_encoder_gets_new_heads_and_stays_what_it_was(tiny_bert):
    model, tokenizer = start_model(tiny_bert, KNOWN, HEADS, seed=1)
    encoder = {k: v for k, v in load_bert(tiny_bert).state_dict().items() if "pooler" not in k}
    assert same(model.bert.state_dict(), encoder)
    assert (model.config.span_rank, model.config.pair_size) == (6, 5)
    assert model.config.num_shapes == len(SHAPES)
    assert not model.shapes.weight.any()
    assert tokenizer.vocab_size == model.config.encoder.vocab_size


def test_attention_is_trained_without_dropout_and_the_rest_with_the_encoder_s_own(tiny_bert):
    encoder = start_model(tiny_bert, KNOWN, HEADS, seed=1)[0].config.encoder
    assert encoder.attention_probs_dropout_prob == 0.0
    assert encoder.hidden_dropout_prob == tiny_config().hidden_dropout_prob


def test_the_tokenizer_of_an_encoder_learns_to_split_emoji(tiny_bert):
    _, tokenizer = start_model(tiny_bert, KNOWN, HEADS, seed=1)
    (encoded,) = tokenizer.encode(["hi😀yo"])
    assert encoded.num_units == 3


def test_the_seed_decides_the_new_parameters(tiny_bert):
    texts = [*KNOWN, "龙"]
    first, again, other = (
        start_model(tiny_bert, texts, HEADS, seed=seed)[0].state_dict() for seed in (1, 1, 2)
    )
    assert same(first, again)
    assert not torch.equal(first["spans.start.weight"], other["spans.start.weight"])
    assert not torch.equal(first[f"bert.{WORDS}"][-1], other[f"bert.{WORDS}"][-1])


def test_chinese_characters_of_the_texts_join_the_vocabulary_behind_the_old_ones(tiny_bert):
    model, tokenizer = start_model(tiny_bert, [*KNOWN, "龙凤", "龙é"], HEADS, seed=1)
    old = wordpiece().get_vocab()
    assert tokenizer.vocab_size == len(old) + 2 == model.config.encoder.vocab_size
    assert tokenizer.tokenizer.token_to_id("龙") == len(old)
    rows = model.bert.state_dict()[WORDS]
    assert torch.equal(rows[: len(old)], load_bert(tiny_bert).state_dict()[WORDS])
    assert rows[len(old) :].abs().sum() > 0
    assert not torch.equal(rows[-1], rows[-2])


def test_an_extractor_goes_on_with_its_own_heads(tmp_path):
    files = tiny_files()
    save_extractor(files, tmp_path / "m")
    model, tokenizer = start_model(tmp_path / "m", KNOWN, seed=1)
    assert same(model.state_dict(), files.model.state_dict())
    model, tokenizer = start_model(tmp_path / "m", [*KNOWN, "龙"], seed=1)
    assert tokenizer.vocab_size == files.tokenizer.vocab_size + 1
    before = files.model.state_dict()
    after = model.state_dict()
    assert torch.equal(after[f"bert.{WORDS}"][:-1], before[f"bert.{WORDS}"])
    del before[f"bert.{WORDS}"], after[f"bert.{WORDS}"]
    assert same(after, before)


@pytest.mark.parametrize("spare", [1, 64])
def test_rows_that_an_encoder_has_to_spare_are_taken_first(tmp_path, spare):
    vocab_size = wordpiece().get_vocab_size()
    path = save_tiny_bert(tmp_path / "m", vocab_size=vocab_size + spare)
    model, tokenizer = start_model(path, ["龙凤麟"], HEADS, seed=1)
    assert tokenizer.vocab_size == vocab_size + 3
    assert model.config.encoder.vocab_size == max(vocab_size + 3, vocab_size + spare)
    rows = model.bert.state_dict()[WORDS]
    assert torch.equal(rows[: vocab_size + spare], load_bert(path).state_dict()[WORDS])


def test_a_directory_that_is_neither_is_refused(tmp_path, tiny_bert):
    with pytest.raises(ArtifactError, match="there is no model directory"):
        start_model(tmp_path / "nothing", KNOWN, HEADS, seed=1)
    with pytest.raises(ArtifactError, match=r"has no config\.json"):
        start_model(tmp_path, KNOWN, HEADS, seed=1)
    bare = save_tiny_bert(tmp_path / "m")
    (bare / "tokenizer.json").unlink()
    with pytest.raises(ArtifactError, match="there is no tokenizer"):
        start_model(bare, KNOWN, HEADS, seed=1)
    (bare / "manifest.json").unlink()
    (bare / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(Exception, match="'gpt2' model, not BERT"):
        start_model(bare, KNOWN, HEADS, seed=1)
