"""Claim: text becomes token files fast on one core, and training samples repeat no token.

Chinese laws and English novels are read into memory. A tokenizer is trained on a part of them.

- speed: sentences are split, tokenized and written on one thread. ``ours`` builds token files as
  ``lexloom tokens build`` does; ``library`` gives the same sentences to the `tokenizers` library in
  batches (``encode_batch_fast``) and writes its ids. Rounds are interleaved, and none knows what
  another met: each loads the tokenizer anew.
- packing: the fill of samples, and the share of their tokens that another sample holds too, beside
  our reading of the walk that KnowLM describes (``knowlm_walk``, see its docstring): no code of
  theirs was run.
"""

import argparse
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.records import Document
from lexloom.tokens.build import build, sentences_with_space
from lexloom.tokens.indexed import TokenFile
from lexloom.tokens.learn import TokenizerConfig, train
from lexloom.tokens.packing import PACKINGS
from lexloom.tokens.tokenizer import Tokenizer, without_surrogates

EXAMPLE = "example: LEXLOOM_DATA=~/data python benchmarks/tokens.py --model bpe --rounds 3"
ARCHIVES = (
    ("zh_laws/laws_md.tar.gz", ".md"),
    ("litbank_novels/original_novels.tar.gz", ".txt"),
)
LIBRARY_BATCH = 4096
TRAIN_EVERY = 8
"""One document of so many trains the tokenizer."""


def read_texts(archive: Path, ending: str, max_characters: int) -> list[str]:
    """Give the texts of an archive, up to a number of characters in all."""
    texts: list[str] = []
    with tarfile.open(archive) as members:
        for member in members:
            if member.isfile() and member.name.endswith(ending):
                stream = members.extractfile(member)
                text = stream.read().decode("utf-8", "replace") if stream else ""
                if text.strip():
                    texts.append(text)
                    max_characters -= len(text)
            if max_characters <= 0:
                break
    return texts


def build_library(texts: Sequence[str], tokenizer: Tokenizer, path: Path) -> int:
    """Tokenize and write with the library alone; give the number of tokens."""
    sentences = [
        without_surrogates(sentence) for text in texts for sentence in sentences_with_space(text)
    ]
    num_tokens = 0
    with path.open("wb") as stream:
        for start in range(0, len(sentences), LIBRARY_BATCH):
            batch = sentences[start : start + LIBRARY_BATCH]
            for item in tokenizer.library.encode_batch_fast(batch, add_special_tokens=False):
                ids = np.array(item.ids, dtype=np.uint16)
                num_tokens += len(ids)
                stream.write(ids.tobytes())
    return num_tokens


def knowlm_walk(file: TokenFile, length: int) -> tuple[int, int, int]:
    """Pack as we read KnowLM's description: whole sentences from a start, then from the next start.

    From a start in a document, whole sentences are added until the next would make the sample too
    long, or the document ends; a sentence that is too long by itself is cut off. The next sample
    starts behind the last sentence taken, but when that sentence was not the last of the document
    it starts at it again, so that it begins with text that was seen. This is a reading of a
    description, and other readings give other shares.

    Returns:
        The number of samples, of tokens in them, and of distinct tokens among these.
    """
    samples = tokens = 0
    times = np.zeros(file.num_sequences, dtype=np.int32)
    sizes = np.minimum(file.lengths, length).astype(np.int64)
    for first, end in zip(file.documents[:-1].tolist(), file.documents[1:].tolist(), strict=True):
        start = first
        while start < end:
            stop, total = start, 0
            while stop < end and total + sizes[stop] <= length:
                total += int(sizes[stop])
                stop += 1
            times[start:stop] += 1
            samples, tokens = samples + 1, tokens + total
            start = stop if stop == end or stop - start == 1 else stop - 1
    return samples, tokens, int(sizes[times > 0].sum())


def measure_packing(file: TokenFile, lengths: Sequence[int]) -> list[Figure]:
    """Give fill and repeats of each way to pack."""
    figures: list[Figure] = []
    for length in lengths:
        samples, tokens, distinct = knowlm_walk(file, length)
        figures.append(
            {
                "protocol": f"packing to {length}: KnowLM's walk as we read it",
                "fill": tokens / (samples * length),
                "repeated_share": 1 - distinct / tokens,
                "num_samples": samples,
            }
        )
        for name, pack in PACKINGS.items():
            begin = time.perf_counter()
            plan = pack(file, length)
            taken_s = time.perf_counter() - begin
            figures.append(
                {
                    "protocol": f"packing to {length}: {name}",
                    "fill": plan.fill,
                    "repeated_share": 1 - file.num_tokens / plan.num_tokens,
                    "num_samples": len(plan),
                    "segments_per_sample": len(plan.starts) / len(plan),
                    "seconds": taken_s,
                }
            )
    return figures


def cpu_seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """Give the wall and processor time of a run."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


def measure_speed(
    texts: Sequence[str], tokenizer_path: Path, folder: Path, num_rounds: int
) -> list[Figure]:
    """Give tokens a second and core of both ways, by processor time, and their ratio."""
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    runs: dict[str, Callable[[Path], Any]] = {
        "ours": lambda path: build(documents, path, folder / "ours"),
        "library": lambda path: build_library(texts, Tokenizer.load(path), folder / "library"),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(num_rounds):
        # `build` goes on with a tokenizer of the same path, and with the words that it met
        path = shutil.copytree(tokenizer_path, folder / f"tokenizer{number}")
        for name, run in runs.items():
            times[name].append(cpu_seconds(partial(run, path)))
            progress(f"round {number + 1} of {num_rounds}, {name}: {times[name][-1][0]:.1f} s")
    num_tokens = TokenFile.open(folder / "ours").num_tokens
    figures: list[Figure] = [
        {
            "protocol": f"{name}: split, tokenize and write, one thread",
            "tokens_per_cpu_s": num_tokens / median(cpu for _, cpu in taken),
            "tokens_per_wall_s": num_tokens / median(wall for wall, _ in taken),
        }
        for name, taken in times.items()
    ]
    pairs = zip(times["ours"], times["library"], strict=True)
    ratio = median(library / ours for (_, ours), (_, library) in pairs)
    return [
        *figures,
        {"protocol": "ours / library, ratio of speeds by processor time", "ratio": ratio},
    ]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--model", default="bpe", help="model of the tokenizer")
    described.add_argument("--vocab-size", type=int, default=24_000, help="its ids")
    described.add_argument(
        "--characters", type=int, default=20_000_000, help="most characters of each language"
    )
    described.add_argument("--lengths", type=int, nargs="+", default=[512, 2048], help="of samples")
    described.add_argument("--rounds", type=int, default=3, help="timed rounds")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    data = data_folder()
    # read when the tokenizer first runs
    os.environ["RAYON_NUM_THREADS"] = "1"
    texts = [
        text
        for archive, ending in ARCHIVES
        for text in read_texts(data / archive, ending, given.characters)
    ]
    progress(f"{len(texts):,} texts of {sum(map(len, texts)):,} characters; training")
    config = TokenizerConfig(model=given.model, vocab_size=given.vocab_size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(texts[::TRAIN_EVERY], config).save(folder / "tokenizer")
        figures = measure_speed(texts, folder / "tokenizer", folder, given.rounds)
        figures += measure_packing(TokenFile.open(folder / "ours"), given.lengths)
    common = {
        "benchmark": "tokens",
        "model": given.model,
        "vocab_size": given.vocab_size,
        "num_characters": sum(map(len, texts)),
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
