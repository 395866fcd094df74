"""Bytes to text: which of UTF-8, UTF-16 and GB18030 a file is in, or an error.

A wrong guess would give facts about characters that nobody wrote, so the text must decode without
an error, and where an encoding accepts almost any bytes, look like text in it. `corpus.read` finds
the files.
"""

import codecs
import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from lexloom.errors import InputError

CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 16
BOM = "\ufeff"
GB18030_BOM = b"\x84\x31\x95\x33"
UTF_32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# all of C0 but tab, line feed, vertical tab, form feed, carriage return and escape; and DEL
CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x1b") + b"\x7f"
HINT = "convert it to UTF-8; lexloom reads UTF-8, UTF-16 and GB18030"

HIGH_BYTE = re.compile(rb"[\x80-\xff]")
MULTI_BYTE = re.compile(rb"[\x81-\xfe](?:[\x30-\x39][\x81-\xfe][\x30-\x39]|[\x40-\x7e\x80-\xfe])")
COMMON_HANZI = range(0xB0, 0xD8)
"""Lead bytes of the 3,755 common characters of GB 2312, its first level."""
SYMBOLS = frozenset([0xA1, 0xA2, 0xA3])
"""Lead bytes of its punctuation, numerals and full-width letters."""
KANA = frozenset([0xA4, 0xA5])
HANGUL = range(0xB0, 0xC9)
"""Lead bytes that hold all Hangul of EUC-KR; Chinese uses as many beyond them."""
MIN_COMMON_SHARE = 0.7
MAX_KANA_SHARE = 0.1
MIN_HANZI_TO_TELL_KOREAN = 20
MAX_HANGUL_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding that it was in."""

    text: str
    encoding: str
    """One of utf-8, utf-16-le, utf-16-be, gb18030."""


def decode(data: bytes, *, name: str = "the input") -> Decoded:
    """Decode a whole file; line breaks stay as they are, a byte order mark is not text.

    Args:
        data: The file's bytes.
        name: What errors call the file.

    Raises:
        InputError: If the bytes are no text, or not clearly in one of the encodings.
    """
    if data.startswith(UTF_32_BOMS):
        raise InputError(f"{name} is in UTF-32, which is not read", hint=HINT)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_marked_utf_16(data, name)
    if b"\0" in data:
        return _decode_unmarked_utf_16(data, name)
    if _has_many_controls(data):
        raise InputError(
            f"{name} is binary, not text: it is full of control characters",
            hint="give a text file",
        )
    return _decode_utf_8_or_gb18030(data, name)


def decode_further(data: bytes, encoding: str, *, name: str = "the input") -> str:
    """Decode a later part of a file whose encoding `decode` found in an earlier one.

    Raises:
        InputError: If the bytes are no text in that encoding.
    """
    if b"\0" not in data and not _has_many_controls(data):
        with contextlib.suppress(UnicodeDecodeError):
            return _text(data, encoding)
    raise InputError(
        f"{name} begins in {encoding} and does not go on so",
        hint="it may be damaged, or put together from files in several encodings",
    )


def _text(data: bytes, encoding: str) -> str:
    """Decode strictly, chunk by chunk: the codecs reserve several times a whole file's size."""
    text = "".join(_chunks(data, encoding))
    return text.removeprefix(BOM)


def _chunks(data: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    view = memoryview(data)
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = view[start : start + CHUNK_BYTES]
        yield decoder.decode(chunk, final=start + CHUNK_BYTES >= len(data))


def _has_many_controls(data: bytes) -> bool:
    count = 0
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = data[start : start + CHUNK_BYTES]
        count += len(chunk) - len(chunk.translate(None, CONTROLS))
    return count > 1 + len(data) // 100


def _decode_marked_utf_16(data: bytes, name: str) -> Decoded:
    encoding = "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    try:
        text = _text(data, encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} begins like UTF-16 but is not valid UTF-16", hint="it may be cut off; " + HINT
        ) from error
    if "\0" in text:
        raise InputError(f"{name} is binary, not text: it holds NUL characters", hint=HINT)
    return Decoded(text, encoding)


def _decode_unmarked_utf_16(data: bytes, name: str) -> Decoded:
    """Decode bytes that hold NULs: UTF-16 where they stand as in its ASCII characters, or nothing.

    Chinese text holds ASCII characters too, for its line breaks and digits.
    """
    sample = data[:SAMPLE_BYTES]
    num_even, num_odd = sample[::2].count(0), sample[1::2].count(0)
    encoding = "utf-16-le" if num_odd > num_even else "utf-16-be"
    if max(num_even, num_odd) > 2 * min(num_even, num_odd):
        try:
            text = _text(data, encoding)
        except UnicodeDecodeError:
            text = "\0"
        if all(_is_text(char) for char in set(text)):
            return Decoded(text, encoding)
    raise InputError(
        f"{name} is binary, not text: it holds NUL bytes",
        hint="give a text file; UTF-16 is read best with a byte order mark",
    )


def _is_text(char: str) -> bool:
    return char in "\t\n\v\f\r" or unicodedata.category(char) not in ("Cc", "Cn", "Co", "Cs")


def _decode_utf_8_or_gb18030(data: bytes, name: str) -> Decoded:
    try:
        return Decoded(_text(data, "utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        is_cut_off = error.reason == "unexpected end of data"
    if is_cut_off and HIGH_BYTE.search(data, 0, len(data) - 3):
        raise InputError(
            f"{name} ends in the middle of a UTF-8 character",
            hint="it seems to be cut off; copy it again",
        )
    if _looks_like_chinese(data):
        with contextlib.suppress(UnicodeDecodeError):
            return Decoded(_text(data, "gb18030"), "gb18030")
    raise InputError(f"{name} is not clearly text in a known encoding", hint=HINT)


def _looks_like_chinese(data: bytes) -> bool:
    """Whether bytes read as GB18030 are mostly common characters, and not Japanese or Korean.

    Latin-1, Big5 and Shift JIS often decode as GB18030 too, but into rare characters; the EUC
    encodings of Japanese and Korean into common ones, though not as Chinese mixes them.
    """
    if data.startswith(GB18030_BOM):
        return True
    pairs = [pair for pair in _sampled_characters(data) if len(pair) == 2]
    leads = [lead for lead, trail in pairs if trail >= 0xA1]
    num_hanzi = sum(lead in COMMON_HANZI for lead in leads)
    num_common = num_hanzi + sum(lead in SYMBOLS for lead in leads)
    num_kana = sum(lead in KANA for lead in leads)
    num_hangul = sum(lead in HANGUL for lead in leads)
    if not num_hanzi or num_common < MIN_COMMON_SHARE * len(pairs):
        return False
    if num_kana > MAX_KANA_SHARE * len(pairs):
        return False
    return not (num_hanzi >= MIN_HANZI_TO_TELL_KOREAN and num_hangul > MAX_HANGUL_SHARE * num_hanzi)


def _sampled_characters(data: bytes) -> list[bytes]:
    """Give the multi-byte characters of a stretch from the first of them on."""
    first = HIGH_BYTE.search(data)
    start = first.start() if first else len(data)
    return MULTI_BYTE.findall(data, start, start + SAMPLE_BYTES)
