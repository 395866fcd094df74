"""The corpus of ``benchmarks/word_vectors.py``: English text cut into sentences and words."""

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lexloom.corpus.sentences import split_sentences

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def texts(data: Path) -> Iterator[str]:
    """Give the texts of the corpus."""
    with tarfile.open(data / "litbank_novels" / "original_novels.tar.gz") as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            stream = tar.extractfile(member) if member.name.endswith(".txt") else None
            if stream:
                yield stream.read().decode("utf-8", "replace")
    for name in ("brown", "abc", "state_union"):
        with zipfile.ZipFile(data / "english_text" / f"{name}.zip") as archive:
            for entry in sorted(archive.namelist()):
                if re.fullmatch(r"[^.]*/(c[a-r]\d\d|[^/]*\.txt)", entry) and "README" not in entry:
                    text = archive.read(entry).decode("utf-8", "replace")
                    # Brown has the part of speech behind each word
                    yield re.sub(r"/[^\s/]+(?=\s|$)", "", text) if name == "brown" else text


def write_corpus(data: Path, path: Path, max_words: int) -> int:
    """Write sentences of lower-case words, one a line; give the number of words."""
    num_words = 0
    with path.open("w", encoding="utf-8") as stream:
        for text in texts(data):
            for start, end in split_sentences(text):
                words = WORD.findall(text[start:end].lower())
                if words:
                    stream.write(" ".join(words) + "\n")
                    num_words += len(words)
            if num_words >= max_words:
                break
    return num_words
