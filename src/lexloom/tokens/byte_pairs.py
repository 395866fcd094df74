"""Ids of words by byte-level BPE, of many at once: by the compiled kernel, or by the library.

`chunks` finds the words. The library is only spared its search for words, and what its words are
spelled in; which merges are done in which order is the same.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as Library

from lexloom.nn.kernels.bpe import CompiledMerges
from lexloom.nn.kernels.library import kernels
from lexloom.tokens.learn import byte_letters
from lexloom.tokens.tokenizer import Tokenizer

BYTE_LETTERS = dict(enumerate(byte_letters()))
UNKNOWN_TO_THE_KERNEL = (
    "dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"
)  # fmt: skip
"""Options of the model that change how a word is put together."""

Ids = NDArray[np.int32]
EncodeWords = Callable[[Sequence[str]], tuple[Ids, Ids]]
"""Gives the ids of words behind each other, and how many each has."""


def words_encoder(tokenizer: Tokenizer) -> EncodeWords | None:
    """Give what encodes words by themselves; None for what is no byte-level BPE or changes text."""
    values = json.loads(tokenizer.library.to_str())
    ids = tokenizer.library.get_vocab(with_added_tokens=False)
    if values["model"]["type"] != "BPE" or values["normalizer"] is not None:
        return None
    if len(set(ids.values())) < len(ids):
        return None  # written out, the library has only one of the pieces that share an id
    return _by_kernel(ids, values["model"]) or _by_library(values)


def _by_kernel(ids: Mapping[str, int], model: Mapping[str, Any]) -> EncodeWords | None:
    found = kernels()
    letters = byte_letters()
    # where each byte is known, nothing is left that could be unknown or fall back
    if found is None or not ids.keys() >= set(letters):
        return None
    if any(model.get(name) for name in UNKNOWN_TO_THE_KERNEL):
        return None
    byte_ids = np.array([ids[letter] for letter in letters], np.uint32)
    pairs = [(ids[left], ids[right], ids[left + right]) for left, right in model["merges"]]
    merges = CompiledMerges(byte_ids, np.array(pairs, np.uint32), found)
    return lambda words: merges.encode([word.encode() for word in words])


def _by_library(values: dict[str, Any]) -> EncodeWords:
    values["pre_tokenizer"] = values["post_processor"] = None
    library = Library.from_str(json.dumps(values))
    library.encode_special_tokens = True

    def encode(words: Sequence[str]) -> tuple[Ids, Ids]:
        spelled = [word.encode().decode("latin-1").translate(BYTE_LETTERS) for word in words]
        return library_ids(library, spelled)

    return encode


def library_ids(library: Library, texts: Sequence[str]) -> tuple[Ids, Ids]:
    """Give the ids of texts behind each other, and how many each has, as the library has them."""
    encodings = library.encode_batch_fast(texts, add_special_tokens=False)
    rows = [np.array(item.ids, dtype=np.int32) for item in encodings]
    return joined(rows), np.array([len(row) for row in rows], dtype=np.int32)


def joined(parts: Sequence[Ids]) -> Ids:
    """Lay arrays of ids behind each other; there may be none."""
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
