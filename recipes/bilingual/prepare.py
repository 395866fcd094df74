"""Text for the bilingual encoder, Chinese and English, as passages in one file of JSON lines.

Only text whose licence lets weights be shipped is taken. See README.md beside this file.
"""

import argparse
import bz2
import csv
import json
import random
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lexloom.artifacts import atomic_write, write_json
from lexloom.corpus.sentences import split_sentences

PASSAGE_CHARACTERS = 4_000


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


def main() -> None:
    """Write OUT and, beside it, what it was mixed from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of data sets")
    parser.add_argument("--out", type=Path, required=True, help="a .jsonl file")
    arguments = parser.parse_args()
    with atomic_write(arguments.out) as stream:
        for text in mixed(arguments.data):
            stream.write(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n")
    weights = {source.__name__: weight for source, weight in SOURCES}
    write_json(arguments.out.with_suffix(".sources.json"), weights)


if __name__ == "__main__":
    main()
