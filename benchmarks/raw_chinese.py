"""Raw Chinese text of the data folder, and word vectors that are learnt from it.

Of every file the lines with Chinese in them are taken, whatever its format; a quotation mark ends a
line, so that the strings of JSON come by themselves.
"""

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import rjieba

from figures import progress
from lexloom.tokens.word_features import bigrams, plain
from lexloom.vectors.corpus import RECORD, CorpusConfig, EncodedCorpus, encode_texts
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.vocabulary import VocabularyConfig
from lexloom.vectors.word2vec import Word2VecConfig
from lexloom.vectors.word2vec_run import train
from lexloom.vectors.words import WordsConfig

FILES = (
    "zh_laws/laws_md.tar.gz",
    "instruct_alpaca_chinese.tar.gz",
    "kdconv_zh.tar.gz",
    "zh_sentence_pair.tar.gz",
    "cmrc2018/cmrc2018_dev.json",
    "cmrc2018/cmrc2018_trial.json",
    "cluener/train.json",
    "duie/train_data_5000.json",
    "deepke_zh_ae/train.csv",
    "fewfc_zh/rearranged/train_base.json",
)
LINE_ENDS = re.compile(r'[\n"]')
CHINESE = re.compile("[\u4e00-\u9fff]{2}")
LINES_AT_ONCE = 1_000


def raw_lines(folder: Path, max_characters: int) -> Iterator[str]:
    """Give the lines of the raw text, so many characters of each file that none drowns another."""
    for name in FILES:
        left = max_characters
        for line in _lines(folder / name):
            yield line
            left -= len(line)
            if left <= 0:
                break


def _lines(path: Path) -> Iterator[str]:
    for text in _texts(path):
        for line in LINE_ENDS.split(text):
            if CHINESE.search(line):
                yield plain(line)


def _texts(path: Path) -> Iterator[str]:
    if path.suffix != ".gz":
        yield path.read_text(encoding="utf-8")
        return
    with tarfile.open(path) as archive:
        for member in archive:  # in its own order: to go back is to unpack from the beginning
            stream = archive.extractfile(member)
            if stream is not None:
                yield stream.read().decode("utf-8", "replace")


def characters_of(line: str) -> list[str]:
    """Give the characters of a line as a row of a data set has them."""
    return [char for char in line if not char.isspace()]


def pairs_of(line: str) -> list[str]:
    """Give the pairs of neighbouring characters."""
    return [pair for pair in bigrams(characters_of(line)) if pair]


def words_of(line: str) -> list[str]:
    """Give the words that rjieba cuts."""
    return [word for word in rjieba.cut(line) if not word.isspace()]


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(lines)
    while block := list(islice(rest, LINES_AT_ONCE)):
        yield block


KINDS: dict[str, tuple[Callable[[str], list[str]], VocabularyConfig]] = {
    "characters": (characters_of, VocabularyConfig(min_count=2)),
    "pairs": (pairs_of, VocabularyConfig(min_count=3, max_words=150_000)),
    "words": (words_of, VocabularyConfig(min_count=2, max_words=200_000)),
}


def learn_vectors(
    kind: str, lines: Callable[[], Iterable[str]], out: Path, config: Word2VecConfig
) -> WordVectors:
    """Learn the vectors of a kind in the folder `out`, or go on there, or open what is there."""
    cut, vocabulary = KINDS[kind]
    if (out / "corpus" / RECORD).exists():
        corpus = EncodedCorpus.open(out / "corpus")
    else:
        # what was cut is written with spaces, for so it is counted fastest
        texts = ("\n".join(" ".join(cut(line)) for line in part) for part in _blocks(lines()))
        settings = CorpusConfig(words=WordsConfig(split="spaces"), vocabulary=vocabulary)
        corpus = encode_texts(texts, out / "corpus", settings)
    for _ in train(corpus, config, out):
        pass
    vectors = WordVectors.load(out)
    progress(f"{kind}: {len(vectors):,} vectors from {corpus.record.num_words:,} in the raw text")
    return vectors
