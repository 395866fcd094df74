"""Text and a first model for the bilingual encoder: what `lexloom train bert` goes on from.

Only text whose licence lets weights be shipped is taken. From MiniLM's vocabulary what no text here
is written in is dropped, and the Chinese characters are added that make up nearly all of the text;
their vectors start around the mean. See README.md beside this file for the whole way.
"""

import argparse
import bz2
import csv
import json
import random
import re
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as Library

from lexloom.artifacts import atomic_write, sealed_directory, write_json
from lexloom.corpus.sentences import split_sentences
from lexloom.models.bert_pretraining import BertForPreTraining
from lexloom.models.checkpoint import load_bert, save_pretraining
from lexloom.models.registry import resolve_model
from lexloom.tokens.tokenizer import Tokenizer

WORDS = "bert.embeddings.word_embeddings.weight"
SCRIPTS = ("LATIN", "DIGIT", "CJK", "GREEK")
"""Scripts whose pieces stay, with marks and symbols."""
COVERAGE = 0.99999
MAX_CHARACTERS = 6_000
PASSAGE_CHARACTERS = 4_000
ROLES = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")}


def archived(path: Path, suffix: str) -> Iterator[str]:
    """Give the files of an archive that end so."""
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(suffix) else None
            if stream is not None:
                yield stream.read().decode("utf-8", "replace")


def laws(data: Path) -> Iterator[str]:
    """Chinese statutes."""
    for text in archived(data / "zh_laws/laws_md.tar.gz", ".md"):
        yield re.sub(r"^#+\s*|<!--.*?-->", "", text, flags=re.MULTILINE | re.DOTALL)


def novels(data: Path) -> Iterator[str]:
    """English novels, with lines joined."""
    for text in archived(data / "litbank_novels/original_novels.tar.gz", ".txt"):
        yield "\n".join(" ".join(p.split()) for p in re.split(r"\n\s*\n", text))


def paragraphs_of_cmrc(data: Path) -> Iterator[str]:
    """Chinese Wikipedia."""
    for name in ("cmrc2018_dev.json", "cmrc2018_trial.json"):
        values = json.loads((data / "cmrc2018" / name).read_text(encoding="utf-8"))
        for item in values["data"] if isinstance(values, dict) else values:
            for part in item.get("paragraphs", [item]):
                yield part.get("context") or part["context_text"]


def encyclopedia(data: Path) -> Iterator[str]:
    """Sentences of encyclopedias: DeepKE's training parts, each sentence once."""
    for name in ("deepke_zh_ae/train.csv", "deepke_zh_re_v0/train.csv"):
        with (data / name).open(encoding="utf-8") as stream:
            sentences = dict.fromkeys(row["sentence"] for row in csv.DictReader(stream))
        yield from _joined(sentences)


def dialogues(data: Path) -> Iterator[str]:
    """Chinese conversations, a text each."""
    for text in archived(data / "kdconv_zh.tar.gz", ".json"):
        values = json.loads(text)
        for item in values if isinstance(values, list) else []:
            yield "\n".join(message["message"] for message in item["messages"])


def instructions(data: Path) -> Iterator[str]:
    """Short texts about everything, Chinese and English."""
    for name in ("alpaca_zh_demo.json", "alpaca_en_demo.json"):
        path = data / "instruct_llamafactory_demo" / name
        for item in json.loads(path.read_text(encoding="utf-8")):
            yield "\n".join(filter(None, (item["instruction"], item["input"], item["output"])))


def tagged_sentences(data: Path) -> Iterator[str]:
    """Sentences of annotated sets, their training parts, without the annotation."""
    for name, gap in (
        ("wnut17/wnut17train.conll", " "),
        ("biomed_ner/BC5CDR-IOB/train.tsv", " "),
        ("biomed_ner/NCBI-disease-IOB/train.tsv", " "),
    ):
        blocks = (data / name).read_text(encoding="utf-8").split("\n\n")
        yield from _joined(
            gap.join(line.split("\t")[0] for line in block.splitlines()) for block in blocks
        )
    path = data / "weibo_ner/weiboNER_2nd_conll.train"
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    yield from _joined("".join(line[0] for line in b.splitlines() if line) for b in blocks)
    path = data / "fewfc_zh/rearranged/train_base.json"
    lines = path.read_text(encoding="utf-8").splitlines()
    yield from _joined(json.loads(line)["content"] for line in lines)
    for name in ("phee/train.json",):
        lines = (data / name).read_text(encoding="utf-8").splitlines()
        yield from _joined(json.loads(line)["context"] for line in lines)


