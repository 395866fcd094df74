"""The words that have vectors: which, in what order, and how often each came."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import write_json
from lexloom.errors import ArtifactError, ConfigError, InputError

FILE_NAME = "vocabulary.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class VocabularyConfig:
    """Which words are kept."""

    min_count: int = 5
    """Words that came less often are left out."""
    max_words: int | None = None
    """At most so many are kept, the most frequent; None keeps all."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.min_count < 1:
            raise ConfigError(f"min_count must be at least 1, got {self.min_count}")
        if self.max_words is not None and self.max_words < 1:
            raise ConfigError(f"max_words must be at least 1, got {self.max_words}")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """V words with their counts, the most frequent first, and by their bytes where counts tie."""

    words: list[str]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.words)

    def save(self, folder: Path) -> None:
        """Write the words and counts into a folder."""
        write_json(folder / FILE_NAME, {"words": self.words, "counts": self.counts.tolist()})

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read what `save` wrote.

        Raises:
            ArtifactError: If the file is missing or damaged.
        """
        path = folder / FILE_NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            words, counts = values["words"], np.array(values["counts"], np.int64)
        except OSError as error:
            raise ArtifactError(
                f"{folder} has no {FILE_NAME}", hint="give a folder of `lexloom vectors train`"
            ) from error
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise ArtifactError(f"{path} is damaged", hint="train the vectors again") from error
        if len(words) != len(counts) or not all(isinstance(word, str) for word in words):
            raise ArtifactError(f"{path} is damaged", hint="train the vectors again")
        return cls(words, counts)


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the numbers of counted words become those of a vocabulary."""

    vocabulary: Vocabulary
    new_ids: NDArray[np.int64]
    """The place of each counted word in the vocabulary, -1 where it was left out."""


def choose(
    words: Sequence[bytes],
    counts: NDArray[np.int64],
    config: VocabularyConfig,
    known: Vocabulary | None = None,
) -> Numbering:
    """Choose the words that are kept and put them in order.

    Args:
        words: The words that were counted.
        counts: How often each came.
        config: Which of them are kept.
        known: A vocabulary whose words all stay, its counts being added; the limits are for the
            words that are new.

    Raises:
        InputError: If fewer than two are left.
    """
    old = dict(zip((w.encode("utf-8") for w in known.words), known.counts.tolist(), strict=True)
               if known else ())  # fmt: skip
    many = dict(zip(words, counts.tolist(), strict=True))
    new = [word for word in words if word not in old and many[word] >= config.min_count]
    new.sort(key=lambda word: (-many[word], word))
    totals = old | {word: many[word] for word in new[: config.max_words]}
    for word in old.keys() & many.keys():
        totals[word] += many[word]
    _check(len(words), len(totals), config)
    kept = sorted(totals, key=lambda word: (-totals[word], word))
    places = {word: place for place, word in enumerate(kept)}
    vocabulary = Vocabulary(
        [word.decode("utf-8") for word in kept],
        np.array([totals[word] for word in kept], np.int64),
    )
    return Numbering(vocabulary, np.array([places.get(word, -1) for word in words], np.int64))


def _check(num_words: int, num_kept: int, config: VocabularyConfig) -> None:
    if num_words < 2 and num_kept < 2:
        raise InputError(
            f"the corpus has {'one word alone' if num_words else 'no words'},"
            " too few to learn from",
            hint="give more text, or another --split",
        )
    if num_kept == config.max_words == 1:
        raise InputError(
            "max_words 1 keeps one word, too few to learn from", hint="raise max_words"
        )
    if num_kept < 2:
        raise InputError(
            f"of {num_words:,} words {num_kept} came {config.min_count} times or more,"
            " too few to learn from",
            hint="lower --min-count, or give more text",
        )
