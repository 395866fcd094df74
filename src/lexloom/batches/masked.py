"""Hide tokens for the masked-word objective (Devlin et al., 2019, section 3.1 and appendix A.1).

Which tokens are hidden is drawn anew each time a text is seen, from a generator that the caller
seeds by the text's place in the training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rjieba
import torch
from numpy.typing import NDArray

from lexloom.errors import ConfigError
from lexloom.nn.masked_batch import MaskedBatch

Ids = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskingConfig:
    """How many tokens are hidden, and behind what."""

    share: float = 0.15
    """Share of the tokens that are to be told, special ones aside; in (0, 1)."""
    mask_share: float = 0.8
    """Share of those that become the mask token."""
    random_share: float = 0.1
    """Share of those that become a random token; the rest stays as it is."""
    whole_words: bool = False
    """Hide all pieces of a word or none; Chinese words are found by a segmenter."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if not 0.0 < self.share < 1.0:
            raise ConfigError(f"share must be in (0, 1), got {self.share}")
        if min(self.mask_share, self.random_share) < 0 or self.mask_share + self.random_share > 1:
            raise ConfigError(
                f"mask_share and random_share must be at least 0 and sum up to 1 at most, got "
                f"{self.mask_share} and {self.random_share}"
            )


@dataclass(frozen=True, slots=True)
class Example:
    """One text, or two that may belong together, with its special tokens."""

    input_ids: Ids
    is_special: NDArray[np.bool_]
    """Tokens that are never hidden."""
    token_type_ids: Ids | None = None
    pair_label: int | None = None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text with tokens hidden, and what stood there."""

    input_ids: Ids
    positions: Ids
    labels: Ids


class Masker:
    """Hides tokens of one vocabulary."""

    def __init__(
        self,
        config: MaskingConfig,
        pieces: Sequence[str],
        *,
        mask_id: int,
        special_ids: Sequence[int],
    ) -> None:
        """Set up.

        Args:
            config: How many tokens are hidden.
            pieces: The piece of each id, WordPieces in which ``##`` continues a word; an id with an
                empty one is never drawn.
            mask_id: Id of the mask token.
            special_ids: Ids that are never drawn as random ones.
        """
        self.config = config
        self.mask_id = mask_id
        known = [number for number, piece in enumerate(pieces) if piece]
        self._random_ids = np.setdiff1d(known, special_ids)
        self._pieces = pieces

    def hide(self, example: Example, draw: np.random.Generator) -> Hidden:
        """Hide tokens of one text: at least one, if it has any that may be hidden."""
        candidates = np.flatnonzero(~example.is_special)
        if not len(candidates):
            return Hidden(example.input_ids, candidates, candidates)
        # rounded up or down by chance, so that short texts keep the share too
        wanted = max(1, int(self.config.share * len(candidates) + draw.random()))
        if self.config.whole_words:
            positions = self._whole_words(example.input_ids, candidates, wanted, draw)
        else:
            positions = np.sort(draw.permutation(candidates)[:wanted])
        labels = example.input_ids[positions]
        input_ids = example.input_ids.copy()
        chance = draw.random(len(positions))
        masked = chance < self.config.mask_share
        random = ~masked & (chance < self.config.mask_share + self.config.random_share)
        input_ids[positions[masked]] = self.mask_id
        input_ids[positions[random]] = draw.choice(self._random_ids, int(random.sum()))
        return Hidden(input_ids, positions, labels)

    def _whole_words(
        self, input_ids: Ids, candidates: Ids, wanted: int, draw: np.random.Generator
    ) -> Ids:
        """Take words in random order as long as they fit; the first always."""
        words = self.words(input_ids, candidates)
        chosen: list[int] = []
        for number in draw.permutation(len(words)):
            if not chosen or len(chosen) + len(words[number]) <= wanted:
                chosen += words[number]
            if len(chosen) >= wanted:
                break
        return np.array(sorted(chosen), dtype=np.int64)

    def words(self, input_ids: Ids, candidates: Ids) -> list[list[int]]:
        """Give the positions of each word; a special token ends one."""
        words: list[list[int]] = []
        run: list[int] = []
        for position in candidates.tolist():
            piece = self._pieces[input_ids[position]]
            is_next = bool(words or run) and position - 1 == (run[-1] if run else words[-1][-1])
            if len(piece) == 1 and "\u4e00" <= piece <= "\u9fff":
                if not is_next:
                    self._end(run, input_ids, words)
                run.append(position)
                continue
            self._end(run, input_ids, words)
            if piece.startswith("##") and is_next:
                words[-1].append(position)
            else:
                words.append([position])
        self._end(run, input_ids, words)
        return words

    def _end(self, run: list[int], input_ids: Ids, words: list[list[int]]) -> None:
        """Cut a run of Chinese characters into words."""
        if not run:
            return
        start = 0
        for word in rjieba.cut("".join(self._pieces[input_ids[position]] for position in run)):
            words.append(run[start : start + len(word)])
            start += len(word)
        run.clear()


def collate(
    examples: Sequence[Example],
    masker: Masker,
    draws: Sequence[np.random.Generator],
    *,
    pad_id: int,
) -> MaskedBatch:
    """Pad texts to the longest, with tokens hidden.

    Args:
        examples: The texts; all of them pairs, or none.
        masker: What hides.
        draws: A generator for each text.
        pad_id: Id of the padding.
    """
    length = max(len(example.input_ids) for example in examples)
    shape = (len(examples), length)
    input_ids, mask = np.full(shape, pad_id, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    positions, labels = [], []
    for row, (example, draw) in enumerate(zip(examples, draws, strict=True)):
        hidden = masker.hide(example, draw)
        size = len(example.input_ids)
        input_ids[row, :size], mask[row, :size] = hidden.input_ids, 1
        if example.token_type_ids is not None:
            types[row, :size] = example.token_type_ids
        positions.append(row * length + hidden.positions)
        labels.append(hidden.labels)
    pair_labels = [e.pair_label for e in examples if e.pair_label is not None]
    has_types = any(example.token_type_ids is not None for example in examples)
    return MaskedBatch(
        input_ids_BT=torch.from_numpy(input_ids),
        attention_mask_BT=torch.from_numpy(mask),
        token_type_ids_BT=torch.from_numpy(types) if has_types else None,
        positions_P=torch.from_numpy(np.concatenate(positions)),
        labels_P=torch.from_numpy(np.concatenate(labels)),
        pair_labels_B=torch.tensor(pair_labels) if pair_labels else None,
    )
