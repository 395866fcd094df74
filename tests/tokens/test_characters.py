import re

import numpy as np
import pytest
from tokenizers import Regex
from tokenizers import pre_tokenizers as pre

from lexloom.nn.kernels import bpe
from lexloom.tokens import characters
from lexloom.tokens.characters import KINDS, kinds_table

WANTED = {
    bpe.SPACE: " \n\t\u3000\u2028",
    bpe.HAN: "的々〇𠀀",
    bpe.LETTER: "aZéａ",
    bpe.DIGIT: "09",
    bpe.MARK: "!'\\[]，。“”…—·\0\x1c\u200b\ufffd",
    bpe.UNSURE: "⺀〡\ufa0e\U0002a6e0",
    bpe.OTHER: "ж²０カ😀\u0301\ue000",
}


def test_characters_are_of_the_kinds_written_here():
    table = kinds_table()
    for kind, chars in WANTED.items():
        assert table[[ord(char) for char in chars]].tolist() == [kind] * len(chars), kind


def test_the_table_says_what_the_classes_say():
    table = kinds_table()
    assert (table.dtype, table[-1]) == (np.uint8, bpe.OTHER)
    chars = "".join(map(chr, range(len(table) - 1)))
    for kind, inside in KINDS.items():
        found = re.findall(f"[{inside}]", chars)
        assert [chr(code) for code in np.flatnonzero(table == kind)] == found


def matched(pattern, chars):
    """The characters that the library's expression matches, one by one."""
    split = pre.Split(Regex(pattern), behavior="isolated")
    found = set()
    for start in range(0, len(chars), 1 << 16):
        part = "a".join(chars[start : start + (1 << 16)])
        found |= {piece for piece, _ in split.pre_tokenize_str(part) if len(piece) == 1}
    return found - {"a"}


@pytest.mark.slow
def test_classes_of_characters_are_those_of_the_library():
    chars = [chr(n) for n in range(0x40000) if not 0xD800 <= n < 0xE000 and chr(n) != "a"]
    han, sure = matched(r"\p{Han}", chars), re.compile(f"[{characters.HAN}]")
    space, ours = matched(r"\s", chars), re.compile(f"[{characters.WHITE_SPACE}]")
    for char in chars:
        assert bool(ours.match(char)) == (char in space)
        if not re.match(f"[{characters.UNSURE}]", char):
            assert bool(sure.match(char)) == (char in han), hex(ord(char))


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (bpe.LETTER, r"[\p{L}&&[^\p{Han}]]"),
        (bpe.DIGIT, r"[\p{N}&&[^\p{Han}]]"),
        (bpe.MARK, r"[^\s\p{L}\p{M}\p{N}\p{Han}]"),
    ],
)
def test_what_the_kernel_cuts_by_is_of_its_class_in_the_library(kind, pattern):
    codes = np.flatnonzero(kinds_table() == kind).tolist()
    chars = [chr(code) for code in codes if chr(code) != "a"]
    assert set(chars) == matched(pattern, chars)
