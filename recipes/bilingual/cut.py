"""Cut an encoder down to what Chinese and English need: a small vocabulary, some of the layers.

Those pieces stay that the text is written in most, with the letters and the common Chinese
characters. The lower layers of E5 are the ones to keep for tagging: its last ones were made for one
vector a text.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer as Library

from lexloom.artifacts import sealed_directory
from lexloom.models.bert import BertModel
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_bert, save_pretraining
from lexloom.models.registry import resolve_model
from lexloom.tokens.presets import SPECIAL_TOKENS, template
from lexloom.tokens.tokenizer import Tokenizer

NEXT = "##"
SPECIAL = SPECIAL_TOKENS["bert"]
ALPHABET = [chr(code) for code in range(0x21, 0x7F)]
LAYER = "encoder.layer."
WORDS = "embeddings.word_embeddings.weight"
BATCH = 256


def is_chinese(piece: str) -> bool:
    """Whether a piece is a common Chinese character."""
    return len(piece) == 1 and "\u4e00" <= piece <= "\u9fff"


def common_characters() -> Iterator[str]:
    """Give the 3,755 characters of the first level of GB 2312."""
    for row in range(0xB0, 0xD8):
        for column in range(0xA1, 0xFF):
            yield bytes([row, column]).decode("gb2312", "ignore")


def count_pieces(texts: Sequence[str], tokenizer: Tokenizer) -> Counter[str]:
    """Count the pieces of texts."""
    counts: Counter[int] = Counter()
    for start in range(0, len(texts), BATCH):
        for encoded in tokenizer.encode_batch(texts[start : start + BATCH]):
            counts.update(encoded.input_ids.tolist())
    return Counter({tokenizer.library.id_to_token(id): count for id, count in counts.items()})


def choose(counts: Counter[str], known: set[str], limits: tuple[int, int]) -> list[str]:
    """Give the pieces that stay, in the order of their ids.

    Args:
        counts: Pieces of the text.
        known: The old vocabulary.
        limits: Most Chinese characters, and most other pieces.
    """
    for piece in (*ALPHABET, *(NEXT + char for char in ALPHABET), *common_characters()):
        if piece in known:
            counts[piece] += 1
    for token in SPECIAL.tokens:
        del counts[token]
    ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))
    characters = [piece for piece in ranked if is_chinese(piece)][: limits[0]]
    others = [piece for piece in ranked if not is_chinese(piece)][: limits[1]]
    return [*SPECIAL.tokens, *others, *characters]


def with_vocabulary(tokenizer: Tokenizer, pieces: Sequence[str]) -> Tokenizer:
    """Give a WordPiece tokenizer that splits as the old one does, with fewer pieces."""
    ids = {piece: number for number, piece in enumerate(pieces)}
    values = json.loads(tokenizer.library.to_str())
    values["model"]["vocab"] = ids
    values["added_tokens"] = values["post_processor"] = None
    library = Library.from_str(json.dumps({**values, "added_tokens": []}))
    library.post_processor = template(SPECIAL, ids)
    library.add_special_tokens(list(SPECIAL.tokens))
    return Tokenizer(library, roles=SPECIAL.roles)


def cut(bert: BertModel, rows: Sequence[int], layers: Sequence[int]) -> BertForPreTraining:
    """Give a model with some of the words and some of the layers."""
    # attention without dropout: on a CPU its mask costs as much as the attention
    config = replace(
        bert.config,
        vocab_size=len(rows),
        pad_token_id=0,
        num_hidden_layers=len(layers),
        attention_probs_dropout_prob=0.0,
    )
    old = bert.state_dict()
    values = {name: tensor for name, tensor in old.items() if not name.startswith(LAYER)}
    values[WORDS] = old[WORDS][list(rows)]
    for new, layer in enumerate(layers):
        prefix = f"{LAYER}{layer}."
        for name in filter(lambda name: name.startswith(prefix), old):
            values[f"{LAYER}{new}.{name.removeprefix(prefix)}"] = old[name]
    model = BertForPreTraining(config, with_pairs=False)
    fresh = model.state_dict()
    named = {f"bert.{name}": tensor for name, tensor in values.items()}
    model.load_state_dict(fresh | {k: v for k, v in named.items() if k in fresh})
    return model


def cut_down(
    init: Path, texts: Sequence[str], out: Path, *, layers: int, limits: tuple[int, int]
) -> None:
    """Write the encoder that is left of `init` for what `texts` are written in.

    Args:
        init: The directory of an encoder with a WordPiece tokenizer.
        texts: Text to count pieces in.
        out: The new directory.
        layers: How many of the lower layers stay.
        limits: Most Chinese characters, and most other pieces.
    """
    torch.manual_seed(0)
    old, bert = Tokenizer.load(init), load_bert(init)
    known = old.library.get_vocab()
    pieces = choose(count_pieces(texts, old), set(known), limits)
    model = cut(bert, [known[piece] for piece in pieces], range(layers))
    with sealed_directory(out) as directory:
        save_pretraining(model, directory)
        with_vocabulary(old, pieces).save(directory)
    num_parameters = sum(parameter.numel() for parameter in model.bert.parameters())
    print(f"{len(pieces):,} pieces, {layers} layers, {num_parameters:,} parameters")


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", default="e5-small")
    parser.add_argument("--layers", type=int, default=8, help="how many of the lower ones stay")
    parser.add_argument("--characters", type=int, default=6_500, help="most Chinese characters")
    parser.add_argument("--others", type=int, default=15_000, help="most other pieces")
    arguments = parser.parse_args()
    with arguments.text.open(encoding="utf-8") as stream:
        texts = [json.loads(line)["text"] for line in stream]
    limits = (arguments.characters, arguments.others)
    init = resolve_model(arguments.init)
    cut_down(init, texts, arguments.out, layers=arguments.layers, limits=limits)


if __name__ == "__main__":
    main()
