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
    words: Sequence[bytes], counts: NDArray[np.int64], config: VocabularyConfig
) -> Numbering:
    """Choose the words that are kept and put them in order.

    Raises:
        InputError: If fewer than two are left.
    """
    if len(words) < 2:
        raise InputError(
            f"the corpus has {len(words)} different words, too few to learn from",
            hint="give more text, or another --split",
        )
    kept = np.flatnonzero(counts >= config.min_count).tolist()
    if len(kept) < 2:
        raise InputError(
            f"of {len(words):,} words {len(kept)} came {config.min_count} times or more,"
            " too few to learn from",
            hint="lower --min-count, or give more text",
        )
    many = counts.tolist()
    kept.sort(key=lambda number: (-many[number], words[number]))
    kept = kept[: config.max_words]
    new_ids = np.full(len(words), -1, np.int64)
    new_ids[kept] = np.arange(len(kept))
    vocabulary = Vocabulary([words[number].decode("utf-8") for number in kept], counts[kept])
    return Numbering(vocabulary, new_ids)
