"""Ids of many texts, fast: a chunk that came before is looked up, only new ones are tokenized.

A text is cut where the tokenizer has a border whatever stands beside it, so the ids of the chunks,
one behind the other, are those of the text. Where that cannot be known, as for a tokenizer from
elsewhere, every text goes through the tokenizer itself. Byte-level BPE has a compiled kernel that
does all of this, see `byte_pairs`. Offsets are for `tokenizer`.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexloom.tokens.byte_pairs import Encode, Ids, compiled_encoder, library_ids, words_encoder
from lexloom.tokens.characters import HAN, UNSURE, WHITE_SPACE
from lexloom.tokens.learn import WORDS
from lexloom.tokens.tokenizer import Tokenizer, without_surrogates

MAX_CHUNKS = 1 << 20
"""Chunks to remember; then all are forgotten."""

HAS_UNSURE = re.compile(f"[{UNSURE}]")
OWN_CHUNKS = re.compile(
    f" ?[{HAN}]+| ?[^{WHITE_SPACE}{HAN}]+|[{WHITE_SPACE}]+(?![^{WHITE_SPACE}])|[{WHITE_SPACE}]"
)
"""Unions of what `learn.WORDS` matches."""
ONE_WORD = re.compile(f" ?(?:[{HAN}]+|[A-Za-z]+)")
"""A chunk that `learn.WORDS` matches whole: there is no border to look for in it."""
BERT_CHUNKS = re.compile("[^ \t\n\r\u4e00-\u9fff]+|[\u4e00-\u9fff]")
"""What white space and Chinese characters, each a word for BERT, leave; other spaces may vanish."""

LOCAL_NORMALIZERS = frozenset({"NFC", "Lowercase"})
"""Those that neither move nor make a border of `OWN_CHUNKS`; NFKC makes spaces."""


class ChunkEncoder:
    """A tokenizer that remembers the ids of chunks."""

    def __init__(self, tokenizer: Tokenizer, *, max_chunks: int = MAX_CHUNKS) -> None:
        self.tokenizer = tokenizer
        self.pattern = chunk_pattern(tokenizer)
        """What cuts texts into chunks; None where texts are tokenized whole."""
        self._compiled: Encode | None = None
        self._encode_words: Encode | None = None
        if self.pattern is OWN_CHUNKS:
            self._compiled = compiled_encoder(tokenizer, max_chunks)
            self._encode_words = words_encoder(tokenizer) if self._compiled is None else None
        self._max_chunks = max_chunks
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ids: Ids = np.zeros(0, dtype=np.int32)
        self._starts: NDArray[np.int64] = np.zeros(1, dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        """Give the ids of all texts behind each other, and how many each has.

        No special tokens are added, and what looks like one is text.
        """
        texts = [without_surrogates(text) for text in texts]
        if self.pattern is None:
            return library_ids(self.tokenizer.library, texts)
        if self._compiled is not None:
            return self._compiled(texts)
        chunks: list[str] = []
        borders = [0]
        for text in texts:
            if text.isascii() or not HAS_UNSURE.search(text):
                chunks += self.pattern.findall(text)
            else:
                chunks.append(text)
            borders.append(len(chunks))
        self._learn(set(chunks) - self._numbers.keys())
        numbers = np.fromiter(map(self._numbers.__getitem__, chunks), np.int64, len(chunks))
        starts, sizes = self._starts[numbers], np.diff(self._starts)[numbers]
        ends = np.zeros(len(chunks) + 1, dtype=np.int64)
        np.cumsum(sizes, out=ends[1:])
        # from the place among the ids given to the place among those remembered
        shift = np.repeat(starts - ends[:-1], sizes)
        ids = self._ids[shift + np.arange(ends[-1])]
        self._forget_if_full()
        return ids, np.diff(ends[borders]).astype(np.int32)

    def _learn(self, chunks: set[str]) -> None:
        if not chunks:
            return
        words: list[str] = []
        if self._encode_words is not None:
            words = [chunk for chunk in chunks if ONE_WORD.fullmatch(chunk)]
            self._remember(words, *self._encode_words(words))
        others = list(chunks.difference(words))
        self._remember(others, *library_ids(self.tokenizer.library, others))

    def _remember(self, chunks: Sequence[str], ids: Ids, sizes: Ids) -> None:
        first = len(self._numbers)
        self._numbers.update(zip(chunks, range(first, first + len(chunks)), strict=True))
        self._ids = np.concatenate([self._ids, ids])
        self._starts = np.append(self._starts, self._starts[-1] + np.cumsum(sizes, dtype=np.int64))

    def _forget_if_full(self) -> None:
        if len(self._numbers) > self._max_chunks:
            self._forget()


def chunk_pattern(tokenizer: Tokenizer) -> re.Pattern[str] | None:
    """Give what cuts texts where the tokenizer has a border for certain; None if nothing does."""
    values = json.loads(tokenizer.library.to_str())
    # a token that was added and is not special is found anywhere in the text
    if not all(token["special"] for token in values["added_tokens"]):
        return None
    normalizers = _parts(values["normalizer"], "normalizers")
    splitters = _parts(values["pre_tokenizer"], "pretokenizers")
    if not splitters:
        return None
    first = splitters[0]
    if first["type"] == "BertPreTokenizer" and normalizers:
        bert = normalizers[-1]
        if bert["type"] == "BertNormalizer" and bert["handle_chinese_chars"]:
            return BERT_CHUNKS if _are(normalizers[:-1], frozenset({"NFC", "NFKC"})) else None
    is_own = first["type"] == "Split" and first["pattern"] == {"Regex": WORDS}
    return OWN_CHUNKS if is_own and _are(normalizers, LOCAL_NORMALIZERS) else None


def _parts(value: Any, key: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    return list(value[key]) if value["type"] == "Sequence" else [value]


def _are(parts: Sequence[dict[str, Any]], known: frozenset[str]) -> bool:
    return all(part["type"] in known for part in parts)
