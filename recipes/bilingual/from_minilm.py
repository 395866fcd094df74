"""MiniLM with Chinese characters: a model the bilingual encoder can start from.

From MiniLM's vocabulary what no text here is written in is dropped, and the Chinese characters are
added that make up nearly all of the text. Their vectors come from multilingual E5, through a linear
map between the English words that both models have: a character then lies beside the English words
for it. Without `--vectors` they are drawn around the mean.
"""

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as Library
from torch import Tensor

from lexloom.artifacts import sealed_directory
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_bert, save_pretraining
from lexloom.models.grow import translate, with_new_rows
from lexloom.models.registry import resolve_model
from lexloom.tokens.tokenizer import Tokenizer

WORDS = "bert.embeddings.word_embeddings.weight"
SCRIPTS = ("LATIN", "DIGIT", "CJK", "GREEK")
"""Scripts whose pieces stay, with marks and symbols."""
COVERAGE = 0.99999
MAX_CHARACTERS = 6_000
ROLES = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")}


def is_wanted(piece: str) -> bool:
    """Whether a piece of the old vocabulary is in a script that is written here."""
    if piece in ROLES.values():
        return True
    if piece.startswith("[unused"):
        return False
    letters = [char for char in piece.removeprefix("##") if char.isalpha()]
    return all(unicodedata.name(char, "").startswith(SCRIPTS) for char in letters)


def common_characters(texts: Sequence[str]) -> list[str]:
    """Give the Chinese characters that cover the text, the most frequent first."""
    counts = Counter(char for text in texts for char in text if "\u4e00" <= char <= "\u9fff")
    left = (1 - COVERAGE) * counts.total()
    ranked = counts.most_common(MAX_CHARACTERS)
    while ranked and left > ranked[-1][1]:
        left -= ranked.pop()[1]
    level_one = bytes(byte for a in range(0xB0, 0xD8) for b in range(0xA1, 0xFF) for byte in (a, b))
    common = [c for c in level_one.decode("gb2312", "ignore") if c not in counts]
    return [char for char, _ in ranked] + common


def start_model(old: Path, texts: Sequence[str], vectors: Path | None, out: Path) -> None:
    """Write the model to start from."""
    torch.manual_seed(0)
    values = json.loads((old / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = values["model"]["vocab"]
    kept = [piece for piece in sorted(vocabulary, key=vocabulary.__getitem__) if is_wanted(piece)]
    kept.sort(key=lambda piece: piece not in ROLES.values())  # special ones first
    new = [char for char in common_characters(texts) if char not in set(kept)]
    pieces = [*kept, *new]
    values["model"]["vocab"] = {piece: number for number, piece in enumerate(pieces)}
    values["added_tokens"] = [
        {**item, "id": pieces.index(item["content"])}
        for item in values["added_tokens"]
        if item["content"] in ROLES.values()
    ]
    _renumber(values["post_processor"], pieces)
    values["padding"] = values["truncation"] = None
    bert = load_bert(old)
    rows_VD = bert.embeddings.word_embeddings.weight.detach()
    old_ids = torch.tensor([vocabulary[piece] for piece in kept])
    new_VD = with_new_rows(rows_VD, len(new))[len(rows_VD) :]
    if vectors is not None:
        num_found = take_vectors(new_VD, new, (rows_VD, vocabulary), vectors)
        print(f"{num_found:,} characters have vectors of {vectors}", flush=True)
    # attention without dropout: on a CPU its mask costs as much as the attention
    config = replace(bert.config, vocab_size=len(pieces), attention_probs_dropout_prob=0.0)
    model = BertForPreTraining(config, with_pairs=False)
    tensors = {f"bert.{k}": v for k, v in bert.state_dict().items() if not k.startswith("pooler.")}
    tensors[WORDS] = torch.cat([rows_VD[old_ids], new_VD])
    model.load_state_dict(model.state_dict() | tensors)
    with sealed_directory(out) as directory:
        save_pretraining(model, directory)
        library = Library.from_str(json.dumps(values))
        Tokenizer(library, roles=ROLES).save(directory)
    print(f"{len(kept):,} old pieces, {len(new):,} new characters", flush=True)


def take_vectors(
    new_MD: Tensor, new: Sequence[str], own: tuple[Tensor, Mapping[str, int]], other: Path
) -> int:
    """Fill the vectors of new characters from another model, and give how many it knows."""
    words_VD, vocabulary = own
    theirs = Tokenizer.load(other).library.get_vocab()
    theirs_VE = load_bert(other).embeddings.word_embeddings.weight.detach()
    shared = [w for w in vocabulary if w in theirs and w.isascii() and w not in ROLES.values()]
    found = [number for number, char in enumerate(new) if char in theirs]
    new_MD[found] = translate(
        theirs_VE[[theirs[word] for word in shared]],
        words_VD[[vocabulary[word] for word in shared]],
        theirs_VE[[theirs[new[number]] for number in found]],
    )
    return len(found)


def _renumber(processor: dict[str, Any], pieces: Sequence[str]) -> None:
    """Give the tokens around a text their new ids."""
    if "special_tokens" in processor:
        for token, item in processor["special_tokens"].items():
            item["ids"] = [pieces.index(token)]
    for name in ("cls", "sep"):
        if name in processor:
            processor[name][1] = pieces.index(processor[name][0])


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", default="minilm-l6")
    parser.add_argument("--vectors", help="a model with Chinese characters, such as e5-small")
    arguments = parser.parse_args()
    with arguments.text.open(encoding="utf-8") as stream:
        texts = [json.loads(line)["text"] for line in stream]
    vectors = resolve_model(arguments.vectors) if arguments.vectors else None
    start_model(resolve_model(arguments.init), texts, vectors, arguments.out)


if __name__ == "__main__":
    main()
