"""The words that are spelled most like another, for hints about words that are unknown."""

import difflib
from collections import Counter
from collections.abc import Sequence

MAX_COMPARED = 200
MIN_LIKENESS = 0.6
MAX_LENGTH = 50
"""Nothing is like a longer word."""


def nearest_spellings(word: str, known: Sequence[str], count: int = 3) -> list[str]:
    """Give the known words spelled most like a word, the earlier first among equals."""
    if not word or len(word) > MAX_LENGTH:
        return []
    folded = word.casefold()
    pairs = Counter(_pairs(folded))
    close: list[tuple[float, int]] = []
    for place, other in enumerate(known):
        if abs(len(other) - len(word)) > 1 + len(word) // 4:
            continue
        shared = sum(pair in pairs for pair in _pairs(other.casefold()))
        if shared:
            close.append((-shared / (len(other) + 1), place))
    close.sort()
    likeness = [
        (difflib.SequenceMatcher(None, folded, known[place].casefold()).ratio(), -place)
        for _, place in close[:MAX_COMPARED]
    ]
    best = sorted((pair for pair in likeness if pair[0] >= MIN_LIKENESS), reverse=True)
    return [known[-place] for _, place in best[:count]]


def _pairs(word: str) -> list[str]:
    framed = f"\0{word}\0"
    return [framed[at : at + 2] for at in range(len(framed) - 1)]
