"""Remove from the corpus what a model will later be tested on, by n-grams that both hold.

After GPT-3 (Brown et al., 2020, arXiv:2005.14165), which looked for common runs of 13 words. A run
of Chinese characters must be longer to say as much, so a text's kind decides which length counts.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lexloom.corpus.grams import HAN, KANA, Hashes, Positions, Units, gram_hashes, split_units
from lexloom.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class DecontaminateConfig:
    """What counts as overlap, and what goes."""

    gram_words: int = 13
    """Words of a run that both texts hold."""
    gram_characters: int = 24
    """Chinese characters of such a run."""
    remove: Literal["document", "passage"] = "document"
    """Drop the whole document, or only its lines that overlap."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("gram_words", "gram_characters"):
            if getattr(self, name) < 2:
                raise ConfigError(f"{name} must be at least 2, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The n-grams of the evaluation texts: 8 bytes each, in sorted arrays."""

    grams_by_size: dict[int, Hashes]
    num_texts: int
    num_too_short: int
    """Texts shorter than an n-gram, which cannot be found."""

    def sha256(self) -> str:
        """Give a hash of the n-grams, by which a later run knows them again."""
        digest = hashlib.sha256()
        for size, grams in sorted(self.grams_by_size.items()):
            digest.update(f"{size} {len(grams)} ".encode() + grams.tobytes())
        return digest.hexdigest()

    def overlaps(self, units: Units, config: DecontaminateConfig) -> Positions:
        """Give the number of each unit at which a run begins that an evaluation text holds too."""
        size = _gram_size(units, config)
        known = self.grams_by_size.get(size)
        if known is None or not len(known):
            return np.zeros(0, np.int64)
        grams = gram_hashes(units.hashes, size)
        places = np.searchsorted(known, grams)
        places[places == len(known)] = 0
        return np.flatnonzero(known[places] == grams)


def read_evaluation(texts: Iterable[str], config: DecontaminateConfig) -> Evaluation:
    """Collect the n-grams of evaluation texts."""
    parts: dict[int, list[Hashes]] = {config.gram_words: [], config.gram_characters: []}
    num_texts = num_too_short = 0
    for text in texts:
        num_texts += 1
        units = split_units(text)
        if len(units) < _gram_size(units, config):
            num_too_short += 1
        for size, grams in parts.items():
            grams.append(gram_hashes(units.hashes, size))
    grams_by_size = {
        size: np.unique(np.concatenate([np.zeros(0, np.uint64), *grams]))
        for size, grams in parts.items()
    }
    return Evaluation(grams_by_size, num_texts, num_too_short)


def without_passages(text: str, units: Units, begins: Positions, size: int) -> str:
    """Give the text without each line that a run of `size` units beginning at `begins` touches."""
    firsts = units.starts[begins]
    lasts = units.ends[begins + size - 1] - 1
    lines = text.split("\n")
    ends = np.cumsum([len(line) + 1 for line in lines])
    change = np.zeros(len(lines) + 1, np.int64)
    np.add.at(change, np.searchsorted(ends, firsts, side="right"), 1)
    np.add.at(change, np.searchsorted(ends, lasts, side="right") + 1, -1)
    is_hit = np.cumsum(change[:-1]) > 0
    return "\n".join(line for line, hit in zip(lines, is_hit, strict=True) if not hit)


def passages_removed(
    text: str, units: Units, evaluation: Evaluation, config: DecontaminateConfig
) -> str | None:
    """Give what is left of a text, or None where nothing overlaps; empty if the document goes."""
    begins = evaluation.overlaps(units, config)
    if not len(begins):
        return None
    if config.remove == "document":
        return ""
    return without_passages(text, units, begins, _gram_size(units, config)).strip("\n")


def _gram_size(units: Units, config: DecontaminateConfig) -> int:
    return config.gram_characters if units.share(HAN, KANA) > 0.5 else config.gram_words
