"""The texts that ``benchmarks/word_vectors.py`` learns from and the sets that it scores by.

English are novels, Brown, ABC news and the State of the Union; Chinese are laws, cut into words by
rjieba.
"""

import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lexloom.corpus.sentences import split_sentences
from lexloom.vectors.words import segment

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SETS = {
    "en": (
        "word_eval_en/EN-WS-353-ALL.txt",
        "word_eval_en/EN-SIMLEX-999.txt",
        "word_eval_en/EN-MEN-TR-3k.txt",
        "word_eval_en/questions-words.txt",
    ),
    "zh": (
        "word_eval_zh/240.txt",
        "word_eval_zh/297.txt",
        "word_eval_zh/CA8/morphological.txt",
        "word_eval_zh/CA8/semantic.txt",
    ),
}
"""By language."""


def _chinese(data: Path) -> Iterator[str]:
    with tarfile.open(data / "zh_laws" / "laws_md.tar.gz") as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            stream = tar.extractfile(member) if member.name.endswith(".md") else None
            if stream:
                # without `segment` the words of a Chinese sentence are one
                yield segment(stream.read().decode("utf-8", "replace"))


def _english(data: Path) -> Iterator[str]:
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


def write_corpus(data: Path, path: Path, max_words: int, language: str = "en") -> int:
    """Write sentences of lower-case words, one a line; give the number of words."""
    texts = {"en": _english, "zh": _chinese}[language]
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
