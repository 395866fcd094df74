import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library

from lexloom.nn.kernels.library import kernels
from lexloom.tokens import byte_pairs
from lexloom.tokens.byte_pairs import words_encoder
from lexloom.tokens.chunks import ChunkEncoder
from lexloom.tokens.learn import TokenizerConfig, train
from lexloom.tokens.tokenizer import Tokenizer

compiled_only = pytest.mark.skipif(kernels() is None, reason="the kernels are not compiled here")
words = st.text(
    st.sampled_from("aThe the old第一条公民 é𠀀😀\x00\u200b") | st.characters(codec="utf-8")
)


@pytest.fixture(params=["compiled", "library"])
def way(request, monkeypatch):
    if request.param == "library":
        monkeypatch.setattr(byte_pairs, "kernels", lambda: None)
    elif kernels() is None:
        pytest.skip("the kernels are not compiled here")
    return request.param


def changed(tokenizer, **options):
    values = json.loads(tokenizer.library.to_str())
    values["model"] |= options
    return Tokenizer(Library.from_str(json.dumps(values)))


def spelled(word):
    return word.encode().decode("latin-1").translate(byte_pairs.BYTE_LETTERS)


@settings(deadline=None, max_examples=100)
@given(given=st.lists(words, max_size=5))
def test_words_get_the_ids_that_the_model_gives(tokenizers, given):
    model = tokenizers["bpe"].library.model
    wanted = [[token.id for token in model.tokenize(spelled(word))] for word in given]
    with pytest.MonkeyPatch.context() as patch:
        encoders = [words_encoder(tokenizers["bpe"])]
        patch.setattr(byte_pairs, "kernels", lambda: None)
        encoders.append(words_encoder(tokenizers["bpe"]))
    for encode in encoders:
        ids, sizes = encode(given)
        assert ids.dtype == sizes.dtype == np.int32
        assert sizes.tolist() == [len(row) for row in wanted]
        assert ids.tolist() == [id for row in wanted for id in row]


def test_a_trained_tokenizer_cuts_a_sentence_as_written_here(way):
    tokenizer = train(["公民的权益，公民的义务。the old house, the old\n"] * 3, TokenizerConfig())
    ids, sizes = ChunkEncoder(tokenizer).encode(["公民的权益 the old", "", "民公\U0001f600"])
    pieces = [tokenizer.decode([id]) for id in ids.tolist()]
    assert sizes.tolist() == [3, 0, 6]
    assert pieces[:5] == ["公民的权益", " the", " old", "民", "公"]
    assert tokenizer.decode(ids[5:].tolist()) == "\U0001f600"


def test_only_byte_level_bpe_that_leaves_the_text_alone_has_one(way, tokenizers, texts):
    assert words_encoder(tokenizers["bpe"]) is not None
    for model in ("wordpiece", "unigram"):
        assert words_encoder(tokenizers[model]) is None
    lower = train(texts, TokenizerConfig(vocab_size=500, lowercase=True))
    assert words_encoder(lower) is None


def is_compiled(tokenizer, monkeypatch):
    """Whether the kernel takes a tokenizer, and not the library."""
    with monkeypatch.context() as patch:
        patch.setattr(byte_pairs, "_by_library", lambda values: None)
        return words_encoder(tokenizer) is not None


OPTIONS = [
    {"dropout": 0.5},
    {"ignore_merges": True},
    {"continuing_subword_prefix": "a"},
    {"end_of_word_suffix": "e"},
]


@compiled_only
def test_what_the_kernel_does_not_know_is_left_to_the_library(tokenizers, monkeypatch):
    bpe = tokenizers["bpe"]
    assert is_compiled(bpe, monkeypatch)
    assert is_compiled(changed(bpe, unk_token="<unk>", fuse_unk=True), monkeypatch)
    for options in OPTIONS[:2]:
        assert not is_compiled(changed(bpe, **options), monkeypatch)
    for options in OPTIONS[2:]:
        assert not is_compiled(changed(bpe, merges=[], **options), monkeypatch)
    assert not is_compiled(tokenizers["characters"], monkeypatch)


@compiled_only
def test_a_byte_without_an_id_is_left_to_the_library(tokenizers, monkeypatch):
    vocab = tokenizers["bpe"].library.get_vocab()
    tokenizer = changed(tokenizers["bpe"], vocab={p: id for p, id in vocab.items() if p != "!"})
    assert not is_compiled(tokenizer, monkeypatch)
    assert words_encoder(tokenizer)(["!#"])[0].tolist() == [vocab["#"]]


def test_where_pieces_share_an_id_the_tokenizer_itself_is_asked(way, tokenizers):
    vocab = tokenizers["bpe"].library.get_vocab()
    tokenizer = changed(tokenizers["bpe"], vocab=vocab | {"!": vocab["#"]}, merges=[])
    assert words_encoder(tokenizer) is None
    assert ChunkEncoder(tokenizer).encode(["!#"])[0].tolist() == [vocab["#"]] * 2


@pytest.mark.parametrize("options", [{"ignore_merges": True}, {"dropout": 0.0}])
def test_options_hold(way, tokenizers, options):
    tokenizer = changed(tokenizers["bpe"], merges=[], **options)
    ids, _ = ChunkEncoder(tokenizer).encode(["the old house"])
    wanted = tokenizer.encode("the old house", add_special_tokens=False).input_ids
    assert ids.tolist() == wanted.tolist()


def test_no_words_give_no_ids(way, tokenizers):
    for empty in ([], [""]):
        ids, sizes = words_encoder(tokenizers["bpe"])(empty)
        assert (ids.dtype, ids.tolist(), sizes.tolist()) == (np.int32, [], [0] * len(empty))
