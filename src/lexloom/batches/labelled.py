"""Texts, pairs or tagged words to batches with one target a text or a tag a token.

Texts that are too long are cut, which is counted; long rows of words are read in several parts, so
that every word gets a tag.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from lexloom.errors import ConfigError
from lexloom.tokens.tokenizer import without_surrogates

IGNORED = -100
"""Target of tokens that have none."""
TagPieces = Literal["first", "all"]

Ids = NDArray[np.int64]
Text = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class EncodedInput:
    """A text, a pair, or a part of a row of words, as tokens."""

    input_ids: Ids
    token_type_ids: Ids | None = None
    """Which of the two texts each token is in; None for one text."""
    word_ids: Ids | None = None
    """Which word of the row each token belongs to, -1 for special tokens; None for texts."""
    row: int = 0
    """Number of the text or the row of words."""
    is_cut: bool = False
    """Whether the end of the text was left out."""


@dataclass(frozen=True, slots=True)
class LabelledExample:
    """What goes in and what should come out."""

    encoded: EncodedInput
    target: NDArray[np.int64] | NDArray[np.float32]
    """A class or a score, shape ``()``, or a tag for each token, shape ``(T,)``."""


@dataclass(frozen=True, slots=True)
class InputBatch:
    """Padded inputs, int64."""

    input_ids_BT: Tensor
    attention_mask_BT: Tensor
    token_type_ids_BT: Tensor | None

    def to(self, device: torch.device) -> "InputBatch":
        """Give the batch on a device."""
        types = self.token_type_ids_BT
        return InputBatch(
            self.input_ids_BT.to(device),
            self.attention_mask_BT.to(device),
            None if types is None else types.to(device),
        )


@dataclass(frozen=True, slots=True)
class LabelledBatch:
    """Inputs and their targets."""

    inputs: InputBatch
    targets: Tensor
    """Shape ``(B,)``, or ``(B, T)`` with `IGNORED` where a token has none."""

    @property
    def num_tokens(self) -> int:
        """How many real tokens it holds."""
        return int(self.inputs.attention_mask_BT.sum())

    @property
    def num_targets(self) -> dict[str, int]:
        """By what the loss is divided."""
        if self.targets.dim() == 1:
            return {"labels": len(self.targets)}
        return {"labels": int((self.targets != IGNORED).sum())}


def encode_texts(
    tokenizer: Tokenizer, texts: Sequence[Text], *, max_tokens: int
) -> list[EncodedInput]:
    """Encode texts or pairs; of one that is too long, the end of its longer text is left out."""
    clean = [
        without_surrogates(text)
        if isinstance(text, str)
        else tuple(without_surrogates(part) for part in text)
        for text in texts
    ]
    tokenizer.enable_truncation(max_tokens)
    encodings = tokenizer.encode_batch(clean)
    tokenizer.no_truncation()
    return [
        EncodedInput(
            input_ids=np.array(encoding.ids, dtype=np.int64),
            token_type_ids=(
                None if isinstance(text, str) else np.array(encoding.type_ids, dtype=np.int64)
            ),
            row=row,
            is_cut=bool(encoding.overflowing),
        )
        for row, (text, encoding) in enumerate(zip(texts, encodings, strict=True))
    ]


def encode_words(
    tokenizer: Tokenizer, rows: Sequence[Sequence[str]], *, max_tokens: int
) -> list[EncodedInput]:
    """Encode rows of words in parts of at most `max_tokens`; no word is left out.

    A word without a piece, such as one of control characters, stands in no part.

    Raises:
        ConfigError: If `max_tokens` leaves no room for words.
    """
    frame = tokenizer.encode("").ids
    if max_tokens <= len(frame):
        raise ConfigError(f"max_tokens must be more than {len(frame)}, got {max_tokens}")
    begin, end = frame[:1], frame[1:]
    clean = [[without_surrogates(word) for word in words] for words in rows]
    encodings = tokenizer.encode_batch(clean, is_pretokenized=True, add_special_tokens=False)
    parts = []
    for row, encoding in enumerate(encodings):
        words = np.array(encoding.word_ids, dtype=np.int64)
        for start, stop in _parts(words, max_tokens - len(frame)):
            ids = [*begin, *encoding.ids[start:stop], *end]
            inside = [-1, *words[start:stop].tolist(), *[-1] * len(end)]
            parts.append(EncodedInput(np.array(ids, dtype=np.int64), None, np.array(inside), row))
    return parts


def _parts(words: Ids, room: int) -> Iterator[tuple[int, int]]:
    """Cut pieces where a word begins; a word longer than the room is cut itself."""
    start = 0
    while start < len(words):
        stop = min(len(words), start + room)
        if stop < len(words):
            whole = stop
            while whole > start and words[whole] == words[whole - 1]:
                whole -= 1
            stop = whole if whole > start else stop
        yield start, stop
        start = stop


def tag_targets(encoded: EncodedInput, tags: Sequence[int], pieces: TagPieces) -> Ids:
    """Give each token the number of its word's tag: all pieces of it, or only the first one."""
    words = encoded.word_ids
    assert words is not None
    targets = np.full(len(words), IGNORED, dtype=np.int64)
    chosen = words >= 0 if pieces == "all" else first_pieces(words)
    targets[chosen] = np.array(tags, dtype=np.int64)[words[chosen]]
    return targets


def first_pieces(words: Ids) -> NDArray[np.bool_]:
    """Say which tokens begin a word."""
    before = np.concatenate([[-1], words[:-1]])
    begins: NDArray[np.bool_] = (words >= 0) & (words != before)
    return begins


def collate_inputs(examples: Sequence[EncodedInput], *, pad_id: int) -> InputBatch:
    """Pad inputs into one batch."""
    shape = (len(examples), max(len(example.input_ids) for example in examples))
    input_ids, mask = np.full(shape, pad_id, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        input_ids[row, :size], mask[row, :size] = example.input_ids, 1
        if example.token_type_ids is not None:
            types[row, :size] = example.token_type_ids
    return InputBatch(
        input_ids_BT=torch.from_numpy(input_ids),
        attention_mask_BT=torch.from_numpy(mask),
        token_type_ids_BT=torch.from_numpy(types) if types.any() else None,
    )


def collate(examples: Sequence[LabelledExample], *, pad_id: int) -> LabelledBatch:
    """Pad examples into one batch with its targets."""
    inputs = collate_inputs([example.encoded for example in examples], pad_id=pad_id)
    if examples[0].target.ndim == 0:
        targets = np.stack([example.target for example in examples])
    else:
        targets = np.full(tuple(inputs.input_ids_BT.shape), IGNORED, dtype=np.int64)
        for row, example in enumerate(examples):
            targets[row, : len(example.target)] = example.target
    return LabelledBatch(inputs, torch.from_numpy(targets))


def count_cut(encoded: Iterable[EncodedInput]) -> int:
    """Give how many texts lost their end."""
    return sum(item.is_cut for item in encoded)
