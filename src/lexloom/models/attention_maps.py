"""Where a BERT looks: the attention of every layer and head over one text or pair."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lexloom.errors import UsageError
from lexloom.models.bert import BertModel, SelfAttention
from lexloom.models.checkpoint import load_bert
from lexloom.tokens.tokenizer import without_surrogates
from lexloom.tokens.units import load_tokenizer

MAX_TOKENS = 256
"""More can be neither drawn nor looked at."""


@dataclass(frozen=True, slots=True)
class AttentionMaps:
    """Attention of layers L and heads N among T tokens."""

    tokens: tuple[str, ...]
    weights_LNTT: NDArray[np.float32]
    """From the token of a row to the token of a column; each row sums up to 1."""


def look(path: Path, text: str, pair: str | None = None) -> AttentionMaps:
    """Read a text, or a pair, with the BERT of a model directory.

    Raises:
        ArtifactError: If the directory is missing or damaged.
        ConfigError: If it is no BERT.
        UsageError: If the text has more tokens than can be shown.
    """
    model = load_bert(path).eval()
    tokenizer = load_tokenizer(path / "tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    second = None if pair is None else without_surrogates(pair)
    encoding = tokenizer.encode(without_surrogates(text), second)
    limit = min(MAX_TOKENS, model.config.max_position_embeddings)
    if len(encoding.ids) > limit:
        raise UsageError(
            f"{len(encoding.ids)} tokens are more than the {limit} that can be shown",
            hint="give a shorter text",
        )
    ids, types = torch.tensor([encoding.ids]), torch.tensor([encoding.type_ids])
    return AttentionMaps(tuple(encoding.tokens), attention_weights(model, ids, types).numpy())


@torch.no_grad()
def attention_weights(model: BertModel, input_ids: Tensor, token_type_ids: Tensor | None) -> Tensor:
    """Give the attention ``(L, N, T, T)`` of one text, of ids ``(1, T)`` without padding."""
    maps: list[Tensor] = []

    def note(module: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        assert isinstance(module, SelfAttention)
        q_NTH, k_NTH = (
            linear(arguments[0])[0].unflatten(-1, (module.num_heads, -1)).transpose(0, 1)
            for linear in (module.query, module.key)
        )
        scores_NTT = (q_NTH * q_NTH.shape[-1] ** -0.5) @ k_NTH.transpose(-1, -2)
        maps.append(scores_NTT.float().softmax(-1))

    modules = [module for module in model.modules() if isinstance(module, SelfAttention)]
    hooks = [module.register_forward_pre_hook(note) for module in modules]
    try:
        model(input_ids, token_type_ids=token_type_ids)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(maps)
