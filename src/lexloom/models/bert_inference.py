"""BERT's blocks for inference on a CPU: the maps packed once, activation and sum inside of them.

Padding is left out from the embeddings to the last block where the kernels of `nn.kernels` are
compiled. `bert` is the plain form, which trains, saves, and is this one's oracle.
"""

from torch import Tensor, nn

from lexloom.models.bert import BertEmbeddings, BertLayer, BertModel
from lexloom.nn.kernels.attention import DTYPES, attend_packed
from lexloom.nn.kernels.library import kernels
from lexloom.nn.kernels.norm import Term, norm_sum
from lexloom.nn.packed_linear import can_pack, linear_for_inference
from lexloom.nn.packing import Packing


class PackedBertEmbeddings(nn.Module):
    """Embeddings that are looked up, summed and normed in one go."""

    def __init__(self, embeddings: BertEmbeddings) -> None:
        super().__init__()
        self.word_embeddings = embeddings.word_embeddings
        self.position_embeddings = embeddings.position_embeddings
        self.token_type_embeddings = embeddings.token_type_embeddings
        self.norm = embeddings.LayerNorm

    def forward(
        self,
        input_ids: Tensor,
        position_ids: Tensor,
        token_type_ids: Tensor | None,
        features: Tensor | None,
    ) -> Tensor:
        """Embed any shape of ids; `features`, one vector an id, are added before the norm."""
        if token_type_ids is None:
            token_type_ids = input_ids.new_zeros(()).expand_as(input_ids)
        terms: list[Term] = [
            (self.word_embeddings.weight, input_ids.flatten()),
            (self.position_embeddings.weight, position_ids.flatten()),
            (self.token_type_embeddings.weight, token_type_ids.flatten()),
        ]
        if features is not None:
            terms.append((features.flatten(0, -2), None))
        return norm_sum(terms, self.norm).view(*input_ids.shape, -1)


class PackedBertLayer(nn.Module):
    """A post-norm block with GELU, equal to the `BertLayer` it is made from up to rounding."""

    def __init__(self, layer: BertLayer) -> None:
        super().__init__()
        attention = layer.attention
        heads = attention.self
        self.heads = heads
        self.qkv = linear_for_inference(heads.query, heads.key, heads.value)
        self.attention_out = linear_for_inference(attention.output.dense)
        self.attention_norm = attention.output.LayerNorm
        self.intermediate = linear_for_inference(layer.intermediate.dense, gelu=True)
        self.out = linear_for_inference(layer.output.dense)
        self.norm = layer.output.LayerNorm

    def forward(self, x: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        """Give a tensor of the shape of `x`."""
        attended = self._attend(self.qkv(x), bias_B11T, packing)
        x = _normed(self.attention_out.add(attended, x), self.attention_norm)
        return _normed(self.out.add(self.intermediate(x), x), self.norm)

    def _attend(self, qkv: Tensor, bias_B11T: Tensor | None, packing: Packing | None) -> Tensor:
        # without compiled kernels one padded product beats many small ones
        if packing is None or kernels() is None:
            return self.heads.attend_heads(qkv, bias_B11T, packing).contiguous()
        return attend_packed(qkv, packing.offsets, self.heads.num_heads)


def _normed(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    return norm_sum([(x.flatten(0, -2), None)], norm).view_as(x)


def pack_for_inference(model: BertModel) -> bool:
    """Put packed blocks into the model where that pays, and say whether it did.

    The model can then be neither trained nor saved.
    """
    config = model.config
    weight = next(model.embeddings.parameters())
    is_compiled = kernels() is not None and weight.device.type == "cpu" and weight.dtype in DTYPES
    if config.norm_position != "post" or config.hidden_act != "gelu":
        return False
    if not (is_compiled or can_pack(weight)):
        return False
    if isinstance(model.embeddings, BertEmbeddings):
        model.embeddings = PackedBertEmbeddings(model.embeddings)
    model.encoder.layer = nn.ModuleList(
        PackedBertLayer(layer) if isinstance(layer, BertLayer) else layer
        for layer in model.encoder.layer
    )
    model.is_always_packed = is_compiled
    return True
