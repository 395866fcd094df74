"""Claim: every span of every result is verbatim, ``text[start:end] == span.text``.

A thousand texts are put together from English, Chinese, mixed, emoji, combining marks, other
scripts, odd white space and line ends; one of them is 100 kB long. The extractor reads them with
lowered thresholds, so that it finds much, sensible or not; entities, triggers and arguments are
checked one by one, before and after the JSON form. Relations are not asked for: they only point at
entities, and each of the many false mentions would be paired with each.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

import lexloom
from figures import Figure, command, print_figures, progress
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.extractor import EncoderExtractor
from lexloom.records import Document, Extraction, Failure

EXAMPLE = "example: python benchmarks/verbatim.py --model runs/finetune/conll04"
LONG_BYTES = 100_000
MAX_PIECES = 12

PIECES = {
    "en": (
        "Ada Lovelace met Charles Babbage in London. ",
        "The U.S. firm (Acme Inc.) bought 3.5% of O'Neill's shares for $1,200.50! ",
        "On 12 March 2021, Mr. Smith-Jones left e-mail@example.org behind… ",
        "don't state-of-the-art McDonald's iPhone15 AT&T ",
    ),
    "zh": (
        "张伟毕业于北京大学，现任上海浦东发展银行董事长。",
        "２０２１年３月，华为技术有限公司在深圳发布了新产品！",
        "《红楼梦》的作者是曹雪芹；“他”生于南京、卒于北京。",
        "𠮷野家與髙島屋㐂歡",
    ),
    "mixed": (
        "王Tom在Google工作了3年，and then he moved to 杭州 Alibaba。",
        "iPhone15的CPU由TSMC（台积电）代工,price为$999。",
    ),
    "emoji": ("👩‍👩‍👧‍👦 went to 🇨🇳 with Li👍🏽 ", "😀😀Paris😀", "北京❤️上海 1️⃣"),
    "marks": (
        "Cafe\u0301 Zoe\u0308 from A\u030angstro\u0308m ",
        "नमस्ते दिल्ली में ",
        "Z\u0335\u0310a\u0334l\u0321g\u0338o ",
        "กรุงเทพมหานคร ",
        "e\u0301" * 5 + " ",
    ),
    "scripts": (
        "محمد في القاهرة ",
        "Москва и Санкт-Петербург ",
        "東京とソウル서울 ",
        "ﬁnance Ǆ İstanbul ß ",
    ),
    "spaces": (
        *("\r\n", "\r\n\r\n", "\n", "\t", "  ", "\x00", "\x85"),
        *("\u00a0", "\u3000", "\u200b", "\ufeff"),
    ),
    "surrogates": ("\ud800", "lone\udfffhalf "),
}


def texts(count: int, seed: int) -> Iterator[str]:
    """Give `count` texts, the last one long; the first ones are single pieces, and an empty one."""
    generator = random.Random(seed)
    every = [piece for pieces in PIECES.values() for piece in pieces]
    plain = ["", *every]
    for number in range(count - 1):
        yield plain[number] if number < len(plain) else _joined(generator, every)
    yield _long(generator, every)


def _joined(generator: random.Random, every: Sequence[str]) -> str:
    own = generator.choice(list(PIECES))
    pool = PIECES[own] + PIECES["spaces"] if generator.random() < 0.5 else every
    return "".join(generator.choices(pool, k=generator.randint(1, MAX_PIECES)))


def _long(generator: random.Random, every: Sequence[str]) -> str:
    pieces: list[str] = []
    size_bytes = 0
    while size_bytes < LONG_BYTES:
        pieces.append(generator.choice(every))
        size_bytes += len(pieces[-1].encode("utf-8", "surrogatepass"))
    return "".join(pieces)


def spans(found: Extraction) -> Iterator[tuple[int, int, str]]:
    """Give start, end and text of everything that points into the text."""
    for entity in found.entities:
        yield entity.start, entity.end, entity.text
    for event in found.events:
        yield event.trigger.start, event.trigger.end, event.trigger.text
        for argument in event.arguments:
            yield argument.start, argument.end, argument.text


def measure(extractor: EncoderExtractor, documents: Sequence[str]) -> Figure:
    """Count spans and those that are not verbatim."""
    counts = dict.fromkeys(
        ("num_spans", "num_mismatches", "num_empty_spans", "num_failures", "num_characters_unread"),
        0,
    )
    schema = replace(extractor.schema, relations=())
    items = (Document(str(number), text) for number, text in enumerate(documents))
    results = extractor.extract_many(items, schema)
    for number, (text, result) in enumerate(zip(documents, results, strict=True)):
        if number % 100 == 0:
            progress(f"text {number} of {len(documents)}, {counts['num_spans']} spans")
        if isinstance(result, Failure):
            counts["num_failures"] += 1
            continue
        again = Extraction.from_dict(json.loads(json.dumps(result.to_dict())))
        for (start, end, mention), same in zip(spans(result), spans(again), strict=True):
            counts["num_spans"] += 1
            counts["num_mismatches"] += text[start:end] != mention or same != (start, end, mention)
            counts["num_empty_spans"] += start >= end
        counts["num_characters_unread"] += (
            result.coverage.characters - result.coverage.characters_read
        )
    return counts


def lowered(decode: DecodeConfig, by: float) -> DecodeConfig:
    """Give rules that keep more: every threshold is lower by the same, and mentions may overlap."""
    names = [name for name in DecodeConfig.__dataclass_fields__ if name.endswith("_threshold")]
    least = {name: getattr(decode, name) - by for name in names}
    return replace(decode, nested=True, several_types=True, **least)


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--model", default="default", help="an extractor")
    described.add_argument("--texts", type=int, default=1_000, help="how many texts")
    described.add_argument(
        "--lower-by", type=float, default=1.0, help="how much lower thresholds are, in log-odds"
    )
    described.add_argument("--threads", type=int, default=1, help="processor threads")
    described.add_argument("--seed", type=int, default=0, help="of the texts")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figure."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    extractor = lexloom.load_extractor(given.model)
    extractor.decode = lowered(extractor.decode, given.lower_by)
    documents = list(texts(given.texts, given.seed))
    common = {
        "benchmark": "verbatim",
        "protocol": "text[start:end] == span, in the result and in its JSON form",
        "model": extractor.name,
        "num_texts": len(documents),
        "num_characters": sum(map(len, documents)),
        "thresholds_lowered_by": given.lower_by,
        "command": command(__file__, arguments),
    }
    print_figures([common | measure(extractor, documents)])


if __name__ == "__main__":
    main()
