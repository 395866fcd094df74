"""Real text for benchmarks, from the data folder: English novels and Chinese statutes."""

import random
import tarfile
from collections.abc import Iterator
from itertools import islice

from figures import data_folder
from lexloom.corpus.sentences import split_sentences

ARCHIVES = {
    "en": ("litbank_novels/original_novels.tar.gz", ".txt"),
    "zh": ("zh_laws/laws_md.tar.gz", ".md"),
}
MAX_SENTENCES_A_TEXT = 100


def texts(language: str) -> Iterator[str]:
    """Give the texts of a language in the archive's order."""
    name, suffix = ARCHIVES[language]
    with tarfile.open(data_folder() / name) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(suffix) else None
            if stream is not None:
                yield stream.read().decode("utf-8", "replace")


def passage(language: str, num_characters: int) -> str:
    """Give so many characters of running text."""
    pieces: list[str] = []
    missing = num_characters
    for text in texts(language):
        pieces.append(text[:missing])
        missing -= len(pieces[-1])
        if not missing:
            break
    return "".join(pieces)


def english_sentences(count: int, *, min_words: int, max_words: int, seed: int = 0) -> list[str]:
    """Give sentences of a length, drawn from all novels, each on one line."""
    found: list[str] = []
    for text in texts("en"):
        sentences = (" ".join(text[start:end].split()) for start, end in split_sentences(text))
        fitting = (s for s in sentences if min_words <= len(s.split()) <= max_words)
        found += islice(fitting, MAX_SENTENCES_A_TEXT)
    return random.Random(seed).sample(found, count)
