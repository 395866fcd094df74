"""Begin the training of an extractor: new heads on a BERT encoder, or an extractor as it is.

Chinese characters that the vocabulary lacks are added to it, for a model without them reads
nothing but unknowns.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from lexloom.extract.files import MODEL_TYPE, load_extractor_files
from lexloom.models.checkpoint import load_bert, read_config
from lexloom.models.grow import WORDS, with_new_rows
from lexloom.models.span_extractor import SpanExtractor, SpanExtractorConfig
from lexloom.tokens.extend import missing_characters, with_pieces
from lexloom.tokens.units import SHAPES, UnitTokenizer, split_units


def start_model(
    init: Path, texts: Sequence[str], heads: SpanExtractorConfig | None = None, *, seed: int
) -> tuple[SpanExtractor, UnitTokenizer]:
    """Give a model to train and its tokenizer.

    Args:
        init: A BERT directory, which gets new heads, or an extractor's, which keeps its own.
        texts: What will be read; their Chinese characters join the vocabulary.
        heads: The shape of new heads, whose `encoder` and `num_shapes` are not looked at.
        seed: Of the new parameters.

    Raises:
        ArtifactError: If `init` is neither.
    """
    torch.manual_seed(seed)
    if read_config(init).get("model_type") == MODEL_TYPE:
        files = load_extractor_files(init)
        return _with_characters(files.model, files.tokenizer, texts)
    bert = load_bert(init)
    tokenizer = UnitTokenizer.load(init / "tokenizer.json")
    split_units(tokenizer.tokenizer)
    # attention without dropout: written out, its mask would cost more than the attention
    encoder = replace(bert.config, attention_probs_dropout_prob=0.0)
    shape = heads or SpanExtractorConfig(encoder=encoder, num_shapes=len(SHAPES))
    model = SpanExtractor(replace(shape, encoder=encoder, num_shapes=len(SHAPES)))
    values = bert.state_dict()
    model.bert.load_state_dict({k: v for k, v in values.items() if not k.startswith("pooler.")})
    return _with_characters(model, tokenizer, texts)


def _with_characters(
    model: SpanExtractor, tokenizer: UnitTokenizer, texts: Sequence[str]
) -> tuple[SpanExtractor, UnitTokenizer]:
    pieces = missing_characters(tokenizer.tokenizer, texts)
    if pieces:
        tokenizer = UnitTokenizer(with_pieces(tokenizer.tokenizer, pieces))
    # published models may have more rows than their vocabulary has pieces
    num_rows = tokenizer.vocab_size - model.config.encoder.vocab_size
    if num_rows <= 0:
        return model, tokenizer
    encoder = replace(model.config.encoder, vocab_size=tokenizer.vocab_size)
    grown = SpanExtractor(replace(model.config, encoder=encoder))
    values = model.state_dict()
    values[f"bert.{WORDS}"] = with_new_rows(values[f"bert.{WORDS}"], num_rows)
    grown.load_state_dict(values)
    return grown, tokenizer
