"""Which special tokens a tokenizer has, and how they stand around a text: a literal table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tokenizers import processors


@dataclass(frozen=True, kw_only=True, slots=True)
class SpecialTokens:
    """The special tokens of one family of models."""

    roles: Mapping[str, str]
    """Role, as ``tokenizer_config.json`` names it -> token; in the order of the ids."""
    single: str
    """Template around one text, in the words of the `tokenizers` library."""
    pair: str
    """Template around two texts."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every special token, in the order of the ids."""
        return tuple(self.roles.values())


SPECIAL_TOKENS: Mapping[str, SpecialTokens] = {
    "bert": SpecialTokens(
        roles={
            "pad_token": "[PAD]",
            "unk_token": "[UNK]",
            "cls_token": "[CLS]",
            "sep_token": "[SEP]",
            "mask_token": "[MASK]",
        },
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
    ),
    "llama": SpecialTokens(
        roles={
            "unk_token": "<unk>",
            "bos_token": "<s>",
            "eos_token": "</s>",
            "pad_token": "<pad>",
        },
        single="<s> $A",
        pair="<s> $A $B:1",
    ),
    "chat": SpecialTokens(
        roles={
            "unk_token": "<unk>",
            "bos_token": "<|im_start|>",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
        },
        single="$A",
        pair="$A $B:1",
    ),
}
"""Name of a preset -> its tokens."""


def template(special: SpecialTokens, ids: Mapping[str, int]) -> Any:
    """Give the post-processor that puts the special tokens around a text."""
    named = [(token, ids[token]) for token in special.tokens if token in special.pair]
    return processors.TemplateProcessing(
        single=special.single, pair=special.pair, special_tokens=named
    )
