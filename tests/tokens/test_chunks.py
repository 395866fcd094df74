import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, models
from tokenizers import Tokenizer as Library
from tokenizers import pre_tokenizers as pre

from lexloom.nn.kernels.library import kernels
from lexloom.tokens import byte_pairs, chunks
from lexloom.tokens.chunks import ChunkEncoder, chunk_pattern
from lexloom.tokens.learn import WORDS, TokenizerConfig, byte_letters, train
from lexloom.tokens.tokenizer import Tokenizer

# what borders could be thought to hang on: endings, marks, Han that is no letter, odd spaces
PARTS = [
    *"aTsé'定的々〇⺀⼀〡\ufa0e\U0002a6e0\U00030000  \n\r\t\x0b\x1c\x85",
    *"\u2003\u2028\u3000\u0301\u200b12!，。-𠀀😀\x00\ufffd\ud800<s>[]İ²ªж０ａカ",
    *("'s", "'ll", "'lla", "'re", " 've", "'VE", "'da", " 's", "，'t", "12345", " 98", "\u3000 "),
]
nasty = st.lists(st.sampled_from(PARTS), max_size=25).map("".join)


@pytest.fixture(scope="module", params=["compiled", "library"])
def way(request):
    """Both ways to encode byte-level BPE."""
    if request.param == "compiled" and kernels() is None:
        pytest.skip("the kernels are not compiled here")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "library":
            patch.setattr(byte_pairs, "kernels", lambda: None)
        yield request.param


