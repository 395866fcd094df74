"""Where a string stands in a text: for sets that name mentions by their words, without offsets.

`annotations.triples` aligns whole triples with it.
"""

from collections.abc import Sequence

MAX_OCCURRENCES = 64
"""Places of one string that are looked at; a string that stands more often names nothing."""


def occurrences(text: str, string: str) -> list[int]:
    """Give the starts of `string` in `text`, in order, at most `MAX_OCCURRENCES`.

    Where it stands as whole words, places inside of longer words are left out.
    """
    if not string:
        return []
    inside: list[int] = []
    whole: list[int] = []
    start = text.find(string)
    while start >= 0 and len(whole) < MAX_OCCURRENCES:
        if not is_inside_word(text, start, start + len(string)):
            whole.append(start)
        elif len(inside) < MAX_OCCURRENCES:
            inside.append(start)
        start = text.find(string, start + 1)
    return whole or inside


def is_inside_word(text: str, start: int, end: int) -> bool:
    """Say whether a border of ``text[start:end]`` parts letters or digits of one word."""
    return _joins(text, start) or _joins(text, end)


def _joins(text: str, border: int) -> bool:
    if not 0 < border < len(text):
        return False
    before, behind = text[border - 1], text[border]
    # Chinese and Japanese write no spaces, so that only other scripts have words to cut
    return _is_of_word(before) and _is_of_word(behind)


def _is_of_word(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def nearest(text: str, string: str, place: int, within: int) -> int | None:
    """Give the start of `string` that is nearest to `place`, no further off than `within`.

    Of two that are equally near, the first.
    """
    start = text.find(string, max(0, place - within), place + within + len(string))
    best: int | None = None
    while string and start >= 0:
        if best is None or abs(start - place) < abs(best - place):
            best = start
        start = text.find(string, start + 1, place + within + len(string))
    return best


def nearest_pair(
    heads: Sequence[int], tails: Sequence[int], lengths: tuple[int, int]
) -> tuple[int, int]:
    """Give the starts of a head and a tail that lie nearest to each other.

    Pairs that do not overlap go before those that do; of two that are equally near, the first.

    Args:
        heads: Starts of one string, at least one.
        tails: Starts of the other.
        lengths: Lengths of the two strings.
    """

    def cost(pair: tuple[int, int]) -> tuple[bool, int, tuple[int, int]]:
        gap = max(pair[1] - pair[0] - lengths[0], pair[0] - pair[1] - lengths[1])
        return gap < 0, abs(gap), pair

    return min(((head, tail) for head in heads for tail in tails), key=cost)
