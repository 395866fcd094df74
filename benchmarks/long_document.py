"""Claims: a fact is found wherever it stands, and a text of any size is read in bounded memory.

Documents of 50,000 characters, English novels and Chinese statutes, each begin and end with the
same sentence. The facts in the first and in the last copy, with offsets relative to the sentence,
must be equal and not none.

With ``--megabytes`` also: a file of that size, in both languages, is read by ``lexloom extract
--json`` in a process of its own; the figures are its greatest resident size, beside that of a
process that reads one sentence, and characters a second.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import torch

import lexloom
from figures import Figure, command, machine, print_figures, progress
from lexloom.extract.extractor import EncoderExtractor
from lexloom.records import Extraction
from prose import passage, texts

EXAMPLE = "example: LEXLOOM_DATA=~/data python benchmarks/long_document.py --megabytes 100"
SENTENCES = {
    "en": (
        "Marie Curie was born in Warsaw and worked for the University of Paris.",
        "John Smith of Boston works for General Electric.",
        "The patient developed a severe rash after two doses of amoxicillin.",
        "Lee Harvey Oswald killed President Kennedy in Dallas, Texas.",
    ),
    "zh": (
        "王建国毕业于清华大学，现任招商银行董事长。",
        "电影《无间道》的导演是刘伟强。",
        "恒大集团收购了广州足球俱乐部50%的股份。",
    ),
}
TAIL_BYTES = 1 << 16
"""The coverage stands behind the facts; so much of the end of a JSON line holds it."""
COVERAGE = '"coverage": '
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
# a small process in between: a child's greatest size counts from that of its parent
WATCH = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
)


def facts_within(found: Extraction, start: int, end: int) -> dict[str, list[Any]]:
    """Give the facts that lie in a stretch of the text, offsets relative to it, comparable."""
    inside = {e.id: e for e in found.entities if start <= e.start and e.end <= end}
    place = {
        name: (entity.type, entity.start - start, entity.end - start)
        for name, entity in inside.items()
    }
    relations = [
        (relation.type, place[relation.head], place[relation.tail])
        for relation in found.relations
        if relation.head in inside and relation.tail in inside
    ]
    events = [
        (
            event.type,
            event.trigger.start - start,
            sorted((a.role, a.start - start, a.end - start) for a in event.arguments),
        )
        for event in found.events
        if start <= event.trigger.start < end
    ]
    return {
        "entities": sorted(place.values()),
        "relations": sorted(relations),
        "events": sorted(events),
    }


def compare_ends(
    extractor: EncoderExtractor, language: str, sentence: str, num_characters: int
) -> Figure:
    """Read one document that begins and ends with a sentence."""
    middle = passage(language, num_characters - 2 * len(sentence) - 4)
    text = f"{sentence}\n\n{middle}\n\n{sentence}"
    found = extractor.extract(text)
    first = facts_within(found, 0, len(sentence))
    last = facts_within(found, len(text) - len(sentence), len(text))
    return {
        "protocol": "facts of a sentence at the start and at the end",
        "language": language,
        "sentence": sentence,
        "num_characters": len(text),
        "num_characters_read": found.coverage.characters_read,
        "num_windows": found.coverage.windows,
        "is_same": first == last,
        "num_facts": sum(map(len, first.values())),
        "first": first,
        "last": None if first == last else last,
    }


def write_text_file(path: Path, megabytes: float) -> int:
    """Write so many megabytes of both languages in turn, and give the number of characters."""
    missing = round(megabytes * 1_000_000)
    num_characters = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        for text in chain.from_iterable(zip_longest(texts("en"), texts("zh"), fillvalue="")):
            data = text.encode()[:missing].decode("utf-8", "ignore")
            stream.write(data)
            num_characters += len(data)
            missing -= len(text.encode())
            if missing <= 0:
                break
    return num_characters


def run_extract(model: str, file: Path, out: Path, num_threads: int) -> tuple[int, float]:
    """Run ``lexloom extract --json``; give the greatest resident size in bytes and the seconds."""
    extract = ["-m", "lexloom", "extract", str(file), "--model", model, "--json"]
    arguments = [sys.executable, "-c", WATCH, sys.executable, *extract]
    limits = {"OMP_NUM_THREADS": str(num_threads), "RAYON_NUM_THREADS": str(num_threads)}
    begin = time.perf_counter()
    with out.open("wb") as stream:
        done = subprocess.run(
            arguments, stdout=stream, stderr=subprocess.PIPE, env=os.environ | limits, check=False
        )
    if done.returncode:
        sys.exit(f"lexloom extract ended with {done.returncode}: {done.stderr.decode()}")
    peak_bytes = int(done.stderr.split()[-1]) * RSS_UNIT_BYTES
    return peak_bytes, time.perf_counter() - begin


def coverage_of(out: Path) -> dict[str, Any]:
    """Read the coverage from the end of a JSON line, however long the line is."""
    with out.open("rb") as stream:
        stream.seek(max(0, out.stat().st_size - TAIL_BYTES))
        tail = stream.read().decode("utf-8", "ignore")
    begin = tail.rindex(COVERAGE) + len(COVERAGE)
    values, _ = json.JSONDecoder().raw_decode(tail[begin:])
    return dict(values)


def measure_large(model: str, megabytes: float, num_threads: int) -> Figure:
    """Read one large file in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        small, large, out = (Path(folder, name) for name in ("small.txt", "large.txt", "out.jsonl"))
        small.write_text(SENTENCES["en"][0], encoding="utf-8")
        base_bytes, base_s = run_extract(model, small, out, num_threads)
        num_characters = write_text_file(large, megabytes)
        progress(f"reading {num_characters:,} characters")
        peak_bytes, taken_s = run_extract(model, large, out, num_threads)
        coverage = coverage_of(out)
        return {
            "protocol": "lexloom extract --json on one large file",
            "size_bytes": large.stat().st_size,
            "num_characters": num_characters,
            "num_characters_read": coverage["characters_read"],
            "num_skipped": len(coverage["skipped"]),
            "num_windows": coverage["windows"],
            "output_bytes": out.stat().st_size,
            "peak_rss_bytes": peak_bytes,
            "peak_rss_bytes_of_one_sentence": base_bytes,
            "time_s": taken_s,
            "characters_per_s": num_characters / max(1e-9, taken_s - base_s),
            "num_threads": num_threads,
            "machine": machine(),
        }


def measure_ends(model: str, num_characters: int) -> list[Figure]:
    """Give one figure a sentence."""
    extractor = lexloom.load_extractor(model)
    figures = []
    for language, sentences in SENTENCES.items():
        for sentence in sentences:
            progress(sentence)
            figures.append(compare_ends(extractor, language, sentence, num_characters))
    return figures


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--model", default="default", help="an extractor")
    described.add_argument("--characters", type=int, default=50_000, help="size of the documents")
    described.add_argument("--megabytes", type=float, help="size of the large file")
    described.add_argument("--threads", type=int, default=2, help="processor threads")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    torch.set_num_threads(given.threads)
    figures = measure_ends(given.model, given.characters)
    if given.megabytes is not None:
        figures.append(measure_large(given.model, given.megabytes, given.threads))
    common = {
        "benchmark": "long_document",
        "model": given.model,
        "command": command(__file__, arguments),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
