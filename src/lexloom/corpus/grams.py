"""Units of a text and hashes of their n-grams, computed on whole arrays at once.

A unit is a word of an alphabetic script (a run of letters and digits, case folded) or one Chinese
character or kana, so that Chinese needs no segmentation. `minhash`, `repetition`, `phrases` and
`decontaminate` all stand on these hashes; equal units have equal hashes in every process and run.
"""

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Positions = NDArray[np.int64]

OTHER, SPACE, PUNCTUATION, SYMBOL, DIGIT, LATIN, LETTER, HANGUL, KANA, HAN = range(10)
NUM_CLASSES = 10
"""Classes of characters, in an order that makes words, and single units, ranges."""

CHUNK = 1 << 16
"""Code points that are hashed at once: small enough for the arrays to stay in the cache."""
TABLE_SIZE = 0x20000
MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15
GRAM_BASE = 0xD6E8FEB86659FD93
"""Odd multipliers: odd, so that each has an inverse modulo 2**64."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of a text, in order, and how many characters of each class it has."""

    starts: Positions
    ends: Positions
    """Offsets in code points, half-open."""
    hashes: Hashes
    class_counts: NDArray[np.int64]
    """Characters by class, indexed by the constants of this module."""

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def num_letters(self) -> int:
        """Characters that are letters of any script."""
        return int(self.class_counts[LATIN:].sum())

    @property
    def num_visible(self) -> int:
        """Characters that are not white space."""
        return int(self.class_counts.sum() - self.class_counts[SPACE])

    def share(self, *classes: int) -> float:
        """Share of the letters that are in the classes, in [0, 1]; 0 where there is no letter."""
        num_letters = self.num_letters
        return sum(int(self.class_counts[c]) for c in classes) / num_letters if num_letters else 0.0


def split_units(text: str) -> Units:
    """Give the units of `text`; about 24 bytes a unit are held."""
    starts, ends, hashes = [], [], []
    counts = np.zeros(NUM_CLASSES, np.int64)
    offset = 0
    while offset < len(text):
        chunk = text[offset : offset + CHUNK]
        is_last = offset + len(chunk) == len(text)
        part = _split_chunk(chunk, is_last=is_last)
        starts.append(part.starts + offset)
        ends.append(part.ends + offset)
        hashes.append(part.hashes)
        counts += part.class_counts
        offset += int(part.class_counts.sum())
    if not hashes:
        nothing = np.zeros(0, np.int64)
        return Units(nothing, nothing, np.zeros(0, np.uint64), counts)
    return Units(np.concatenate(starts), np.concatenate(ends), np.concatenate(hashes), counts)


def gram_hashes(hashes: Hashes, size: int) -> Hashes:
    """Give the hash of each run of `size` units, in order; empty where there are fewer.

    Runs are joined from halves, so that long ones cost a few passes over the array.
    """
    if len(hashes) < size:
        return np.zeros(0, np.uint64)
    return _mixed(_joined(hashes, size))


def characters(text: str) -> NDArray[np.uint32]:
    """Give the code points of a text; lone surrogates are allowed."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _joined(hashes: Hashes, size: int) -> Hashes:
    if size == 1:
        return hashes
    left, right = size // 2, size - size // 2
    begin = _joined(hashes, left)
    end = begin if left == right else _joined(hashes, right)
    num_grams = len(hashes) - size + 1
    joined: Hashes = begin[:num_grams] * np.uint64(pow(GRAM_BASE, right, 1 << 64))
    joined += end[left : left + num_grams]
    return joined


def _mixed(values: Hashes) -> Hashes:
    """Spread every bit over all others, after SplitMix64 (Steele et al., 2014)."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _split_chunk(chunk: str, *, is_last: bool) -> Units:
    """Split a chunk; a word that may go on behind it is left to the next one."""
    classes_of, value_of = _tables()
    codes = characters(chunk)
    is_high = bool(codes.max() >= TABLE_SIZE)
    if is_high:
        codes = np.minimum(codes, TABLE_SIZE)
    classes = classes_of.take(codes)  # several times faster than an index
    is_single = classes >= KANA
    is_word = (classes >= DIGIT) & ~is_single
    goes_on = is_word[1:] & is_word[:-1]
    is_start = is_single | is_word
    is_end = is_start.copy()
    is_start[1:] &= ~goes_on
    is_end[:-1] &= ~goes_on
    starts, ends = np.flatnonzero(is_start), np.flatnonzero(is_end) + 1
    if not is_last and is_word[-1] and len(starts) and starts[-1] > 0:
        cut = int(starts[-1])
        starts, ends, classes, codes = starts[:-1], ends[:-1], classes[:cut], codes[:cut]
    values = value_of.take(codes)
    if is_high:
        high = np.flatnonzero(codes == TABLE_SIZE)
        values[high] = _mixed(characters(chunk)[high].astype(np.uint64))
    powers, inverses = _powers()
    sums = np.zeros(len(values) + 1, np.uint64)
    values *= powers[: len(values)]
    np.cumsum(values, out=sums[1:])
    hashes = _mixed((sums.take(ends) - sums.take(starts)) * inverses.take(starts))
    return Units(starts, ends, hashes, np.bincount(classes, minlength=NUM_CLASSES))


@functools.cache
def _powers() -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse, by place in a chunk."""

    def powers(base: int) -> Hashes:
        factors = np.full(CHUNK, base & MASK, np.uint64)
        factors[0] = 1
        return np.cumprod(factors)

    return powers(BASE), powers(pow(BASE, -1, 1 << 64))


@functools.cache
def _tables() -> tuple[NDArray[np.uint8], Hashes]:
    """Class and hash of each code point below `TABLE_SIZE`; the last row is for all above."""
    classes = np.zeros(TABLE_SIZE + 1, np.uint8)
    folded = np.arange(TABLE_SIZE + 1, dtype=np.uint64)
    for code in range(TABLE_SIZE):
        char = chr(code)
        classes[code] = _class_of(char, code)
        lower = char.lower()
        if len(lower) == 1:
            folded[code] = ord(lower)
    classes[TABLE_SIZE] = HAN  # the planes above hold rare Chinese characters
    return classes, _mixed(folded)


def _class_of(char: str, code: int) -> int:
    category = unicodedata.category(char)
    if char.isspace():
        return SPACE
    if category[0] in "LM":
        return _script_of(code, category)
    return {"P": PUNCTUATION, "S": SYMBOL, "N": DIGIT}.get(category[0], OTHER)


def _script_of(code: int, category: str) -> int:
    if code < 0x250 and category[0] == "L":
        return LATIN
    for low, high, script in SCRIPTS:
        if low <= code <= high:
            return script
    return LETTER


SCRIPTS = (
    (0x1E00, 0x1EFF, LATIN),
    (0x3041, 0x30FF, KANA),
    (0x31F0, 0x31FF, KANA),
    (0x3005, 0x3007, HAN),
    (0x3400, 0x4DBF, HAN),
    (0x4E00, 0x9FFF, HAN),
    (0xF900, 0xFAFF, HAN),
    (0x1100, 0x11FF, HANGUL),
    (0x3130, 0x318F, HANGUL),
    (0xAC00, 0xD7AF, HANGUL),
)
"""First and last code point of scripts that count as their own class."""
