"""Text as it may be shown, and values as JSON may hold them.

Nothing in a text that is shown steers a terminal, or turns the order of what is read.
"""

import math
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Part of words and of emoji, and harmless."""


def printable(text: str) -> str:
    """Give text on one line: each white space a space, and in place of what is no glyph a mark.

    Such are control characters, those that turn the direction of writing, and lone surrogates.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char.isprintable() or char in JOINERS:
        return char
    return " " if char.isspace() else REPLACEMENT


def finite(value: Any) -> Any:
    """Give plain values with None for every number that JSON has not: NaN and the infinities."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
