"""A corpus to learn vectors from: read once, counted, and kept as numbers in memory-mapped files.

`vectors.words` says what a word is, `vectors.vocabulary` which words are kept. Training never reads
the text again, so a corpus cannot change between its passes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import sealed_directory, verify_directory, write_json
from lexloom.config import from_mapping, read_table, to_mapping
from lexloom.errors import ArtifactError
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.nn.kernels.words import Counter, counter
from lexloom.vectors.counting import (
    Merged,
    Piece,
    WordSource,
    count_pieces,
    default_threads,
    merged,
)
from lexloom.vectors.phrases import CountedWords, PhrasesConfig, join_phrases
from lexloom.vectors.vocabulary import Vocabulary, VocabularyConfig, choose
from lexloom.vectors.words import WordsConfig, character_table, segment

RECORD = "corpus.json"
SHARD_IDS = 1 << 26
"""Numbers of one file, about."""
PIECE_CHARACTERS = 1 << 20
"""Text that is cut into words at once."""
MAX_SENTENCE_WORDS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusConfig:
    """How text becomes words, and which are kept."""

    words: WordsConfig = field(default_factory=WordsConfig)
    vocabulary: VocabularyConfig = field(default_factory=VocabularyConfig)
    phrases: PhrasesConfig = field(default_factory=PhrasesConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusRecord:
    """What an encoded corpus says about itself."""

    config: CorpusConfig
    sources: str
    """A fingerprint of what it was made from, the maker's own; empty where it gave none."""
    num_words: int
    """All that were read, those that were not kept too."""
    num_shards: int


@dataclass(frozen=True, slots=True)
class EncodedCorpus:
    """A corpus as numbers of its vocabulary, each sentence ended by `SENTENCE_END`."""

    folder: Path
    record: CorpusRecord
    vocabulary: Vocabulary
    hash: str

    @classmethod
    def open(cls, folder: Path) -> "EncodedCorpus":
        """Open what `encode_texts` or `encode_sentences` wrote.

        Raises:
            ArtifactError: If it is missing or damaged.
        """
        digest = verify_directory(folder)
        record = from_mapping(CorpusRecord, read_table(folder / RECORD), where=RECORD)
        corpus = cls(folder, record, Vocabulary.load(folder), digest)
        for shard in corpus.shards:
            ids = shard[shard != SENTENCE_END]
            if len(ids) and ids.max() >= len(corpus.vocabulary):
                raise ArtifactError(f"{folder} is damaged: it has words without a name")
        return corpus

    @property
    def shards(self) -> list[NDArray[np.uint32]]:
        """The numbers, mapped into memory, file by file; a sentence lies in one file."""
        paths = [self.folder / _shard_name(number) for number in range(self.record.num_shards)]
        return [np.memmap(path, np.uint32, "r") for path in paths if path.stat().st_size]

    def sentences(self) -> Iterator[list[str]]:
        """Give the sentences, of the words that were kept."""
        for shard in self.shards:
            ends = np.flatnonzero(shard == SENTENCE_END).tolist()
            for start, stop in zip([0, *(end + 1 for end in ends)], ends, strict=False):
                yield [self.vocabulary.words[number] for number in shard[start:stop].tolist()]


def encode_texts(
    texts: Iterable[str],
    folder: Path,
    config: CorpusConfig,
    *,
    sources: str | Callable[[], str] = "",
    known: Vocabulary | None = None,
    on_characters: Callable[[int], None] = lambda count: None,
) -> EncodedCorpus:
    """Cut texts into words and sentences, one a line, count them and write them as numbers.

    Args:
        texts: The texts, one after the other.
        folder: Where the corpus is written; whole or not at all.
        config: What words are and which are kept.
        sources: What tells these texts from others, for who opens the corpus again; or what gives
            it when the texts were read.
        known: Words that are kept in any case, with the counts that they have already.
        on_characters: Is told how many characters were read.

    Raises:
        InputError: If too few words are left to learn from.
        ArtifactError: If there is no such tokenizer.
    """
    made = _counters(config.words)
    is_segmented = config.words.split == "segmented"

    def pieces() -> Iterator[Piece]:
        encoders = [
            lambda text, one=one: one.encode(_utf_8(segment(text) if is_segmented else text))
            for one in made
        ]
        cut = (piece for text in texts for piece in _pieces(text))
        for counted in count_pieces(cut, encoders):
            on_characters(counted.num_characters)
            yield counted

    return _write(pieces(), made, folder, _Given(config, sources, known))