@pytest.fixture(scope="module")
def encoders(tokenizers):
    """Two of each tokenizer, with the kernel, if there is one, and without."""
    made = [ChunkEncoder(tokenizer, max_chunks=200) for tokenizer in tokenizers.values()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(byte_pairs, "kernels", lambda: None)
        return made + [ChunkEncoder(tokenizer) for tokenizer in tokenizers.values()]


@settings(deadline=None, max_examples=80)
@given(st.lists(nasty | st.text(max_size=15), max_size=4))
def test_remembered_chunks_give_what_the_tokenizer_gives(encoders, texts):
    for encoder in encoders:
        expected = encoder.tokenizer.encode_batch(texts, add_special_tokens=False)
        for _ in range(2):
            ids, sizes = encoder.encode(texts)
            assert ids.dtype == sizes.dtype == np.int32
            assert sizes.tolist() == [len(item.input_ids) for item in expected]
            assert ids.tolist() == [id for item in expected for id in item.input_ids.tolist()]


@pytest.fixture(scope="module")
def all_pairs(way):
    """Merges any two bytes of `PARTS`, so that it shows where a border is wrong."""
    letters = byte_letters()
    used = sorted({letters[byte] for byte in "".join(PARTS).encode(errors="replace")})
    pairs = [(left, right) for left in used for right in used]
    random.Random(1).shuffle(pairs)
    pieces = [*letters, *(left + right for left, right in pairs)]
    vocab = {piece: id for id, piece in enumerate(pieces)}
    library = Library(models.BPE(vocab=vocab, merges=pairs))
    library.pre_tokenizer = pre.Sequence(
        [
            pre.Split(Regex(WORDS), behavior="isolated"),
            pre.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return ChunkEncoder(Tokenizer(library), max_chunks=5)


@settings(deadline=None, max_examples=150)
@given(st.lists(nasty, min_size=1, max_size=10))
def test_every_border_is_where_the_tokenizer_has_it(all_pairs, texts):
    expected = all_pairs.tokenizer.encode_batch(texts, add_special_tokens=False)
    ids, sizes = all_pairs.encode(texts)
    assert sizes.tolist() == [len(item.input_ids) for item in expected]
    assert ids.tolist() == [id for item in expected for id in item.input_ids.tolist()]


def test_borders_that_chance_seldom_meets(all_pairs):
    seldom = [
        " 's ",
        "a'sa",
        "a's1",
        "a'll的",
        "a'llé",
        "，'t ",
        "'re\n",
        " 'd",
        "1234567",
        " \u3000a",
    ]
    # what stands before decides which bytes pair, so that each border shows for some of them
    texts = [before + text for text in seldom for before in ("", *"aTs'1的é，")]
    expected = all_pairs.tokenizer.encode_batch(texts, add_special_tokens=False)
    ids, _ = all_pairs.encode(texts)
    assert ids.tolist() == [id for item in expected for id in item.input_ids.tolist()]


@settings(deadline=None, max_examples=60)
@given(nasty)
@pytest.mark.parametrize("form", [None, "nfc", "nfkc"])
@pytest.mark.parametrize("model", ["bpe", "wordpiece"])
def test_normalizers_do_not_move_the_borders(normal, model, form, text):
    tokenizer = normal[model, form]
    ids, _ = ChunkEncoder(tokenizer).encode([text])
    assert ids.tolist() == tokenizer.encode(text, add_special_tokens=False).input_ids.tolist()


@pytest.fixture(scope="module")
def normal(texts):
    return {
        (model, form): train(
            texts,
            TokenizerConfig(model=model, vocab_size=500, lowercase=True, normalization=form),
        )
        for model in ("bpe", "wordpiece")
        for form in (None, "nfc", "nfkc")
    }


def test_own_and_bert_tokenizers_have_a_pattern_and_others_none(tokenizers, normal):
    assert chunk_pattern(tokenizers["bpe"]) is chunks.OWN_CHUNKS
    assert chunk_pattern(tokenizers["unigram"]) is chunks.OWN_CHUNKS
    assert chunk_pattern(tokenizers["wordpiece"]) is chunks.BERT_CHUNKS
    assert chunk_pattern(tokenizers["characters"]) is None
    assert chunk_pattern(normal["bpe", "nfc"]) is chunks.OWN_CHUNKS
    assert chunk_pattern(normal["bpe", "nfkc"]) is None


def test_a_tokenizer_whose_borders_are_not_known_is_asked_itself(tokenizers):
    values = json.loads(tokenizers["wordpiece"].library.to_str())
    values["normalizer"]["handle_chinese_chars"] = False
    assert chunk_pattern(Tokenizer(Library.from_str(json.dumps(values)))) is None
    library = Library.from_str(tokenizers["bpe"].library.to_str())
    library.add_tokens([AddedToken("he old", special=False)])
    tokenizer = Tokenizer(library)
    assert chunk_pattern(tokenizer) is None
    ids, _ = ChunkEncoder(tokenizer).encode(["the old house"])
    assert ids.tolist() == tokenizer.encode("the old house", add_special_tokens=False)[0].tolist()
    assert chunk_pattern(Tokenizer(Library(models.BPE()))) is None


@pytest.mark.parametrize("model", ["bpe", "unigram"])
def test_a_full_memory_is_emptied_without_harm(way, tokenizers, model):
    tokenizer = tokenizers[model]
    encoder = ChunkEncoder(tokenizer, max_chunks=2)
    for text in ("the old house stood", "第一条 the house 😀", "the old house stood"):
        ids, _ = encoder.encode([text])
        assert ids.tolist() == tokenizer.encode(text, add_special_tokens=False)[0].tolist()


def test_a_memory_that_grows_forgets_nothing(way, tokenizers):
    tokenizer = tokenizers["bpe"]
    text = " ".join(f"w{number:x}{'é' * (number % 12)}😀" for number in range(3000))
    encoder = ChunkEncoder(tokenizer)
    first, again = encoder.encode([text, text]), encoder.encode([text, text])
    wanted = tokenizer.encode(text, add_special_tokens=False).input_ids.tolist() * 2
    assert first[0].tolist() == again[0].tolist() == wanted


def test_no_text_gives_no_ids(way, tokenizers):
    for texts in ([], [""], ["", ""]):
        ids, sizes = ChunkEncoder(tokenizers["bpe"]).encode(texts)
        assert (ids.dtype, ids.tolist(), sizes.tolist()) == (np.int32, [], [0] * len(texts))
