"""The encoder that the default extractor starts from: MiniLM, fewer pieces, Chinese characters.

Rare English pieces and other scripts leave the vocabulary to make room for Chinese characters. A
character's first vector comes from the characters it stands beside (PPMI and SVD: Levy and
Goldberg, 2014), scaled like the old vectors; all the rest it has to learn in fine-tuning.
"""

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lexloom.models.bert import BertModel
from lexloom.models.checkpoint import load_bert, save_bert
from lexloom.tokens.units import shape_id

VOCAB_SIZE = 29_000
NUM_ASCII_PIECES = 24_000
MAX_LAW_CHARACTERS = 12_000_000
SMOOTHING = 0.75
"""Power of the context counts, which keeps rare contexts from ruling PPMI."""
_CJK = shape_id("中")


def chinese_texts(data: Path, own: list[str]) -> Iterator[str]:
    """Give Chinese text that weights may be trained on: the training texts and laws."""
    yield from own
    size = 0
    with tarfile.open(data / "zh_laws/laws_md.tar.gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".md") else None
            if stream is not None and size < MAX_LAW_CHARACTERS:
                text = stream.read().decode("utf-8", "replace")
                size += len(text)
                yield text


def make_encoder(minilm: Path, texts: list[str], out: Path, *, seed: int) -> None:
    """Write the encoder's Hugging Face directory, with its tokenizer."""
    counts = Counter(char for text in texts for char in text if shape_id(char) == _CJK)
    values = json.loads((minilm / "tokenizer.json").read_text(encoding="utf-8"))
    old = values["model"]["vocab"]
    kept = kept_pieces(sorted(old, key=old.__getitem__))
    room = VOCAB_SIZE - len(kept)
    ranked = sorted(counts, key=lambda char: (-counts[char], char))
    added = [char for char in ranked if char not in old][:room]
    marks = [mark for mark in "，。、；：？！“”‘’（）《》〈〉【】—…·％￥" if mark not in old]
    added = marks + added[: room - len(marks)]
    values["model"]["vocab"] = {piece: number for number, piece in enumerate(kept + added)}
    values["truncation"] = values["padding"] = None
    for token in values["added_tokens"]:
        token["id"] = values["model"]["vocab"][token["content"]]
    values["post_processor"] = _post_processor(values["model"]["vocab"])
    bert = load_bert(minilm)
    words_VD = bert.embeddings.word_embeddings.weight.detach()[[old[piece] for piece in kept]]
    new_VD = _vectors(texts, added, words_VD, seed)
    small = BertModel(replace(bert.config, vocab_size=len(kept) + len(added)), with_pooler=False)
    state = {k: v for k, v in bert.state_dict().items() if not k.startswith("pooler.")}
    state["embeddings.word_embeddings.weight"] = torch.cat([words_VD, new_VD])
    small.load_state_dict(state)
    save_bert(small, out)
    text = json.dumps(values, ensure_ascii=False)
    (out / "tokenizer.json").write_text(text, encoding="utf-8")


def kept_pieces(pieces: list[str]) -> list[str]:
    """Leave out unused places, other scripts, and the rarest English words; the order stays.

    Args:
        pieces: The vocabulary in the order of its ids, which is that of frequency.
    """
    words = [p for p in pieces if p.isascii() and not p.startswith(("##", "[unused"))]
    endings = [p for p in pieces if p.isascii() and p.startswith("##")]
    kept = set(words[: NUM_ASCII_PIECES - len(endings)]) | set(endings)
    return [piece for piece in pieces if piece in kept or _is_mark_or_letter(piece)]


def _is_mark_or_letter(piece: str) -> bool:
    if piece.isascii() or len(piece) > 1:
        return False
    return not piece.isalnum() or piece < "\u0250" or shape_id(piece) == _CJK


def _post_processor(vocabulary: dict[str, int]) -> dict[str, object]:
    return {
        "type": "BertProcessing",
        "sep": ["[SEP]", vocabulary["[SEP]"]],
        "cls": ["[CLS]", vocabulary["[CLS]"]],
    }


def _vectors(texts: list[str], chars: list[str], words_VD: Tensor, seed: int) -> Tensor:
    """Give first vectors of new characters, with the mean and the spread of the old ones."""
    torch.manual_seed(seed)
    hidden_size = words_VD.shape[1]
    counts = _cooccurrence(texts, chars)
    right = counts.sum(0) ** SMOOTHING
    expected = counts.sum(1, keepdims=True) * (right / right.sum())[None] + 1e-9
    ppmi = np.log(np.maximum(counts / expected, 1e-9)).clip(min=0)
    left, sizes, _ = torch.svd_lowrank(torch.from_numpy(ppmi).float(), q=hidden_size, niter=4)
    vectors = left * sizes.sqrt()
    vectors = (vectors - vectors.mean(0)) / vectors.std()
    return words_VD.mean(0) + vectors * words_VD.std()


def _cooccurrence(texts: list[str], chars: list[str], window: int = 2) -> np.ndarray:
    """Count which characters stand within `window` of each other."""
    size = len(chars)
    number = np.full(0x110000, -1, dtype=np.int32)
    number[[ord(char) for char in chars]] = np.arange(size)
    counts = np.zeros(size * size)
    for text in texts:
        ids = number[np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)]
        for step in range(1, window + 1):
            left, right = ids[:-step], ids[step:]
            both = (left >= 0) & (right >= 0)
            pairs = left[both].astype(np.int64) * size + right[both]
            np.add.at(counts, pairs, 1.0 / step)
    square = counts.reshape(size, size)
    return square + square.T
