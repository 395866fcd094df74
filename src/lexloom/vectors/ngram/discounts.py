"""How much to take off a count, estimated from counts of counts: how many n-grams are seen r times.

Each function gives what it found, and whether the counts of counts allowed no estimate, as with
little or artificial text, so that a fixed value was taken.
"""

import numpy as np

from lexloom.vectors.ngram.counts import Counts

FALLBACK_ABSOLUTE = 0.5
FALLBACK_KNESER_NEY = (0.5, 1.0, 1.5)
"""What ``lmplz`` falls back on when asked to."""
MAX_SMALL_COUNT = 5
"""Larger counts are held to be right as they are (Katz, 1987)."""


def counts_of_counts(counts: Counts, highest: int) -> list[int]:
    """Give how many n-grams are seen 0, 1 ... `highest` times."""
    found = np.bincount(np.minimum(counts, highest + 1), minlength=highest + 2)
    return [int(number) for number in found[:-1]]


def absolute_discount(counts: Counts) -> tuple[float, bool]:
    """``n1 / (n1 + 2 n2)`` (Ney, Essen and Kneser, 1994)."""
    _, once, twice = counts_of_counts(counts, 2)
    if not once or not twice:
        return FALLBACK_ABSOLUTE, True
    return once / (once + 2 * twice), False


def kneser_ney_discounts(counts: Counts) -> tuple[tuple[float, ...], bool]:
    """``r - (r + 1) Y n[r+1] / n[r]`` for r = 1, 2 and 3 or more, ``Y = n1 / (n1 + 2 n2)``.

    Chen and Goodman, 1999, equation 26; refused where kenlm refuses them.
    """
    number = counts_of_counts(counts, 4)
    if not all(number[1:4]):
        return FALLBACK_KNESER_NEY, True
    y = number[1] / (number[1] + 2 * number[2])
    found = tuple(r - (r + 1) * y * number[r + 1] / number[r] for r in (1, 2, 3))
    if not all(0 <= discount <= r for r, discount in enumerate(found, start=1)):
        return FALLBACK_KNESER_NEY, True
    return found, False


def good_turing_ratios(counts: Counts) -> tuple[tuple[float, ...], bool]:
    """Give the ratio that each of the counts 1, 2 ... is multiplied with (Katz, 1987, equation 5).

    ``d(r) = (r*/r - a) / (1 - a)``, ``r* = (r + 1) n[r+1] / n[r]``, ``a = (k + 1) n[k+1] / n1``,
    with the largest k up to `MAX_SMALL_COUNT` whose ratios all lie between 0 and 1.
    """
    number = counts_of_counts(counts, MAX_SMALL_COUNT + 1)
    for k in range(MAX_SMALL_COUNT, 1, -1):  # with k = 1 the ratio is always 0
        if not all(number[1 : k + 2]):
            continue
        a = (k + 1) * number[k + 1] / number[1]
        if a == 1:
            continue
        better = [(r + 1) * number[r + 1] / (r * number[r]) for r in range(1, k + 1)]
        ratios = tuple((ratio - a) / (1 - a) for ratio in better)
        if all(0 < ratio <= 1 for ratio in ratios):
            return ratios, False
    return (), True
