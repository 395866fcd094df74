"""Learn which neighbouring symbols to merge, for byte-pair encoding and WordPiece alike.

The counting and merging is the `tokenizers` library's (Sennrich et al., 2016, arXiv 1508.07909).
Left to itself the library breaks ties by the order of a hash table, so that a WordPiece vocabulary
differs from run to run. Here every symbol has one code point of its own, in sorted order, which
makes the ties, and so the merges, a function of the counts.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer as Library
from tokenizers import models, pre_tokenizers, trainers

FIRST_CODE = 0x20000
"""Code points from here on hold no white space, at which the words of the trainer are split."""
MAX_SYMBOLS = 0x10FFFF - FIRST_CODE
MAX_REPEATS = 4096
"""How often a word stands in one string for the trainer, which takes no counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeLimits:
    """How far merging goes."""

    num_pieces: int
    """Most pieces to make, beside the symbols."""
    min_count: int
    """Least number of times that a pair stands in the text."""
    max_piece_length: int
    """Most symbols of a piece."""


def learn_merges(
    counts: Mapping[str, int],
    spell: Callable[[str], Sequence[str]],
    alphabet: Iterable[str],
    limits: MergeLimits,
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give the pairs to merge, the most frequent first, each side as the symbols it is made of.

    Args:
        counts: How often each word stands in the text.
        spell: Gives the symbols of a word.
        alphabet: The symbols; a word with another one teaches nothing.
        limits: How far to go.
    """
    symbols = sorted(set(alphabet))
    if len(symbols) > MAX_SYMBOLS:
        raise ValueError(f"more than {MAX_SYMBOLS} symbols")
    if limits.num_pieces <= 0:
        return []
    codes = {symbol: chr(FIRST_CODE + number) for number, symbol in enumerate(symbols)}
    learner = Library(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=len(symbols) + limits.num_pieces,
        min_frequency=limits.min_count,
        max_token_length=limits.max_piece_length,
        initial_alphabet=list(codes.values()),
        limit_alphabet=len(symbols),
        show_progress=False,
    )
    learner.train_from_iterator(_repeated(counts, spell, codes), trainer)
    merges = json.loads(learner.to_str())["model"]["merges"]
    return [(_symbols(left, symbols), _symbols(right, symbols)) for left, right in merges]


def _repeated(
    counts: Mapping[str, int], spell: Callable[[str], Sequence[str]], codes: Mapping[str, str]
) -> Iterator[str]:
    for word, count in counts.items():
        spelled = spell(word)
        if len(spelled) < 2 or any(symbol not in codes for symbol in spelled):
            continue
        coded = "".join(codes[symbol] for symbol in spelled) + " "
        while count > 0:
            yield coded * min(count, MAX_REPEATS)
            count -= MAX_REPEATS


def _symbols(coded: str, symbols: Sequence[str]) -> tuple[str, ...]:
    return tuple(symbols[ord(code) - FIRST_CODE] for code in coded)
