"""What characters are where text is cut: white space, Chinese, and for the kernel more than that.

What the versions of Unicode differ about is left to the `tokenizers` library. `learn.WORDS` says
what a word is; `chunks` and the kernel of `byte_pairs` find the same borders sooner.
"""

import functools
import re

import numpy as np
from numpy.typing import NDArray

from lexloom.nn.kernels import bpe

WHITE_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df"
"""Characters that every version of Unicode in use counts to the Chinese script."""
UNSURE = (
    "\u2e80-\u2fff\u3021-\u3029\u3038-\u303b\uf900-\ufaff\U00016fe0-\U00016fff\U0002a6e0-\U0003ffff"
)
"""Those that some do, or may come to: a text with one is a chunk of its own."""
LETTERS = "A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f\uff21-\uff3a\uff41-\uff5a"
"""Some letters, those that are met most."""
DIGITS = "0-9"
MARKS = (
    "\0-\x08\x0e-\x1f!-/:-@\\[-`{-\x7f\x80-\x84\x86-\x9f\xa1-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf"
    "\xd7\xf7\u200b-\u2027\u202a-\u202e\u2030-\u205e\u20ac\u2190-\u21ff\u2500-\u25ff"
    "\u3001-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffd"
)
"""Some that are neither white space, letters, marks upon letters nor numbers."""

KINDS = {
    bpe.SPACE: WHITE_SPACE,
    bpe.HAN: HAN,
    bpe.LETTER: LETTERS,
    bpe.DIGIT: DIGITS,
    bpe.MARK: MARKS,
    bpe.UNSURE: UNSURE,
}
"""Kind -> its characters, as they stand in the class of a regular expression."""
RANGE = re.compile(r"\\?(.)(?:-(.))?", re.DOTALL)
NUM_CHARACTERS = 0x40000
"""Beyond are no letters, nor anything else that is of a kind."""


@functools.cache
def kinds_table() -> NDArray[np.uint8]:
    """Give the kind of each character, the last for all beyond."""
    table = np.full(NUM_CHARACTERS + 1, bpe.OTHER, np.uint8)
    for kind, characters in KINDS.items():
        for first, last in RANGE.findall(characters):
            table[ord(first) : ord(last or first) + 1] = kind
    return table