def wikipedia(data: Path) -> Iterator[str]:
    """English Wikipedia, its markup taken off roughly."""
    yield from (data / "wikitext2_partial/valid.txt").read_text(encoding="utf-8").split("\n = ")
    (path,) = (data / "enwiki_sample").glob("*.bz2")
    dump = bz2.decompress(path.read_bytes()).decode("utf-8")
    for text in re.findall(r"<text[^>]*>(.*?)</text>", dump, flags=re.DOTALL):
        yield _without_markup(text)


def _without_markup(text: str) -> str:
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    text = re.sub(r"<ref[^>/]*>.*?</ref>|<[^>]+>", " ", text, flags=re.DOTALL)
    for _ in range(4):  # nested ones from the inside out
        text = re.sub(r"\{\{[^{}]*\}\}|\{\|[^{}]*\|\}", " ", text)
    text = re.sub(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]", r"\1", text)
    text = re.sub(r"\[https?://\S+ ([^\]]*)\]|'{2,}|^[*#:;=|!].*$", r"\1", text, flags=re.MULTILINE)
    return re.sub(r"\n{2,}", "\n", text)


def _joined(sentences: Iterable[str], size: int = 40) -> Iterator[str]:
    """Give texts of some sentences each, one a line."""
    batch: list[str] = []
    for sentence in sentences:
        batch.append(sentence)
        if len(batch) == size:
            yield "\n".join(batch)
            batch = []
    if batch:
        yield "\n".join(batch)


# source, and how often its text is taken: statutes are many and all alike
SOURCES = (
    (laws, 0.35),
    (novels, 0.06),
    (wikipedia, 1.0),
    (paragraphs_of_cmrc, 2.0),
    (encyclopedia, 2.0),
    (dialogues, 1.0),
    (instructions, 1.0),
    (tagged_sentences, 1.0),
)


def passages(text: str) -> Iterator[str]:
    """Cut a text into passages at sentence borders."""
    start = end = 0
    for sentence_start, sentence_end in split_sentences(text):
        if sentence_end - start > PASSAGE_CHARACTERS and end > start:
            yield text[start:end]
            start = sentence_start
        end = sentence_end
    if end > start:
        yield text[start:end]


def mixed(data: Path) -> list[str]:
    """Give all passages, shuffled; those of a source below 1 are drawn, those above come again."""
    draw = random.Random(0)
    found: list[str] = []
    for source, weight in SOURCES:
        all_of_it = [passage for text in source(data) for passage in passages(text)]
        whole, rest = divmod(weight, 1)
        chosen = all_of_it * int(whole) + draw.sample(all_of_it, int(rest * len(all_of_it)))
        print(f"{source.__name__}: {sum(map(len, chosen)):,} characters", flush=True)
        found += chosen
    draw.shuffle(found)
    return found


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


def start_model(old: Path, texts: Sequence[str], out: Path) -> None:
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
    mean_D, spread_D = rows_VD.mean(0), rows_VD.std(0)
    new_VD = mean_D + torch.randn(len(new), rows_VD.shape[1]) * spread_D
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


def _renumber(processor: dict[str, Any], pieces: Sequence[str]) -> None:
    """Give the tokens around a text their new ids."""
    if "special_tokens" in processor:
        for token, item in processor["special_tokens"].items():
            item["ids"] = [pieces.index(token)]
    for name in ("cls", "sep"):
        if name in processor:
            processor[name][1] = pieces.index(processor[name][0])


def main() -> None:
    """Write OUT/text.jsonl and OUT/init."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of data sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--init", default="minilm-l6")
    arguments = parser.parse_args()
    texts = mixed(arguments.data)
    with atomic_write(arguments.out / "text.jsonl") as stream:
        for text in texts:
            stream.write(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n")
    start_model(resolve_model(arguments.init), texts, arguments.out / "init")
    write_json(arguments.out / "sources.json", {f.__name__: weight for f, weight in SOURCES})


if __name__ == "__main__":
    main()
