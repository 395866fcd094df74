"""The words of a text for formats that need tokens, and what stands between tokens in a text.

These are not what a model reads; its tokenizer decides that.
"""

import unicodedata
from collections.abc import Collection, Iterable
from functools import cache


def word_spans(text: str, borders: Collection[int] = ()) -> list[tuple[int, int]]:
    """Give the offsets of the words of `text`.

    White space parts words, a Chinese or Japanese character is a word of its own, and a word is
    cut at each of `borders`, so that a span with those borders is made of whole words.
    """
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for position, char in enumerate(text):
        alone = _is_spaceless(char)
        if start is not None and (alone or char.isspace() or position in borders):
            spans.append((start, position))
            start = None
        if alone:
            spans.append((position, position + 1))
        elif start is None and not char.isspace():
            start = position
    if start is not None:
        spans.append((start, len(text)))
    return spans


def guess_joiner(sentences: Iterable[Iterable[str]]) -> str:
    """Give what stands between tokens: nothing where most words are Chinese or Japanese.

    Words without a letter, such as numbers, do not count. Elsewhere it is a space.
    """
    balance = 0
    for token in (token for tokens in sentences for token in tokens):
        if any(_is_spaceless(char) for char in token):
            balance += 1
        elif any(char.isalpha() for char in token):
            balance -= 1
    return "" if balance > 0 else " "


@cache
def _is_spaceless(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("CJK ", "HIRAGANA ", "KATAKANA "))
