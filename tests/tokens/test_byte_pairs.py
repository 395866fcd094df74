import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library

from lexloom.nn.kernels.library import kernels
from lexloom.tokens import byte_pairs
from lexloom.tokens.byte_pairs import compiled_encoder, joined, words_encoder
from lexloom.tokens.chunks import ChunkEncoder
from lexloom.tokens.learn import TokenizerConfig, train
from lexloom.tokens.tokenizer import Tokenizer

compiled_only = pytest.mark.skipif(kernels() is None, reason="the kernels are not compiled here")
words = st.text(st.sampled_from("aThe old第一条公民é𠀀😀\0") | st.characters(codec="utf-8"))


@pytest.fixture(params=["compiled", "library"])
def way(request, monkeypatch):
    if request.param == "library":
        monkeypatch.setattr(byte_pairs, "kernels", lambda: None)
    elif kernels() is None:
        pytest.skip("the kernels are not compiled here")
    return request.param


def changed(tokenizer, **values):
    """A tokenizer with other values, such as ``model__dropout``."""
    written = json.loads(tokenizer.library.to_str())
    for key, value in values.items():
        *path, last = (int(name) if name.isdigit() else name for name in key.split("__"))
        place = written
        for name in path:
            place = place[name]
        place[last] = value
    return Tokenizer(Library.from_str(json.dumps(written)))


@settings(deadline=None, max_examples=100)
@given(given=st.lists(words, max_size=5))
def test_words_get_the_ids_that_the_model_gives(tokenizers, given):
    model = tokenizers["bpe"].library.model
    spelled = [word.encode().decode("latin-1").translate(byte_pairs.BYTE_LETTERS) for word in given]
    wanted = [[token.id for token in model.tokenize(word)] for word in spelled]
    ids, sizes = words_encoder(tokenizers["bpe"])(given)
    assert ids.dtype == sizes.dtype == np.int32
    assert sizes.tolist() == [len(row) for row in wanted]
    assert ids.tolist() == [id for row in wanted for id in row]


def test_a_trained_tokenizer_cuts_sentences_as_written_here(way):
    tokenizer = train(["公民的权益，公民的义务。the old house, the old\n"] * 3, TokenizerConfig())
    ids, sizes = ChunkEncoder(tokenizer).encode(["公民的权益 the old", "", "民公\U0001f600"])
    pieces = [tokenizer.decode([id]) for id in ids.tolist()]
    assert sizes.tolist() == [3, 0, 6]
    assert pieces[:5] == ["公民的权益", " the", " old", "民", "公"]
    assert tokenizer.decode(ids[5:].tolist()) == "\U0001f600"


def test_only_byte_level_bpe_that_leaves_the_text_alone_has_encoders(tokenizers, texts):
    lower = train(texts, TokenizerConfig(vocab_size=500, lowercase=True))
    for tokenizer in (lower, *(tokenizers[name] for name in tokenizers if name != "bpe")):
        assert words_encoder(tokenizer) is None
        assert compiled_encoder(tokenizer, 10) is None
    assert words_encoder(tokenizers["bpe"]) is not None


SPLITTERS = "pre_tokenizer__pretokenizers"


@pytest.mark.parametrize(
    "values",
    [
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {f"{SPLITTERS}__0__behavior": "Removed"},
        {f"{SPLITTERS}__0__invert": True},
        {f"{SPLITTERS}__0__pattern": {"Regex": " "}},
        {f"{SPLITTERS}__1__add_prefix_space": True},
        {f"{SPLITTERS}__1__use_regex": True},
        {f"{SPLITTERS}__1": {"type": "Digits", "individual_digits": True}},
    ],
)
def test_words_that_are_found_or_spelled_otherwise_have_none(way, tokenizers, values):
    tokenizer = changed(tokenizers["bpe"], **values)
    assert words_encoder(tokenizer) is None
    assert compiled_encoder(tokenizer, 10) is None
    ids, _ = ChunkEncoder(tokenizer).encode(["the old house's 1998, 第一条"])
    wanted = tokenizer.encode("the old house's 1998, 第一条", add_special_tokens=False).input_ids
    assert ids.tolist() == wanted.tolist()


@compiled_only
@pytest.mark.parametrize(
    "values",
    [
        {"model__dropout": 0.5},
        {"model__ignore_merges": True},
        {"model__continuing_subword_prefix": "a", "model__merges": []},
        {"model__end_of_word_suffix": "e", "model__merges": []},
    ],
)
def test_what_the_kernel_does_not_know_is_left_to_the_library(tokenizers, values):
    assert compiled_encoder(changed(tokenizers["bpe"], **values), 10) is None
    assert words_encoder(changed(tokenizers["bpe"], **values)) is not None


@compiled_only
def test_where_every_byte_is_known_nothing_is_unknown(tokenizers):
    values = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    tokenizer = changed(tokenizers["bpe"], **{f"model__{key}": values[key] for key in values})
    ids, _ = compiled_encoder(tokenizer, 10)(["the 😀カ"])
    assert ids.tolist() == tokenizer.encode("the 😀カ", add_special_tokens=False)[0].tolist()


def test_a_byte_without_an_id_is_left_to_the_library(way, tokenizers):
    vocab = tokenizers["bpe"].library.get_vocab()
    without = {piece: id for piece, id in vocab.items() if piece != "!"}
    tokenizer = changed(tokenizers["bpe"], model__vocab=without)
    assert compiled_encoder(tokenizer, 10) is None
    assert ChunkEncoder(tokenizer).encode(["!#"])[0].tolist() == [vocab["#"]]


def test_where_pieces_share_an_id_the_tokenizer_itself_is_asked(way, tokenizers):
    vocab = tokenizers["bpe"].library.get_vocab()
    twice = vocab | {"!": vocab["#"]}
    tokenizer = changed(tokenizers["bpe"], model__vocab=twice, model__merges=[])
    assert words_encoder(tokenizer) is None
    assert compiled_encoder(tokenizer, 10) is None
    assert ChunkEncoder(tokenizer).encode(["!#"])[0].tolist() == [vocab["#"]] * 2


def test_every_id_may_be_a_byte(way, tokenizers):
    tokenizer = changed(tokenizers["bpe"], model__merges=[])
    text = "the old house"
    ids, _ = ChunkEncoder(tokenizer).encode([text])
    assert ids.tolist() == tokenizer.encode(text, add_special_tokens=False).input_ids.tolist()


def test_nothing_joined_is_nothing():
    assert (joined([]).dtype, joined([]).tolist()) == (np.int32, [])
