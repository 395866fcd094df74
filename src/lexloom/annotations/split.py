"""Parts of a set of documents, such as train and dev: the same on every machine and in every order.

Documents with one text go to one part, so that no part holds a text of another.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from lexloom.annotations.document import AnnotatedDocument
from lexloom.errors import UsageError
from lexloom.records import text_sha256
from lexloom.seeds import derive

T = TypeVar("T")


def split(
    documents: Iterable[AnnotatedDocument], shares: Mapping[str, float], *, seed: int = 0
) -> dict[str, list[AnnotatedDocument]]:
    """Part documents at random by the hash of their text.

    Args:
        documents: All of them; they are held in memory.
        shares: Share of each part by its name, positive and summing to 1.
        seed: Another seed gives another split.

    Returns:
        The documents of each part in their old order. The distinct texts of a part are as many as
        its share says, rounded.

    Raises:
        UsageError: If the shares are not positive or do not sum to 1.
    """
    _check_shares(shares)
    texts = [(document, text_sha256(document.text)) for document in documents]
    ranked = sorted({text for _, text in texts}, key=lambda text: (derive(seed, text), text))
    part_of: dict[str, str] = {}
    begin, total = 0, Fraction(0)
    for name, share in shares.items():
        total += Fraction(share)
        end = min(len(ranked), math.floor(total * len(ranked) + Fraction(1, 2)))
        part_of |= dict.fromkeys(ranked[begin:end], name)
        begin = end
    last = list(shares)[-1]
    parts: dict[str, list[AnnotatedDocument]] = {name: [] for name in shares}
    for document, text in texts:
        parts[part_of.get(text, last)].append(document)
    return parts


def _check_shares(shares: Mapping[str, float]) -> None:
    total = math.fsum(shares.values())
    if not shares or not min(shares.values()) > 0 or not math.isclose(total, 1):
        given = ", ".join(f"{name}={share}" for name, share in shares.items()) or "none"
        raise UsageError(
            f"the shares of the parts must be positive and sum to 1, got {given}",
            hint="give for instance train=0.9 dev=0.1",
        )


def hold_out(
    items: Sequence[T],
    share: float,
    *,
    content: Callable[[T], str],
    labels: Callable[[T], Collection[str]],
    seed: int = 0,
) -> tuple[list[T], list[T]]:
    """Part items at random by the hash of their content into those to keep and those held out.

    Items of equal content stay together. One with a label that no kept item has is kept, for what
    was never seen cannot be learnt.

    Args:
        items: All of them.
        share: Share of the different contents that is held out.
        content: Gives what an item says.
        labels: Gives the labels of an item.
        seed: Another seed gives another split.
    """
    keys = [text_sha256(content(item)) for item in items]
    ranked = sorted(set(keys), key=lambda key: (derive(seed, key), key))
    held = set(ranked[: round(share * len(ranked))])
    seen = {
        label for item, key in zip(items, keys, strict=True) if key not in held
        for label in labels(item)
    }  # fmt: skip
    held -= {
        key for item, key in zip(items, keys, strict=True) if not seen.issuperset(labels(item))
    }
    parts: tuple[list[T], list[T]] = ([], [])
    for item, key in zip(items, keys, strict=True):
        parts[key in held].append(item)
    return parts
