"""Add pieces to a vocabulary from more text; the old ids stay, new ones come behind.

What can be added rightly hangs on the model, see `extend`. The extractor takes `missing_characters`
and `with_pieces`; training anew is `learn`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer as Library

from lexloom.errors import ConfigError, UsageError
from lexloom.tokens.learn import (
    PREFIX,
    SPACE,
    count_characters,
    count_words,
    covered_characters,
)
from lexloom.tokens.tokenizer import Tokenizer
from lexloom.tokens.units import shape_id

_CJK = shape_id("中")

Counts = Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtendConfig:
    """What to add to a vocabulary."""

    coverage: float = 0.9995
    """Share of the new text's characters that shall have an id of their own."""
    num_words: int = 0
    """Most whole words to add, the most frequent of those now cut; for WordPiece only."""
    min_count: int = 2
    """Least count of what is added."""

    def __post_init__(self) -> None:
        if not 0 < self.coverage <= 1:
            raise ConfigError(f"coverage must be above 0 and at most 1, got {self.coverage}")
        if self.num_words < 0:
            raise ConfigError(f"num_words must be 0 or more, got {self.num_words}")
        if self.min_count < 1:
            raise ConfigError(f"min_count must be 1 or more, got {self.min_count}")


def extend(
    tokenizer: Tokenizer, texts: Iterable[str], config: ExtendConfig | None = None
) -> tuple[Tokenizer, list[str]]:
    """Give a tokenizer with more pieces, and those pieces in the order of their ids.

    WordPiece gets characters and whole words, a characters model characters, and a unigram model
    characters with the score of its rarest piece.

    Raises:
        UsageError: If the model is byte-level BPE or one that is not known.
    """
    config = config or ExtendConfig()
    values = json.loads(tokenizer.library.to_str())
    kind = _kind(values["model"])
    if kind not in EXTENDERS:
        raise UsageError(
            f"a {kind} tokenizer cannot be extended: a new piece would change how the old ones "
            "are put together",
            hint="it reads every character already, as bytes; or train a new one",
        )
    if config.num_words and kind != "WordPiece":
        raise UsageError(f"whole words can be added to WordPiece only, not to a {kind} tokenizer")
    library = tokenizer.library
    # of characters nothing splits the text, and of unigram words nothing need
    splitter = library.pre_tokenizer if kind == "WordPiece" else None
    counts = count_words(texts, library.normalizer, splitter)
    characters = count_characters(counts)
    covered = covered_characters(characters, config.coverage)
    covered = [char for char in covered if characters[char] >= config.min_count]
    # ids of added tokens lie behind those of the model, where new pieces would come to lie
    size = library.get_vocab_size(with_added_tokens=False)
    if size != library.get_vocab_size():
        raise UsageError(
            "the tokenizer has added tokens behind its vocabulary, whose ids would have to move",
            hint="train a new one, with the tokens as extra_tokens",
        )
    added = EXTENDERS[kind](values["model"], covered, counts, config)
    return Tokenizer(Library.from_str(json.dumps(values)), roles=tokenizer.roles), added


def _kind(model: Mapping[str, Any]) -> str:
    kind = str(model["type"])
    if kind == "BPE" and not model["merges"] and model["unk_token"]:
        return "characters"
    return "byte-level BPE" if kind == "BPE" else kind


def _extend_wordpiece(
    model: dict[str, Any], covered: Sequence[str], counts: Counts, config: ExtendConfig
) -> list[str]:
    inside = {char for word in counts if len(word) > 1 for char in word}
    pieces = list(covered) + [PREFIX + char for char in covered if char in inside]
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    known = model["vocab"]
    words = [
        word
        for word, count in ranked
        if count >= config.min_count and 1 < len(word) <= model["max_input_chars_per_word"]
    ]
    pieces += [word for word in words if word not in known][: config.num_words]
    return _add(known, pieces)


def _extend_characters(
    model: dict[str, Any], covered: Sequence[str], _counts: Counts, _config: ExtendConfig
) -> list[str]:
    return _add(model["vocab"], covered)


def _add(vocabulary: dict[str, int], pieces: Iterable[str]) -> list[str]:
    added = [piece for piece in dict.fromkeys(pieces) if piece not in vocabulary]
    first = max(vocabulary.values(), default=-1) + 1
    vocabulary.update(zip(added, range(first, first + len(added)), strict=True))
    return added


def _extend_unigram(
    model: dict[str, Any], covered: Sequence[str], _counts: Counts, _config: ExtendConfig
) -> list[str]:
    known = {piece for piece, _ in model["vocab"]}
    # bytes stand for what has no piece, with scores that no text reaches
    real = [score for piece, score in model["vocab"] if not piece.startswith("<0x")]
    spelled = [char.replace(" ", SPACE) for char in covered]
    added = [char for char in dict.fromkeys(spelled) if char not in known]
    model["vocab"] += [[char, min(real, default=0.0)] for char in added]
    return added


EXTENDERS: Mapping[
    str, Callable[[dict[str, Any], Sequence[str], Counts, ExtendConfig], list[str]]
] = {
    "WordPiece": _extend_wordpiece,
    "characters": _extend_characters,
    "Unigram": _extend_unigram,
}
"""Kind of a model -> what adds pieces to it."""


def missing_characters(
    tokenizer: Library, texts: Iterable[str], *, min_count: int = 1
) -> list[str]:
    """Give the Chinese characters of `texts` that the vocabulary lacks, the most frequent first."""
    counts = Counter(char for text in texts for char in text if shape_id(char) == _CJK)
    known = tokenizer.get_vocab()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [char for char, count in ranked if count >= min_count and char not in known]


def with_pieces(tokenizer: Library, pieces: Sequence[str]) -> Library:
    """Give a tokenizer with `pieces` behind its vocabulary; those it has are left out."""
    values = json.loads(tokenizer.to_str())
    vocabulary = values["model"]["vocab"]
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    return Library.from_str(json.dumps(values))
