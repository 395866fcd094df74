import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Library
from tokenizers import models

from lexloom.nn.kernels import bpe
from lexloom.nn.kernels.bpe import CompiledEncoder
from lexloom.nn.kernels.library import kernels
from lexloom.tokens.learn import byte_letters

FOUND = kernels()
pytestmark = pytest.mark.skipif(FOUND is None, reason="the kernels are not compiled here")
LETTERS = byte_letters()
ALL_HAN = np.full(1, bpe.HAN, np.uint8)
"""A table by which every text is one word."""
# few letters, so that random pairs meet; characters of one to four bytes that share bytes
ALPHABET = "aab 的白皃éè\u0301𠀀𠀁😀\x00"
MAX_KNOWN = 3
NUM_FEW = 64
"""Words of more symbols are merged another way, see ``bpe.cpp``."""

words = st.text(ALPHABET, max_size=30) | st.text(st.characters(codec="utf-8"), max_size=10)
long_words = st.lists(st.text(ALPHABET, min_size=1, max_size=3), min_size=1, max_size=3).map(
    lambda parts: "".join(parts) * (3 * NUM_FEW)
)


@st.composite
def merges(draw):
    """Pairs of pieces in any order of rank, also such as no training would give."""
    pieces = sorted({LETTERS[byte] for byte in ALPHABET.encode()})
    known = dict.fromkeys(pieces)
    pairs = []
    for _ in range(draw(st.integers(0, 40))):
        left, right = draw(st.sampled_from(pieces)), draw(st.sampled_from(pieces))
        if len(left + right) <= 24 and (left, right) not in pairs:
            pairs.append((left, right))
            if left + right not in known:
                known[left + right] = None
                pieces.append(left + right)
    return draw(st.permutations(pairs)) if draw(st.booleans()) else pairs


def made(pairs):
    """The library and the kernel of the same merges."""
    ids = {}
    for piece in [*LETTERS, *(left + right for left, right in pairs)]:
        ids.setdefault(piece, len(ids))
    library = Library(models.BPE(vocab=ids, merges=list(pairs)))
    rows = [(ids[left], ids[right], ids[left + right]) for left, right in pairs]
    byte_ids = np.array([ids[letter] for letter in LETTERS])
    compiled = CompiledEncoder(byte_ids, np.array(rows, np.uint32), ALL_HAN, MAX_KNOWN, FOUND)
    return library, lambda given: compiled.encode(given, no_chunks)


def no_chunks(chunks):
    raise AssertionError(f"{chunks} should be known")


def expected(library, given):
    spelled = ["".join(LETTERS[byte] for byte in word.encode()) for word in given]
    return [item.ids for item in library.encode_batch(spelled, add_special_tokens=False)]


def rows(ids, sizes):
    return [row.tolist() for row in np.split(ids, np.cumsum(sizes)[:-1])]


@settings(deadline=None, max_examples=80)
@given(merges(), st.lists(words | long_words, min_size=1, max_size=5))
def test_ids_are_those_of_the_library(pairs, given):
    library, compiled = made(pairs)
    for _ in range(2):  # met for the first time, and known
        ids, sizes = compiled([word.encode() for word in given])
        assert (ids.dtype, sizes.dtype) == (np.int32, np.int32)
        assert rows(ids, sizes) == expected(library, given)


def spelled_first(*chars):
    """Merges that put characters together from their bytes, as training begins."""
    pairs = {}
    for char in chars:
        letters = [LETTERS[byte] for byte in char.encode()]
        for size in range(1, len(letters)):
            pairs["".join(letters[:size]), letters[size]] = None
    return [*pairs]


@settings(deadline=None, max_examples=50)
@given(merges(), st.lists(words | long_words, min_size=1, max_size=5))
def test_characters_that_are_put_together_first_change_nothing(pairs, given):
    first = spelled_first(*"的𠀀é")
    library, compiled = made([*first, *(pair for pair in pairs if pair not in first)])
    assert rows(*compiled([word.encode() for word in given])) == expected(library, given)


@pytest.mark.parametrize(
    ("pairs", "word", "wanted"),
    [
        ([("a", "a")], "aaaaa", ["aa", "aa", "a"]),
        ([("b", "c"), ("a", "b")], "abc", ["a", "bc"]),
        ([("a", "b"), ("b", "c")], "abc", ["ab", "c"]),
        ([("aa", "a"), ("a", "a")], "aaaa", ["aaa", "a"]),
        ([("a", "b"), ("ab", "ab"), ("ab", "a")], "ababa", ["abab", "a"]),
        ([], "ab", ["a", "b"]),
    ],
)
def test_the_lowest_rank_goes_first_and_of_several_the_leftmost(pairs, word, wanted):
    library, compiled = made(pairs)
    assert [library.id_to_token(id) for id in compiled([word.encode()])[0]] == wanted


def test_no_words_and_empty_words_give_no_ids():
    _, compiled = made([("a", "a")])
    for empty in ([], [b""], [b"", b""]):
        ids, sizes = compiled(empty)
        assert (ids.tolist(), sizes.tolist()) == ([], [0] * len(empty))


@settings(deadline=None, max_examples=50)
@given(merges(), st.lists(st.binary(max_size=200), max_size=4))
def test_bytes_that_are_no_text_keep_their_bytes(pairs, given):
    library, compiled = made(pairs)
    ids, sizes = compiled(given)
    pieces = "".join(map(library.id_to_token, ids.tolist()))
    assert pieces == "".join(LETTERS[byte] for byte in b"".join(given))
    assert len(sizes) == len(given)


@pytest.mark.parametrize("char", ["a", "的", "\x00"])
def test_a_long_run_of_one_character_takes_little_time(char):
    letters = "".join(LETTERS[byte] for byte in char.encode())
    pairs = spelled_first(char) + [(letters * 2**n, letters * 2**n) for n in range(12)]
    library, compiled = made(pairs)
    word = char * 100_000
    begin = time.process_time()
    ids, sizes = compiled([word.encode()])
    assert time.process_time() - begin < 0.3
    assert rows(ids, sizes) == expected(library, [word])


def test_want_of_memory_is_said():
    with pytest.raises(MemoryError, match="no memory is left to encode texts"):
        bpe._check(1)
