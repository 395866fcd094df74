"""The neural probabilistic language model (Bengio et al., 2003, section 2).

The scores of all words behind a context are ``y = b + W x + U tanh(d + H x)``, where x holds the
vectors of the context's words one behind the other. `batches.contexts` makes contexts of text.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.errors import ConfigError
from lexloom.models.sampled_softmax import sampled_log_normalizer
from lexloom.nn.context_batch import ContextBatch
from lexloom.nn.dropout import Dropout

MAX_SIZE, MAX_WORDS = 1 << 14, 1 << 24
SCORES_AT_ONCE = 1 << 19
"""Scores that are computed at a time while evaluating: they stay in the processor's cache."""
SCORES_AT_ONCE_GPU = 1 << 25
"""The same on a GPU, which wants many at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NnlmShape:
    """What of a model does not hang on the text."""

    context_size: int = 4
    """Words before the one that is predicted; the paper's n is one more."""
    embedding_size: int = 100
    """Numbers of a word's vector: the paper's m."""
    hidden_size: int = 100
    """Units of the tanh layer: the paper's h."""
    direct_connections: bool = False
    """Whether the vectors reach the scores past the tanh layer too: the paper's W."""
    tie_word_embeddings: bool = False
    """Whether U is the matrix of word vectors, which it is not in the paper (Press and Wolf, 2017);
    needs a hidden size that is the embedding size."""
    embedding_dropout: float = 0.0
    """Share of the numbers in x that are dropped in training, in [0, 1)."""
    dropout: float = 0.0
    """Share of the tanh units that are dropped in training, in [0, 1)."""
    initializer_range: float = 0.05
    """Spread of the word vectors before training."""

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("context_size", "embedding_size", "hidden_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
            if getattr(self, name) > MAX_SIZE:
                raise ConfigError(f"{name} must be at most {MAX_SIZE:,}, got {getattr(self, name)}")
        for name in ("embedding_dropout", "dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if not 0.0 < self.initializer_range < float("inf"):
            raise ConfigError(
                f"initializer_range must be a number above 0, got {self.initializer_range}"
            )
        if self.tie_word_embeddings and self.hidden_size != self.embedding_size:
            raise ConfigError(
                f"tied vectors need hidden_size and embedding_size to be the same, got"
                f" {self.hidden_size} and {self.embedding_size}",
                hint=f"set hidden_size={self.embedding_size}, or tie_word_embeddings=false",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class NnlmConfig(NnlmShape):
    """A whole model."""

    vocab_size: int
    bos_token_id: int | None = None
    """The word that is given and never predicted: the beginning of a sentence."""

    def __post_init__(self) -> None:
        """Check ranges."""
        NnlmShape.__post_init__(self)
        if not 2 <= self.vocab_size <= MAX_WORDS:
            raise ConfigError(f"vocab_size must be 2 to {MAX_WORDS:,}, got {self.vocab_size}")
        if self.bos_token_id is not None and not 0 <= self.bos_token_id < self.vocab_size:
            raise ConfigError(
                f"bos_token_id must be in [0, {self.vocab_size}), got {self.bos_token_id}"
            )


class NnlmBody(nn.Module):
    """From the words of a context to the tanh layer."""

    def __init__(self, config: NnlmConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.embedding_size)
        self.hidden = nn.Linear(config.context_size * config.embedding_size, config.hidden_size)
        self.embedding_dropout = Dropout(config.embedding_dropout)
        self.dropout = Dropout(config.dropout)

    def forward(self, context_BN: Tensor) -> tuple[Tensor, Tensor]:
        """Give the tanh layer ``(B, H)`` and the vectors in a row ``(B, N * E)``."""
        x_BX = self.embedding_dropout(self.word_embeddings(context_BN).flatten(1))
        return self.dropout(torch.tanh(self.hidden(x_BX))), x_BX


class WordScores(nn.Module):
    """The scores of words: ``b + U a + W x``, with U tied or not, and W if asked for."""

    def __init__(self, config: NnlmConfig) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.weight: nn.Parameter | None = None
        if not config.tie_word_embeddings:
            self.weight = nn.Parameter(torch.zeros(config.vocab_size, config.hidden_size))
        self.direct: nn.Parameter | None = None
        if config.direct_connections:
            width = config.context_size * config.embedding_size
            self.direct = nn.Parameter(torch.zeros(config.vocab_size, width))

    def rows(self, tied_VE: Tensor, words_S: Tensor | None = None) -> "ScoreRows":
        """Give the parameters of some words, or of all."""
        weight = tied_VE if self.weight is None else self.weight
        if words_S is None:
            return ScoreRows(self.bias, weight, self.direct)
        # `embedding` adds up the gradients of a word that comes twice
        direct = None if self.direct is None else F.embedding(words_S, self.direct)
        return ScoreRows(self.bias[words_S], F.embedding(words_S, weight), direct)


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """b, U and W of S words."""

    bias_S: Tensor
    weight_SH: Tensor
    direct_SX: Tensor | None

    def split(self, first: int) -> "tuple[ScoreRows, ScoreRows]":
        """Give those of the first words, and those of the others."""
        direct = (None, None) if self.direct_SX is None else _split(self.direct_SX, first)
        parts = zip(_split(self.bias_S, first), _split(self.weight_SH, first), direct, strict=True)
        drawn, own = (ScoreRows(*part) for part in parts)
        return drawn, own

    def shifted(self, shift_S: Tensor) -> "ScoreRows":
        """Give scores that are higher by a number for each word."""
        return ScoreRows(_wide(self.bias_S) + shift_S, self.weight_SH, self.direct_SX)

    def of_each(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        """Give the scores of all S words behind each of B contexts, ``(B, S)``."""
        if a_BH.dtype == self.bias_S.dtype:
            scores_BS = _wide(F.linear(a_BH, self.weight_SH, self.bias_S))
        else:  # the bias has more digits than the product
            scores_BS = _wide(F.linear(a_BH, self.weight_SH)) + self.bias_S
        if self.direct_SX is not None:
            scores_BS = scores_BS + F.linear(x_BX, self.direct_SX)
        return scores_BS

    def of_own(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        """Give the score of the word of each row behind the context of that row, ``(B,)``."""
        scores_B = _wide(a_BH * self.weight_SH).sum(-1) + _wide(self.bias_S)
        if self.direct_SX is not None:
            scores_B = scores_B + _wide(x_BX * self.direct_SX).sum(-1)
        return scores_B


class Nnlm(nn.Module):
    """The model; a context is the ids of N words, the nearest last."""

    forward_methods = ("log_probs", "log_distribution")

    def __init__(self, config: NnlmConfig) -> None:
        super().__init__()
        self.config = config
        self.body = NnlmBody(config)
        self.scores = WordScores(config)
        nn.init.normal_(self.body.word_embeddings.weight, std=config.initializer_range)
        nn.init.xavier_uniform_(self.body.hidden.weight)
        nn.init.zeros_(self.body.hidden.bias)
        if self.scores.weight is not None:
            nn.init.normal_(self.scores.weight, std=config.initializer_range)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.scores.bias.device

    def forward(self, batch: ContextBatch) -> dict[str, Tensor]:
        """Give the loss in nats, summed over targets: among the negatives, or over all words."""
        a_BH, x_BX = self.body(batch.context_BN)
        tied_VE = self.body.word_embeddings.weight
        if batch.negatives is None:
            scores_BV = self._all_scores(a_BH, x_BX)
            return {"words": F.cross_entropy(scores_BV, batch.labels_B, reduction="sum")}
        negatives = batch.negatives
        rows = self.scores.rows(tied_VE, torch.cat([negatives.ids_S, batch.labels_B]))
        drawn, own = rows.split(len(negatives.ids_S))
        corrected_BS = drawn.shifted(-negatives.log_inclusion_S).of_each(a_BH, x_BX)
        own_B = own.of_own(a_BH, x_BX)
        loss_B = (
            sampled_log_normalizer(own_B, corrected_BS, batch.labels_B, negatives.ids_S) - own_B
        )
        return {"words": loss_B.sum()}

    def _all_scores(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        rows = self.scores.rows(self.body.word_embeddings.weight)
        if self.config.bos_token_id is not None:
            shift_V = torch.zeros(self.config.vocab_size, device=self.device)
            shift_V[self.config.bos_token_id] = -torch.inf
            rows = rows.shifted(shift_V)
        return rows.of_each(a_BH, x_BX)

    @torch.no_grad()
    def log_distribution(self, context_BN: Tensor) -> Tensor:
        """Give the log probability (nats) of every word behind each context, ``(B, V)``."""
        return self._all_scores(*self.body(context_BN)).log_softmax(-1)

    @torch.no_grad()
    def log_probs(self, context_BN: Tensor, labels_B: Tensor) -> Tensor:
        """Give the log probability (nats) of each label behind its context, ``(B,)``.

        The softmax is over the whole vocabulary, in chunks that bound the memory.
        """
        at_once = SCORES_AT_ONCE_GPU if context_BN.is_cuda else SCORES_AT_ONCE
        step = max(1, at_once // self.config.vocab_size)
        found: list[Tensor] = []
        for first in range(0, len(labels_B), step):
            part = slice(first, first + step)
            scores = self._all_scores(*self.body(context_BN[part]))
            own = scores.gather(1, labels_B[part, None])[:, 0]
            found.append(own - scores.logsumexp(-1))
        return torch.cat(found) if found else torch.zeros(0, device=self.device)


def _split(tensor: Tensor, first: int) -> tuple[Tensor, Tensor]:
    return tensor[:first], tensor[first:]


def _wide(tensor: Tensor) -> Tensor:
    """Give 16-bit numbers as 32-bit ones, and others as they are."""
    return tensor.float() if torch.finfo(tensor.dtype).bits < 32 else tensor
