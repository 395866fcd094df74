"""Ids by byte-level BPE as `learn` trains it: of texts by the compiled kernel, of words without.

`chunks` uses what is made here. The `tokenizers` library says how words are cut and in which order
pairs are merged; the kernel does the same, and words by themselves spare the library its search.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer as Library

from lexloom.nn.kernels.bpe import CompiledEncoder
from lexloom.nn.kernels.library import Kernels, kernels
from lexloom.tokens.characters import kinds_table
from lexloom.tokens.learn import WORDS, byte_letters
from lexloom.tokens.tokenizer import Tokenizer

BYTE_LETTERS = dict(enumerate(byte_letters()))
UNKNOWN_TO_THE_KERNEL = (
    "dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"
)  # fmt: skip
"""Options of the model that change how a word is put together."""

CUT = {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": False}
SPELL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
"""What finds the words of byte-level BPE, and then what spells them, as `learn` writes them."""

Ids = NDArray[np.int32]
Encode = Callable[[Sequence[str]], tuple[Ids, Ids]]
"""Gives the ids of texts behind each other, and how many each has."""


def compiled_encoder(tokenizer: Tokenizer, max_chunks: int) -> Encode | None:
    """Give what encodes texts that `learn.WORDS` cuts; None where the library must do it."""
    found = kernels()
    values = _byte_level(tokenizer)
    if found is None or values is None:
        return None
    encoder = _compiled(values["model"], max_chunks, found)
    if encoder is None:
        return None

    def encode_chunks(chunks: Sequence[str]) -> tuple[Ids, Ids]:
        return library_ids(tokenizer.library, chunks)

    return lambda texts: encoder.encode([text.encode() for text in texts], encode_chunks)


def _byte_level(tokenizer: Tokenizer) -> dict[str, Any] | None:
    """Give the values of byte-level BPE that only cuts the text into words and spells them."""
    values: dict[str, Any] = json.loads(tokenizer.library.to_str())
    if values["model"]["type"] != "BPE" or values["normalizer"] is not None:
        return None
    parts = (values["pre_tokenizer"] or {}).get("pretokenizers", [])
    if len(parts) != 2 or parts != [parts[0] | CUT, parts[1] | SPELL]:
        return None
    # written out, the library has only one of the pieces that share an id
    num_pieces = len(tokenizer.library.get_vocab(with_added_tokens=False))
    return values if len(values["model"]["vocab"]) == num_pieces else None


def _compiled(model: Mapping[str, Any], max_chunks: int, found: Kernels) -> CompiledEncoder | None:
    ids, letters = model["vocab"], byte_letters()
    # where each byte is known, nothing is left that could be unknown or fall back
    if any(model.get(name) for name in UNKNOWN_TO_THE_KERNEL) or not ids.keys() >= set(letters):
        return None
    byte_ids = np.array([ids[letter] for letter in letters], np.uint32)
    pairs = [(ids[left], ids[right], ids[left + right]) for left, right in model["merges"]]
    merges = np.array(pairs, np.uint32)
    return CompiledEncoder(byte_ids, merges, kinds_table(), max_chunks, found)


def words_encoder(tokenizer: Tokenizer) -> Encode | None:
    """Give what encodes words by themselves by the library; None for all but byte-level BPE."""
    values = _byte_level(tokenizer)
    if values is None:
        return None
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
