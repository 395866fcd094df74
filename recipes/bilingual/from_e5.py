"""Cut multilingual E5 down to Chinese and English: the model the bilingual encoder starts from.

Of its 250,000 unigram pieces those stay that English here is written in, and the Chinese
characters, one by one, for mentions start and end at characters. They become WordPieces: ``▁word``
starts a word and is ``word``; ``word`` goes on within one and is ``##word``. Each keeps its vector.
"""

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer as Library
from tokenizers import decoders, normalizers
from tokenizers import models as vocabularies
from tokenizers import pre_tokenizers as pre
from torch import Tensor

from lexloom.artifacts import sealed_directory
from lexloom.models.bert import BertModel
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_bert, save_pretraining
from lexloom.models.registry import resolve_model
from lexloom.tokens.presets import SPECIAL_TOKENS, template
from lexloom.tokens.tokenizer import Tokenizer

SPACE, NEXT = "\u2581", "##"
SPECIAL = SPECIAL_TOKENS["bert"]
OLD_SPECIAL = {
    "[PAD]": "<pad>",
    "[UNK]": "<unk>",
    "[CLS]": "<s>",
    "[SEP]": "</s>",
    "[MASK]": "<mask>",
}
ALPHABET = [chr(code) for code in range(0x21, 0x7F)]
LAYER = "encoder.layer."


def split() -> tuple[normalizers.Normalizer, pre.PreTokenizer]:
    """Give how a cased BERT cleans text and parts it into words, characters and marks."""
    clean = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    return clean, pre.BertPreTokenizer()


def count_units(texts: Iterable[str]) -> Counter[str]:
    """Count words, Chinese characters and marks."""
    clean, splitter = split()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(unit for unit, _ in splitter.pre_tokenize_str(clean.normalize_str(text)))
    return counts


def is_chinese(char: str) -> bool:
    """Whether a character is a common Chinese one."""
    return "\u4e00" <= char <= "\u9fff"


def choose(counts: Mapping[str, int], old: Tokenizer, limits: tuple[int, int]) -> dict[str, str]:
    """Give the new pieces, in the order of their ids, and the old one each comes from.

    Args:
        counts: Units of the text to read.
        old: The unigram tokenizer.
        limits: Most pieces of words, and most Chinese characters.
    """
    known = old.library.get_vocab()
    found: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for unit, count in counts.items():
        if is_chinese(unit[0]):
            characters[unit] += count
            continue
        if len(unit) == 1 and not unit.isalnum():
            found[unit] += count  # a wide mark by itself, not as the narrow one it stands for
            continue
        first = True
        for token in old.library.encode(unit, add_special_tokens=False).tokens:
            piece = token.removeprefix(SPACE)
            if piece and token != OLD_SPECIAL["[UNK]"]:
                found[piece if first else NEXT + piece] += count
                first = False
    for char in ALPHABET:
        found[char] += 1
        if char.isalnum():
            found[NEXT + char] += 1
    level_one = bytes(byte for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF) for byte in (a, b))
    for char in level_one.decode("gb2312", "ignore"):
        characters[char] += 1
    pieces = dict.fromkeys(SPECIAL.tokens, "") | dict(
        [*found.most_common(limits[0]), *characters.most_common(limits[1])]
    )
    return {piece: source(piece, known) for piece in pieces}


def source(piece: str, known: Mapping[str, int]) -> str:
    """Give the old piece whose vector a new one takes; empty when there is none."""
    if piece in OLD_SPECIAL:
        return OLD_SPECIAL[piece]
    text = unicodedata.normalize("NFKC", piece.removeprefix(NEXT))
    starts = not piece.startswith(NEXT) and text[:1].isalnum() and not is_chinese(text[0])
    starts |= unicodedata.category(text[:1] or " ") in ("Ps", "Pi")
    names = [SPACE + text, text] if starts else [text, SPACE + text]
    return next((name for name in names if name in known), "")


def wordpiece(pieces: Sequence[str]) -> Tokenizer:
    """Give a cased BERT tokenizer of a vocabulary."""
    ids = {piece: number for number, piece in enumerate(pieces)}
    library = Library(vocabularies.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    library.normalizer, library.pre_tokenizer = split()
    library.decoder = decoders.WordPiece(prefix=NEXT)
    library.post_processor = template(SPECIAL, ids)
    library.add_special_tokens(list(SPECIAL.tokens))
    return Tokenizer(library, roles=SPECIAL.roles)


def rows(old_VD: Tensor, sources: Sequence[str], known: Mapping[str, int]) -> Tensor:
    """Give the vectors of new pieces; those without a source are drawn around the mean."""
    mean_D, spread_D = old_VD.mean(0), old_VD.std(0)
    return torch.stack(
        [
            old_VD[known[name]] if name else mean_D + torch.randn_like(mean_D) * spread_D
            for name in sources
        ]
    )


def cut(
    bert: BertModel, words_VD: Tensor, pad_id: int, layers: Sequence[int]
) -> BertForPreTraining:
    """Give a model with other words and only some of the layers."""
    # attention without dropout: on a CPU its mask costs as much as the attention
    config = replace(
        bert.config,
        vocab_size=len(words_VD),
        pad_token_id=pad_id,
        num_hidden_layers=len(layers),
        attention_probs_dropout_prob=0.0,
    )
    values = bert.state_dict() | {"embeddings.word_embeddings.weight": words_VD}
    for new, layer in enumerate(layers):
        for name, tensor in bert.state_dict().items():
            if name.startswith(f"{LAYER}{layer}."):
                values[name.replace(f"{LAYER}{layer}.", f"{LAYER}{new}.", 1)] = tensor
    model = BertForPreTraining(config, with_pairs=False)
    wanted = model.state_dict()
    model.load_state_dict(
        wanted | {f"bert.{k}": v for k, v in values.items() if f"bert.{k}" in wanted}
    )
    return model


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="text.jsonl of prepare.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", default="e5-small")
    parser.add_argument("--layers", default="0,1,2,3,4,5,6,7,8,9,10,11", help="which ones stay")
    parser.add_argument("--words", type=int, default=15_000, help="most pieces of words")
    parser.add_argument("--characters", type=int, default=6_500, help="most Chinese characters")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    with arguments.text.open(encoding="utf-8") as stream:
        counts = count_units(json.loads(line)["text"] for line in stream)
    path = resolve_model(arguments.init)
    old, bert = Tokenizer.load(path), load_bert(path)
    limits = arguments.words, arguments.characters
    pieces = choose(counts, old, limits)
    known = old.library.get_vocab()
    old_VD = bert.embeddings.word_embeddings.weight.detach()
    new_VD = rows(old_VD, list(pieces.values()), known)
    layers = [int(number) for number in arguments.layers.split(",")]
    tokenizer = wordpiece(list(pieces))
    model = cut(bert, new_VD, tokenizer.token_id("pad_token") or 0, layers)
    with sealed_directory(arguments.out) as directory:
        save_pretraining(model, directory)
        tokenizer.save(directory)
    num_drawn = sum(not name for name in pieces.values())
    print(f"{len(pieces):,} pieces, {num_drawn:,} of them drawn; {len(layers)} layers")
    print(f"{sum(p.numel() for p in model.bert.parameters()):,} parameters")


if __name__ == "__main__":
    main()
