"""The neural probabilistic language model (Bengio et al., 2003, section 2).

The scores of all words behind a context are ``y = b + W x + U tanh(d + H x)``, where x holds the
vectors of the context's words one behind the other. `batches.contexts` makes contexts of text.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lexloom.errors import ConfigError
from lexloom.models.sampled_softmax import sampled_loss
from lexloom.nn.context_batch import ContextBatch
from lexloom.nn.dropout import Dropout

SCORES_AT_ONCE = 1 << 24
"""Most scores that are in memory at a time while evaluating."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NnlmConfig:
    """Shape of a model."""

    vocab_size: int
    context_size: int = 4
    """Words before the one that is predicted; the paper's n is one more."""
    embedding_size: int = 100
    """Numbers of a word's vector: the paper's m."""
    hidden_size: int = 100
    """Units of the tanh layer: the paper's h."""
    direct_connections: bool = False
    """Whether the vectors reach the scores past the tanh layer too: the paper's W."""
    tie_word_embeddings: bool = False
    """Whether U is the matrix of word vectors, which the paper does not do (Press and Wolf, 2017);
    needs a hidden size that is the embedding size."""
    embedding_dropout: float = 0.0
    """Share of the numbers in x that are dropped in training."""
    dropout: float = 0.0
    """Share of the tanh units that are dropped in training."""
    initializer_range: float = 0.05
    """Spread of the word vectors before training."""
    bos_token_id: int | None = None
    """The word that is never predicted, for it is given: the beginning of a sentence."""

    def __post_init__(self) -> None:
        """Check ranges."""
        for name in ("context_size", "embedding_size", "hidden_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("embedding_dropout", "dropout"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if self.vocab_size < 2:
            raise ConfigError(f"vocab_size must be at least 2, got {self.vocab_size}")
        if self.initializer_range <= 0:
            raise ConfigError(f"initializer_range must be above 0, got {self.initializer_range}")
        if self.bos_token_id is not None and not 0 <= self.bos_token_id < self.vocab_size:
            raise ConfigError(
                f"bos_token_id must be in [0, {self.vocab_size}), got {self.bos_token_id}"
            )
        if self.tie_word_embeddings and self.hidden_size != self.embedding_size:
            raise ConfigError(
                f"tied vectors need hidden_size and embedding_size to be the same, got"
                f" {self.hidden_size} and {self.embedding_size}",
                hint=f"set hidden_size={self.embedding_size}, or tie_word_embeddings=false",
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
        # gathered by one product each way; `embedding` sums gradients of words that come twice
        direct = None if self.direct is None else F.embedding(words_S, self.direct)
        return ScoreRows(self.bias[words_S], F.embedding(words_S, weight), direct)


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """b, U and W of S words."""

    bias_S: Tensor
    weight_SH: Tensor
    direct_SX: Tensor | None

    def part(self, first: int, end: int | None = None) -> "ScoreRows":
        """Give those of the words ``[first, end)``."""
        direct = None if self.direct_SX is None else self.direct_SX[first:end]
        return ScoreRows(self.bias_S[first:end], self.weight_SH[first:end], direct)

    def of_each(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        """Give the scores of all S words behind each of B contexts, ``(B, S)``."""
        scores_BS = F.linear(a_BH, self.weight_SH, self.bias_S)
        if self.direct_SX is not None:
            scores_BS = scores_BS + F.linear(x_BX, self.direct_SX)
        return scores_BS.float()

    def of_own(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        """Give the score of the word of each row behind the context of that row, ``(B,)``."""
        scores_B = (a_BH * self.weight_SH).float().sum(-1) + self.bias_S.float()
        if self.direct_SX is not None:
            scores_B = scores_B + (x_BX * self.direct_SX).float().sum(-1)
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
        num_negatives = len(batch.negatives.ids_S)
        rows = self.scores.rows(tied_VE, torch.cat([batch.negatives.ids_S, batch.labels_B]))
        loss_B = sampled_loss(
            rows.part(num_negatives).of_own(a_BH, x_BX),
            rows.part(0, num_negatives).of_each(a_BH, x_BX),
            batch.labels_B,
            batch.negatives,
        )
        return {"words": loss_B.sum()}

    def _all_scores(self, a_BH: Tensor, x_BX: Tensor) -> Tensor:
        scores_BV = self.scores.rows(self.body.word_embeddings.weight).of_each(a_BH, x_BX)
        if self.config.bos_token_id is not None:
            never = torch.tensor([self.config.bos_token_id], device=scores_BV.device)
            scores_BV = scores_BV.index_fill(1, never, -torch.inf)
        return scores_BV

    @torch.no_grad()
    def log_distribution(self, context_BN: Tensor) -> Tensor:
        """Give the log probability (nats) of every word behind each context, ``(B, V)``."""
        return self._all_scores(*self.body(context_BN)).log_softmax(-1)

    @torch.no_grad()
    def log_probs(self, context_BN: Tensor, labels_B: Tensor) -> Tensor:
        """Give the log probability (nats) of each label behind its context, ``(B,)``.

        The softmax is over the whole vocabulary, in chunks that bound the memory.
        """
        step = max(1, SCORES_AT_ONCE // self.config.vocab_size)
        found: list[Tensor] = []
        for contexts, labels in zip(context_BN.split(step), labels_B.split(step), strict=True):
            scores = self._all_scores(*self.body(contexts))
            own = scores.gather(1, labels[:, None])[:, 0]
            found.append(own - scores.logsumexp(-1))
        return torch.cat(found) if found else torch.zeros(0, device=self.device)
