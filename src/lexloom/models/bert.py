"""BERT, the bidirectional Transformer encoder (Devlin et al., 2019, arXiv:1810.04805).

Parameters carry Hugging Face's names, so that a published checkpoint loads as it is. Dimensions:
B batch, T positions, D hidden size, N heads, H head width, F feed-forward width, M real positions
of a batch without its padding (see `nn.packing`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lexloom.errors import ConfigError, ShapeError
from lexloom.nn.dropout import Dropout, dropout
from lexloom.nn.kernels.attention_training import attend_training, trains_packed
from lexloom.nn.packing import Packing

MIN_PADDING_SHARE = 0.15
"""Share of padding above which leaving it out costs less than computing it. In training on a CPU it
is always left out: attention has a kernel for that, and sizes that come again save more."""
MAX_WRITTEN_OUT = 64
"""Longest row whose attention is computed by the written-out formula without gradients."""

MAX_SIZE = 1 << 24
SIZES = (
    ("vocab_size", 1, MAX_SIZE),
    ("hidden_size", 1, MAX_SIZE),
    ("num_hidden_layers", 0, 1024),
    ("num_attention_heads", 1, MAX_SIZE),
    ("intermediate_size", 1, MAX_SIZE),
    ("max_position_embeddings", 1, MAX_SIZE),
    ("type_vocab_size", 1, MAX_SIZE),
)
"""The least and the most of each size; more than that no model has, and memory would not count."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BertConfig:
    """The shape of a BERT encoder; the names are those of a Hugging Face ``config.json``."""

    vocab_size: int = 30_522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3_072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    """Probability of dropping a channel after each sublayer and after the embeddings."""
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    """Standard deviation of the initial weights."""
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    norm_position: Literal["post", "pre"] = "post"
    """Norm after each sublayer's sum, as published, or before each sublayer (Xiong et al., 2020,
    arXiv:2002.04745) with one more at the end."""
    positions: Literal["learned", "sinusoidal"] = "learned"
    """Position embeddings that are trained, or sines and cosines that are not (Vaswani et al.,
    2017, section 3.5)."""

    def __post_init__(self) -> None:
        """Check what the layers below take for granted."""
        for name, least, most in SIZES:
            size = getattr(self, name)
            if size < least:
                raise ConfigError(f"{name} must be at least {least}, got {size}")
            if size > most:
                raise ConfigError(f"{name} must be at most {most:,}, got {size}")
        if not 0 <= self.pad_token_id < self.vocab_size:
            raise ConfigError(
                f"pad_token_id must be in [0, {self.vocab_size}), got {self.pad_token_id}"
            )
        if self.hidden_size % self.num_attention_heads:
            raise ConfigError(
                f"hidden_size {self.hidden_size} cannot be shared among "
                f"{self.num_attention_heads} heads",
                hint="make num_attention_heads a divisor of hidden_size",
            )
        if self.hidden_act not in ACTIVATIONS:
            raise ConfigError(
                f"hidden_act {self.hidden_act!r} is unknown",
                hint=f"one of {', '.join(ACTIVATIONS)}",
            )
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(f"{name} must be in [0, 1), got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class BertOutput:
    """What the encoder gives."""

    last_hidden_state: Tensor
    """Shape ``(B, T, D)``."""
    pooler_output: Tensor | None
    """The first position through a tanh layer, shape ``(B, D)``; None without a pooler."""


class BertEmbeddings(nn.Module):
    """The sum of word, position and segment embeddings, normed."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        hidden_size = config.hidden_size
        self.word_embeddings = nn.Embedding(
            config.vocab_size, hidden_size, padding_idx=config.pad_token_id
        )
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, hidden_size)
        if config.positions == "sinusoidal":
            self.position_embeddings.weight.requires_grad_(False)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, hidden_size)
        self.LayerNorm = nn.LayerNorm(hidden_size, eps=config.layer_norm_eps)
        self.dropout = Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        token_type_ids: Tensor | None,
        features: Tensor | None,
    ) -> Tensor:
        """Embed any shape of ids; `features`, one vector an id, are added before the norm."""
        x = self.word_embeddings(input_ids) + self.position_embeddings(position_ids)
        if token_type_ids is None:
            x = x + self.token_type_embeddings.weight[0]
        else:
            x = x + self.token_type_embeddings(token_type_ids)
        if features is not None:
            x = x + features
        normed: Tensor = self.dropout(self.LayerNorm(x))
        return normed


def sinusoids(num_positions: int, hidden_size: int) -> Tensor:
    """Give sines at even channels and cosines at odd ones, wavelengths from 2 pi to 20,000 pi."""
    position_T1 = torch.arange(num_positions, dtype=torch.float64)[:, None]
    channel_D = torch.arange(hidden_size)
    exponent_D = (channel_D - channel_D % 2).double() / hidden_size
    angle_TD = position_T1 / 10_000.0**exponent_D
    return torch.where(channel_D % 2 == 0, angle_TD.sin(), angle_TD.cos()).float()


class SelfAttention(nn.Module):
    """Multi-head attention of every position to all real ones (Vaswani et al., 2017, eq. 1)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.num_heads = config.num_attention_heads
        self.dropout_prob = config.attention_probs_dropout_prob
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        """Attend within each row of the batch; `x` is ``(B, T, D)``, or ``(M, D)`` when packed."""
        weight = torch.cat([self.query.weight, self.key.weight, self.value.weight])
        bias = torch.cat([self.query.bias, self.key.bias, self.value.bias])
        return self.attend_heads(F.linear(x, weight, bias), bias_B11T, packing)

    def attend_heads(
        self, qkv: Tensor, bias_B11T: Tensor | None, packing: Packing | None
    ) -> Tensor:
        """Attend, given queries, keys and values side by side on the last axis."""
        dropout_prob = self.dropout_prob * self.training
        if packing is not None:
            if qkv.requires_grad and trains_packed(qkv, packing.num_positions):
                return attend_training(
                    qkv, packing.offsets, self.num_heads, dropout_prob=dropout_prob
                )
            qkv = packing.unpack(qkv)
        q_BNTH, k_BNTH, v_BNTH = (
            part.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # type: ignore[no-untyped-call]
            for part in qkv.chunk(3, dim=-1)
        )
        out_BNTH = attend(q_BNTH, k_BNTH, v_BNTH, bias_B11T, dropout_prob=dropout_prob)
        out_BTD = out_BNTH.transpose(1, 2).flatten(2)
        return out_BTD if packing is None else packing.pack(out_BTD)


def attend(
    q_BNTH: Tensor, k_BNTH: Tensor, v_BNTH: Tensor, bias: Tensor | None, *, dropout_prob: float
) -> Tensor:
    """Average the values by the softmax of the scaled products of queries and keys.

    On a CPU the formula is written out for rows of a sentence's length: there the fused kernel is
    no faster, and its backward pass takes several times as long.
    """
    if bias is not None:
        bias = bias.to(q_BNTH.dtype)
    is_short = q_BNTH.requires_grad or q_BNTH.shape[2] <= MAX_WRITTEN_OUT
    if q_BNTH.device.type != "cpu" or not is_short:
        return F.scaled_dot_product_attention(
            q_BNTH, k_BNTH, v_BNTH, attn_mask=bias, dropout_p=dropout_prob
        )
    scores_BNTT = (q_BNTH * q_BNTH.shape[-1] ** -0.5) @ k_BNTH.transpose(-1, -2)
    if bias is not None:
        scores_BNTT = scores_BNTT + bias
    return dropout(scores_BNTT.softmax(-1), dropout_prob) @ v_BNTH


class Projection(nn.Module):
    """The last linear map of a sublayer and the norm of the block's sum."""

    def __init__(self, in_features: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(in_features, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = Dropout(config.hidden_dropout_prob)


class Attention(nn.Module):
    """Self-attention and its projection."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Projection(config.hidden_size, config)


class Intermediate(nn.Module):
    """The widening half of the feed-forward sublayer."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        """Widen ``(..., D)`` to ``(..., F)`` and bend."""
        return self.activation(self.dense(x))


class BertLayer(nn.Module):
    """One block: attention, then feed-forward, each added to what went in."""

    is_block = True

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.pre_norm = config.norm_position == "pre"
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Projection(config.intermediate_size, config)

    def forward(self, x: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        """Give a tensor of the shape of `x`."""
        x = self._add(
            x, self.attention.output, lambda y: self.attention.self(y, bias_B11T, packing)
        )
        return self._add(x, self.output, self.intermediate)

    def _add(
        self, x: Tensor, projection: Projection, sublayer: Callable[[Tensor], Tensor]
    ) -> Tensor:
        norm = projection.LayerNorm
        out = projection.dropout(projection.dense(sublayer(norm(x) if self.pre_norm else x)))
        added: Tensor = x + out if self.pre_norm else norm(x + out)
        return added


class BertEncoder(nn.Module):
    """The stack of blocks."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config) for _ in range(config.num_hidden_layers))
        self.gradient_checkpointing = False
        self.LayerNorm: nn.Module = nn.Identity()
        if config.norm_position == "pre":
            self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, x: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        """Give a tensor of the shape of `x`."""
        for layer in self.layer:
            if self.gradient_checkpointing and self.training:
                x = checkpoint(layer, x, bias_B11T, packing, use_reentrant=False)
            else:
                x = layer(x, bias_B11T, packing)
        normed: Tensor = self.LayerNorm(x)
        return normed


class BertPooler(nn.Module):
    """The first position through a tanh layer."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Give one vector a row, shape ``(B, D)``."""
        return torch.tanh(self.dense(x_BTD[:, 0]))


class BertModel(nn.Module):
    """The encoder with its embeddings and, if asked for, its pooler."""

    def __init__(self, config: BertConfig, *, with_pooler: bool = True) -> None:
        super().__init__()
        self.config = config
        self.embeddings: nn.Module = BertEmbeddings(config)
        self.is_always_packed = False
        """Whether leaving padding out pays even where there is none, as `bert_inference` says."""
        self.encoder = BertEncoder(config)
        self.pooler = BertPooler(config) if with_pooler else None
        self.apply(self.initialize)
        if config.positions == "sinusoidal":
            weight = self.embeddings.position_embeddings.weight
            # as spread as words start out: the paper widens its words instead
            weight.data.copy_(sinusoids(*weight.shape) * (2**0.5 * config.initializer_range))

    def initialize(self, module: nn.Module) -> None:
        """Draw the first weights of one layer."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            nn.init.zeros_(module.weight[module.padding_idx])

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        features: Tensor | None = None,
        unpad: bool = False,
    ) -> BertOutput:
        """Encode a batch.

        Args:
            input_ids: Token ids, shape ``(B, T)``.
            attention_mask: Not zero at real positions, shape ``(B, T)``; None when all are real.
            token_type_ids: Segment of each token, shape ``(B, T)``; None for the first segment.
            features: Vectors added to the embeddings before their norm, shape ``(B, T, D)``.
            unpad: Where it pays, compute real positions only, and give zero at the padding. If
                not, the padding's outputs are computed too, as other libraries do.

        Raises:
            ShapeError: If a row is longer than the positions that were learned.
        """
        num_positions = input_ids.shape[1]
        if num_positions > self.config.max_position_embeddings:
            raise ShapeError(
                f"{num_positions} tokens are more than the model's "
                f"{self.config.max_position_embeddings} positions",
                hint="cut the text into windows",
            )
        bias_B11T, packing = self._layout(input_ids, attention_mask, unpad)
        position_ids = torch.arange(num_positions, device=input_ids.device).expand_as(input_ids)
        inputs = [input_ids, position_ids, token_type_ids, features]
        if packing is not None:
            inputs = [None if item is None else packing.pack(item) for item in inputs]
        x = self.encoder(self.embeddings(*inputs), bias_B11T, packing)
        x_BTD = x if packing is None else packing.unpack(x)
        pooled = None if self.pooler is None else self.pooler(x_BTD)
        return BertOutput(last_hidden_state=x_BTD, pooler_output=pooled)

    def _layout(
        self, input_ids: Tensor, mask_BT: Tensor | None, unpad: bool
    ) -> tuple[Tensor | None, Packing | None]:
        """Choose how padding is kept from being attended to: by a bias, or by leaving it out."""
        if unpad and self.is_always_packed:
            return None, Packing.of(torch.ones_like(input_ids) if mask_BT is None else mask_BT)
        if mask_BT is None or bool((mask_BT != 0).all()):
            bias_B11T, padding_share, mask_BT = None, 0.0, torch.ones_like(input_ids)
        else:
            bias_B11T, padding_share = attention_bias(mask_BT), _share_of_padding(mask_BT)
        few_sizes = self.training and input_ids.device.type == "cpu"
        if unpad and (few_sizes or padding_share > MIN_PADDING_SHARE):
            return bias_B11T, Packing.of(mask_BT, few_sizes=few_sizes)
        return bias_B11T, None


def _share_of_padding(mask_BT: Tensor) -> float:
    return float((mask_BT == 0).float().mean())


def attention_bias(mask_BT: Tensor) -> Tensor:
    """Give what is added to the attention scores: 0 at real keys and very little at padding.

    Not minus infinity: a row without any real position would become NaN.
    """
    bias_BT = torch.zeros(mask_BT.shape, device=mask_BT.device)
    return bias_BT.masked_fill(mask_BT == 0, -1e9)[:, None, None, :]