def _counters(config: WordsConfig) -> Sequence[Counter]:
    """Make a counter for each thread; a tokenizer has threads of its own."""
    if config.tokenizer is None:
        table = character_table(config)
        return [counter(table, MAX_SENTENCE_WORDS) for _ in range(default_threads())]
    from lexloom.tokens.tokenizer import Tokenizer
    from lexloom.vectors.subwords import TokenCounter

    return [TokenCounter(Tokenizer.load(config.tokenizer), MAX_SENTENCE_WORDS)]


def encode_sentences(
    sentences: Iterable[Sequence[str]],
    folder: Path,
    config: CorpusConfig,
    *,
    sources: str = "",
    known: Vocabulary | None = None,
) -> EncodedCorpus:
    """Count the words of sentences that are cut already, and write them as numbers.

    The words stay as they are; see `encode_texts` for the rest.
    """
    made = WordCounter()
    pieces = (Piece(made.encode_words(sentence), 0) for sentence in sentences)
    return _write(pieces, [made], folder, _Given(config, sources, known))


class WordCounter:
    """Numbers words that are given one by one; see `nn.kernels.words.Counter`."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._words: dict[bytes, int] = {}
        self._counts: list[int] = []

    def encode_words(self, sentence: Sequence[str]) -> NDArray[np.uint32]:
        """Count the words of a sentence; a long one becomes several."""
        if isinstance(sentence, str):
            raise TypeError("a sentence is a list of words, not a string")
        ids: list[int] = []
        for place, word in enumerate(sentence):
            if place and place % MAX_SENTENCE_WORDS == 0:
                ids.append(SENTENCE_END)
            number = self._ids.get(word)
            if number is None:
                number = self._number(word)
            self._counts[number] += 1
            ids.append(number)
        return np.array([*ids, SENTENCE_END] if ids else [], np.uint32)

    def _number(self, word: str) -> int:
        """Give the number of a new word; words that differ in lone surrogates alone are one."""
        number = self._words.setdefault(_utf_8(word), len(self._words))
        if number == len(self._counts):
            self._counts.append(0)
        self._ids[word] = number
        return number

    def words(self) -> tuple[list[bytes], NDArray[np.int64]]:
        """Give the words and their counts."""
        return list(self._words), np.array(self._counts, np.int64)


@dataclass(frozen=True, slots=True)
class _Given:
    """What a corpus is made by."""

    config: CorpusConfig
    sources: str | Callable[[], str]
    known: Vocabulary | None


def _utf_8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # lone surrogates have no UTF-8


def _pieces(text: str) -> Iterator[str]:
    """Cut a text at line ends; a line that is too long at a space, or anywhere."""
    start = 0
    while len(text) - start > PIECE_CHARACTERS:
        limit = start + PIECE_CHARACTERS
        ends = (text.rfind(mark, start, limit) for mark in "\n ")
        stop = next((end + 1 for end in ends if end >= 0), limit)
        yield text[start:stop]
        start = stop
    yield text[start:]


def _write(
    pieces: Iterable[Piece],
    made: Sequence[WordSource],
    folder: Path,
    given: _Given,
) -> EncodedCorpus:
    """Write numbers as they come, and again when it is known which words are kept."""
    with sealed_directory(folder) as temporary:
        raw = _write_shards(pieces, temporary)
        found = merged(made)
        num_words = int(found.counts.sum())
        if given.config.phrases.phrase_passes:
            raw, found = _with_phrases(raw, found, given.config.phrases)
        numbering = choose(found.words, found.counts, given.config.vocabulary, given.known)
        # -1 becomes the largest number
        new_ids = [numbering.new_ids[places].astype(np.uint32) for places in found.places]
        for number, shard in enumerate(raw):
            _renumber(shard, temporary / _shard_name(number), new_ids)
            shard.path.unlink()
        numbering.vocabulary.save(temporary)
        record = CorpusRecord(
            config=given.config,
            sources=given.sources if isinstance(given.sources, str) else given.sources(),
            num_words=num_words,
            num_shards=len(raw),
        )
        write_json(temporary / RECORD, to_mapping(record))
    return EncodedCorpus.open(folder)


@dataclass(frozen=True, slots=True)
class _RawShard:
    """A file of numbers as the counters gave them."""

    path: Path
    parts: list[tuple[int, int]] = field(default_factory=list)
    """Counters, and how many numbers of each follow."""

    @classmethod
    def whole(cls, path: Path) -> Self:
        """Take a file of numbers of one counter."""
        num_parts = -(-path.stat().st_size // (4 * PIECE_CHARACTERS))
        return cls(path, [(0, PIECE_CHARACTERS)] * num_parts)

    def add(self, piece: Piece) -> None:
        """Note what was written; short pieces of one counter become one part."""
        number, length = self.parts[-1] if self.parts else (piece.counter, 0)
        if number == piece.counter and length + len(piece.ids) <= PIECE_CHARACTERS:
            self.parts[-1:] = [(number, length + len(piece.ids))]
        else:
            self.parts.append((piece.counter, len(piece.ids)))


def _with_phrases(
    raw: Sequence[_RawShard], found: Merged, config: PhrasesConfig
) -> tuple[list[_RawShard], Merged]:
    """Give the words of all counters the same numbers, and join those that are phrases."""
    paths = []
    for shard in raw:
        paths.append(shard.path.with_suffix(".merged"))
        _renumber(shard, paths[-1], [places.astype(np.uint32) for places in found.places])
        shard.path.unlink()
    joined = join_phrases(paths, CountedWords(found.words, found.counts), config)
    everywhere = np.arange(len(joined.words))
    shards = [_RawShard.whole(path) for path in paths]
    return shards, Merged(joined.words, joined.counts, [everywhere])


def _write_shards(pieces: Iterable[Piece], folder: Path) -> list[_RawShard]:
    shards: list[_RawShard] = []
    room = 0
    stream: Any = None
    try:
        for piece in pieces:
            if room <= 0:
                if stream is not None:
                    stream.close()
                shards.append(_RawShard(folder / f"raw-{len(shards):05}.bin"))
                stream, room = shards[-1].path.open("wb"), SHARD_IDS
            stream.write(piece.ids.data)
            shards[-1].add(piece)
            room -= len(piece.ids)
    finally:
        if stream is not None:
            stream.close()
    return shards


def _renumber(source: _RawShard, target: Path, new_ids: Sequence[NDArray[np.uint32]]) -> None:
    """Give the words of a file their places in the vocabulary, and leave out those without.

    Args:
        source: What was counted.
        target: The file to write.
        new_ids: For each counter, the place of each of its words.
    """
    left_out = np.uint32(0xFFFFFFFF)
    # the mark of an end is left out too, by an entry of its own behind the words'
    tables = [np.append(ids, left_out) for ids in new_ids]
    with source.path.open("rb") as raw, target.open("wb") as stream:
        last_was_end = True
        for counter_number, length in source.parts:
            piece = np.fromfile(raw, np.uint32, length)
            is_end = piece == SENTENCE_END
            new = tables[counter_number][np.where(is_end, -1, piece.view(np.int32))]
            kept = is_end | (new != left_out)
            new, is_end = new[kept], is_end[kept]  # the mark of an end is what is left out
            # sentences without words are left out
            is_first = np.concatenate([[last_was_end], is_end[:-1]])[: len(is_end)]
            stream.write(new[~(is_end & is_first)].tobytes())
            last_was_end = bool(is_end[-1]) if len(is_end) else last_was_end


def _shard_name(number: int) -> str:
    return f"ids-{number:05}.bin"
