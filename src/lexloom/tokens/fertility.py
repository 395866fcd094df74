"""How well a tokenizer fits a text: tokens a word and a character, by script, and what is unknown.

Fertility is tokens for each word (Rust et al., 2021, arXiv 2012.15613). Chinese has no spaces, so
its fertility is given for each character.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from lexloom.corpus.sentences import split_sentences
from lexloom.tokens.characters import HAN
from lexloom.tokens.tokenizer import Tokenizer

NUM_LONGEST = 10
CHINESE = re.compile(f"[{HAN}]")
LETTERS = re.compile(r"[^\W\d_]")
LANGUAGES = ("zh", "other", "mixed")


@dataclass(slots=True)
class LanguageCount:
    """What was counted in the sentences of one language."""

    sentences: int = 0
    characters: int = 0
    """Without white space."""
    words: int = 0
    """Runs between white space."""
    tokens: int = 0
    unknown: int = 0
    """Tokens for what the vocabulary lacks."""

    def to_dict(self) -> dict[str, Any]:
        """Give the counts with the ratios they are for."""
        return asdict(self) | {
            "tokens_per_word": _ratio(self.tokens, self.words),
            "tokens_per_character": _ratio(self.tokens, self.characters),
            "unknown_share": _ratio(self.unknown, self.tokens),
        }


@dataclass(slots=True)
class Fertility:
    """How a tokenizer cuts texts."""

    vocab_size: int
    languages: dict[str, LanguageCount] = field(
        default_factory=lambda: {name: LanguageCount() for name in LANGUAGES}
    )
    """``zh`` where Chinese characters are most of the letters, ``other`` where there are none."""
    longest: list[str] = field(default_factory=list)
    """The longest tokens of the vocabulary, as their text."""
    used: set[int] = field(default_factory=set)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        total = LanguageCount()
        for count in self.languages.values():
            for name, value in asdict(count).items():
                setattr(total, name, getattr(total, name) + value)
        return {
            "vocab_size": self.vocab_size,
            "used_share": _ratio(len(self.used), self.vocab_size),
            "all": total.to_dict(),
            "languages": {
                name: count.to_dict() for name, count in self.languages.items() if count.sentences
            },
            "longest_tokens": self.longest,
        }


def _ratio(count: int, whole: int) -> float:
    return count / whole if whole else 0.0


def measure(tokenizer: Tokenizer, texts: Iterable[str]) -> Fertility:
    """Tokenize texts sentence by sentence and count."""
    fertility = Fertility(tokenizer.vocab_size, longest=longest_tokens(tokenizer))
    unknown = tokenizer.unknown_id
    for text in texts:
        sentences = [text[start:end] for start, end in split_sentences(text)]
        encoded = tokenizer.encode_batch(sentences, add_special_tokens=False)
        for sentence, (ids, _) in zip(sentences, encoded, strict=True):
            count = fertility.languages[language(sentence)]
            words = sentence.split()
            count.sentences += 1
            count.words += len(words)
            count.characters += sum(map(len, words))
            count.tokens += len(ids)
            count.unknown += int((ids == unknown).sum()) if unknown is not None else 0
            fertility.used.update(ids.tolist())
    return fertility


def language(text: str) -> str:
    """Say which of `LANGUAGES` a sentence is in, by its letters."""
    chinese = len(CHINESE.findall(text))
    if not chinese:
        return "other"
    return "zh" if 2 * chinese >= len(LETTERS.findall(text)) else "mixed"


def longest_tokens(tokenizer: Tokenizer) -> list[str]:
    """Give the tokens of most characters that are not special, decoded one by one."""
    library = tokenizer.library
    special = set(library.get_added_tokens_decoder())
    ranked = sorted(
        ((id, token) for token, id in library.get_vocab().items() if id not in special),
        key=lambda item: (-len(item[1]), item[0]),
    )
    # the letters of bytes are as many as the bytes, so more are looked at than given
    texts = [library.decode([id]) for id, _ in ranked[: 50 * NUM_LONGEST]]
    return sorted(texts, key=lambda text: -len(text))[:NUM_LONGEST]
