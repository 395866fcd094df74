"""Add pieces to a WordPiece vocabulary; the old ids stay."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer

from lexloom.tokens.units import shape_id

_CJK = shape_id("中")


def missing_characters(
    tokenizer: Tokenizer, texts: Iterable[str], *, min_count: int = 1
) -> list[str]:
    """Give the Chinese characters of `texts` that the vocabulary lacks, the most frequent first."""
    counts = Counter(char for text in texts for char in text if shape_id(char) == _CJK)
    known = tokenizer.get_vocab()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [char for char, count in ranked if count >= min_count and char not in known]


def with_pieces(tokenizer: Tokenizer, pieces: Sequence[str]) -> Tokenizer:
    """Give a tokenizer with `pieces` behind its vocabulary; those it has are left out."""
    values = json.loads(tokenizer.to_str())
    vocabulary = values["model"]["vocab"]
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    return Tokenizer.from_str(json.dumps(values))
