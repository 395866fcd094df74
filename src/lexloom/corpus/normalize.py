"""One form for one text: Unicode composition, widths, white space, control and broken characters.

For the texts of a corpus only. Offsets of an extraction point into the text as it was decoded,
which nothing here touches. `markup` removes what is no text, `filters` judge what is left.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexloom.corpus.grams import characters

CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r") + b"\x7f"
TABLE_SIZE = 0x10000
DROPPED = 0x7FFFFFFF
REPLACEMENT = 0xFFFD
LINE_BREAKS = "\v\f\x85\u2028\u2029"
SPACES = "\xa0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
INVISIBLE = "\xad\u200b\u200e\u200f\ufeff\ufff9\ufffa\ufffb" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A)))
)
"""Soft hyphens, zero-width spaces, marks of order and of direction. Joiners are kept: emoji and
Persian need them."""
FULL_WIDTH = "".join(
    map(chr, (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)))
)
WIDTH_OFFSET = ord("Ａ") - ord("A")

# what UTF-8 looks like when it was read as Latin-1 or Windows-1252, Chinese punctuation included
_TAIL = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
# one set of characters stands in front, for which a text is searched fastest
SUSPECT = re.compile(f"[Â-ð](?:(?<=[ÂÃÄÅâ]){_TAIL}|(?<=[ã-ï]){_TAIL}{_TAIL}|(?<=ð){_TAIL}{_TAIL})")
PIECE = 1 << 14
"""Most characters that are repaired at once."""
MAX_PASSES = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class NormalizeConfig:
    """What is made one."""

    fold_width: bool = True
    """Make full-width Latin letters and digits half-width; Chinese punctuation stays as it is."""
    fix_mojibake: bool = True
    """Repair UTF-8 that was once decoded as Latin-1 or Windows-1252."""


def normalize(text: str, config: NormalizeConfig | None = None) -> str:
    """Give `text` in one form; what is in that form already comes back as it is.

    Lone surrogates become U+FFFD, so that every result can be written as UTF-8.
    """
    config = config or NormalizeConfig()
    for _ in range(MAX_PASSES):
        repaired = _repair(text) if config.fix_mojibake else text
        cleaned = _clean(repaired, fold_width=config.fold_width)
        # removing characters can bring together what can be repaired
        if cleaned == text or not (config.fix_mojibake and _is_suspect(cleaned)):
            return cleaned
        text = cleaned
    return text


def _is_suspect(text: str) -> bool:
    return not text.isascii() and SUSPECT.search(text) is not None


def _repair(text: str) -> str:
    if not _is_suspect(text):
        return text
    import ftfy  # slow to load and seldom needed

    lines = text.split("\n")
    for number, line in enumerate(lines):
        if SUSPECT.search(line):
            pieces = (line[start : start + PIECE] for start in range(0, len(line), PIECE))
            lines[number] = "".join(ftfy.fix_encoding(piece) for piece in pieces)
    return "\n".join(lines)


def _clean(text: str, *, fold_width: bool) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _clean_ascii(text) if text.isascii() else _clean_unicode(text, fold_width=fold_width)
    if " \n" in text or "\t\n" in text:
        text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n").rstrip(" \t\n")


def _clean_ascii(text: str) -> str:
    data = text.encode("ascii")
    cleaned = data.translate(None, CONTROLS)
    if b"\v" in cleaned or b"\f" in cleaned:
        cleaned = cleaned.replace(b"\v", b"\n").replace(b"\f", b"\n")
    return text if cleaned == data else cleaned.decode("ascii")


def _clean_unicode(text: str, *, fold_width: bool) -> str:
    codes = characters(text)
    low = codes if codes.max() < TABLE_SIZE else np.minimum(codes, TABLE_SIZE)
    wanted = _table(fold_width).take(low)
    changed = wanted >= 0
    if changed.any():
        codes = np.where(changed, wanted.view(np.uint32), codes)
        text = codes[codes != DROPPED].tobytes().decode("utf-32-le")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        if fold_width or not text.isascii():
            # composition turns a few characters into others of the table, such as U+2000 and U+2126
            return (
                text
                if _is_in_form(text, fold_width)
                else _clean_unicode(text, fold_width=fold_width)
            )
    return text


def _is_in_form(text: str, fold_width: bool) -> bool:
    codes = np.minimum(characters(text), TABLE_SIZE)
    return not (_table(fold_width).take(codes) >= 0).any()


@functools.cache
def _table(fold_width: bool) -> NDArray[np.int32]:
    """What each code point becomes, or -1 where it stays; the last row is for all above."""
    table = np.full(TABLE_SIZE + 1, -1, np.int32)
    table[0xD800:0xE000] = REPLACEMENT
    table[list(CONTROLS)] = DROPPED
    table[0x80:0xA0] = DROPPED
    for chars, becomes in ((LINE_BREAKS, ord("\n")), (SPACES, ord(" ")), (INVISIBLE, DROPPED)):
        table[[ord(char) for char in chars]] = becomes
    if fold_width:
        for char in FULL_WIDTH:
            table[ord(char)] = ord(char) - WIDTH_OFFSET
    return table
