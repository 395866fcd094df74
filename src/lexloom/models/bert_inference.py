"""BERT's blocks for inference on a CPU: the maps packed once, activation and sum inside of them.

`bert` is the plain form, which trains, saves, and is this one's oracle.
"""

from torch import Tensor, nn

from lexloom.models.bert import BertLayer, BertModel
from lexloom.nn.packed_linear import PackedLinear, can_pack
from lexloom.nn.packing import Packing


class PackedBertLayer(nn.Module):
    """A post-norm block with GELU, equal to the `BertLayer` it is made from up to rounding."""

    def __init__(self, layer: BertLayer) -> None:
        super().__init__()
        attention = layer.attention
        heads = attention.self
        self.heads = heads
        self.qkv = PackedLinear.of(heads.query, heads.key, heads.value)
        self.attention_out = PackedLinear.of(attention.output.dense)
        self.attention_norm = attention.output.LayerNorm
        self.intermediate = PackedLinear.of(layer.intermediate.dense, gelu=True)
        self.out = PackedLinear.of(layer.output.dense)
        self.norm = layer.output.LayerNorm

    def forward(self, x: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        """Give a tensor of the shape of `x`."""
        attended = self.heads.attend_heads(self.qkv(x), bias_B11T, packing)
        x = self.attention_norm(self.attention_out.add(attended.contiguous(), x))
        normed: Tensor = self.norm(self.out.add(self.intermediate(x), x))
        return normed


def pack_for_inference(model: BertModel) -> bool:
    """Put packed blocks into the model where that works, and say whether it did.

    The model can then be neither trained nor saved.
    """
    config = model.config
    weight = model.embeddings.word_embeddings.weight
    if config.norm_position != "post" or config.hidden_act != "gelu" or not can_pack(weight):
        return False
    model.encoder.layer = nn.ModuleList(
        PackedBertLayer(layer) if isinstance(layer, BertLayer) else layer
        for layer in model.encoder.layer
    )
    return True
