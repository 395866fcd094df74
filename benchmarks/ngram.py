"""Claim: Kneser-Ney n-grams on Brown are kenlm's to the digit, trained and asked faster.

The Brown corpus in the order of its files, sentence borders kept: the first 800,000 words train,
the next 200,000 are left for choices (none are made here), the rest is the test. Words that are
seen three times or less in the whole corpus become one rare token (Bengio et al., 2003), which is
an ordinary word to both sides. Perplexity counts the ends of sentences.

- perplexity: ours on the test.
- scores: the largest difference between our score of a test sentence and that of kenlm, once with
  the model that ``lmplz`` trained on the same text, once with ours, written as ARPA. Needs the
  Python package ``kenlm``, in an environment of its own (``--peer-python``).
- training: from a text file to a model on the disk; ``ours`` in this process, ``command`` as
  ``lexloom ngram train`` with Python's start, ``lmplz`` as it comes (``--lmplz``, built from
  source). Rounds are interleaved. lmplz uses several threads, ours one.
- queries: tokens a second of a batch, from ids (``ids``) and from words (``words``); ``kenlm`` is
  its Python package, sentence by sentence.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.vectors.ngram import NgramConfig, NgramModel, save, train
from lexloom.vectors.ngram.arpa import write_arpa
from lexloom.vectors.ngram.units import sentences

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/ngram.py --lmplz ~/kenlm/build/bin/lmplz "
    "--peer-python ~/kenlm-env/bin/python --rounds 7"
)
PEER = Path(__file__).parent / "peers" / "ngram_kenlm.py"
GOALS = {3: 236.3, 5: 234.6}
"""Test perplexity of kenlm, by order."""
NUM_TRAIN, NUM_VALID, MAX_RARE = 800_000, 200_000, 3
RARE = "<rare>"

Sentences = list[list[str]]


def read_brown(archive: Path) -> Sentences:
    """Give the sentences of the corpus, a line each, without the tags of the words."""
    found = []
    with zipfile.ZipFile(archive) as files:
        names = sorted(name for name in files.namelist() if Path(name).stem[:1] == "c")
        for name in (name for name in names if len(Path(name).name) == 4):
            for line in files.read(name).decode("latin-1").splitlines():
                words = [word.rpartition("/")[0] for word in line.split()]
                if words:
                    found.append(words)
    return found


def split_brown(corpus: Sentences) -> tuple[Sentences, Sentences, Sentences]:
    """Give train, valid and test, with the rare token, a sentence where its first word falls."""
    counts = Counter(word for sentence in corpus for word in sentence)
    parts: tuple[Sentences, Sentences, Sentences] = ([], [], [])
    num_words = 0
    for sentence in corpus:
        part = (num_words >= NUM_TRAIN) + (num_words >= NUM_TRAIN + NUM_VALID)
        num_words += len(sentence)
        parts[part].append([word if counts[word] > MAX_RARE else RARE for word in sentence])
    return parts


def write_lines(corpus: Sentences, path: Path) -> Path:
    """Write a sentence a line."""
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in corpus), encoding="utf-8")
    return path


def train_file(text: Path, out: Path, order: int) -> NgramModel:
    """Train on a file of a sentence a line, and save the model."""
    config = NgramConfig(order=order, unit="token")
    model, _ = train(sentences(text.read_text(encoding="utf-8"), config), config)
    save(model, out)
    return model


def seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """Give the wall time of a run, and the processor time of it and of what it starts."""

    def used() -> float:
        kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)

    wall, cpu = time.perf_counter(), used()
    run()
    return time.perf_counter() - wall, used() - cpu


def lmplz(program: Path, text: Path, arpa: Path, order: int) -> None:
    """Train with kenlm's own program."""
    arguments = [program, "-o", str(order), "-S", "1G", "-T", arpa.parent]
    with text.open("rb") as source, arpa.open("wb") as target:
        subprocess.run(
            arguments, stdin=source, stdout=target, stderr=subprocess.DEVNULL, check=True
        )


def measure_training(
    text: Path, folder: Path, order: int, program: Path | None, num_rounds: int
) -> list[Figure]:
    """Give the times of training, and the ratio of each peer's to ours."""
    cli = [sys.executable, "-m", "lexloom", "ngram", "train", text, "--unit", "token"]
    cli += ["--order", str(order), "--out", folder / "command"]
    runs: dict[str, Callable[[], Any]] = {
        "ours": lambda: train_file(text, folder / "ours", order),
        "command": lambda: subprocess.run(cli, check=True, stdout=subprocess.DEVNULL),
    }
    if program is not None:
        runs["lmplz"] = lambda: lmplz(program, text, folder / "lmplz.arpa", order)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(num_rounds):
        for name, run in runs.items():
            times[name].append(seconds(run))
            progress(f"order {order}, round {number + 1}, {name}: {times[name][-1][0]:.2f} s")
    figures: list[Figure] = [
        {
            "protocol": f"training, {name}",
            "wall_s": median(wall for wall, _ in taken),
            "cpu_s": median(cpu for _, cpu in taken),
        }
        for name, taken in times.items()
    ]
    for name in set(times) & {"lmplz"}:
        for ours in ("ours", "command"):
            pairs = list(zip(times[ours], times[name], strict=True))
            figures.append(
                {
                    "protocol": f"training, {ours} / {name}: ratio of times",
                    "ratio_wall": median(mine[0] / peer[0] for mine, peer in pairs),
                    "ratio_cpu": median(mine[1] / peer[1] for mine, peer in pairs),
                    "goal": "<= 1",
                }
            )
    return figures


def measure_scores(
    model: NgramModel, test: Sentences, folder: Path, peer_python: Path
) -> list[Figure]:
    """Give the largest difference of sentence scores to kenlm's, and kenlm's speed."""
    write_arpa(model, folder / "ours.arpa")
    ours = model.score_sentences(test)
    figures: list[Figure] = []
    for name in ("lmplz", "ours"):
        arpa = folder / f"{name}.arpa"
        if not arpa.exists():
            continue
        call = [peer_python, PEER, arpa, folder / "test.txt"]
        done = subprocess.run(call, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        peer = json.loads(done.stdout)
        differences = [abs(a - b) for a, b in zip(ours, peer["scores"], strict=True)]
        figures.append(
            {
                "protocol": f"sentence scores against kenlm, model of {name}",
                "max_difference_log10": max(differences),
                "perplexity_kenlm": 10 ** (-sum(peer["scores"]) / num_tokens(test)),
                "kenlm_tokens_per_s": num_tokens(test) / peer["seconds"],
                "goal": 1e-4,
            }
        )
    return figures


def measure_queries(model: NgramModel, test: Sentences, num_rounds: int) -> list[Figure]:
    """Give tokens a second of one batch, the whole test."""
    encoded = model.vocabulary.encode_sentences(test)
    model.score_tokens(encoded)  # the first call builds the tables
    runs = {
        "ids": lambda: model.score_tokens(encoded),
        "words": lambda: model.score_sentences(test),
    }
    figures: list[Figure] = []
    for name, run in runs.items():
        taken = [seconds(run) for _ in range(5 * num_rounds)]
        figures.append(
            {
                "protocol": f"batched queries from {name}, one thread",
                "tokens_per_wall_s": num_tokens(test) / median(wall for wall, _ in taken),
                "tokens_per_cpu_s": num_tokens(test) / median(cpu for _, cpu in taken),
                "goal": ">= 3,000,000",
            }
        )
    return figures


def num_tokens(corpus: Sentences) -> int:
    """Count words and ends of sentences."""
    return sum(map(len, corpus)) + len(corpus)


def measure(folder: Path, order: int, given: argparse.Namespace, test: Sentences) -> list[Figure]:
    """Give the figures of one order."""
    text = folder / "train.txt"
    (folder / "lmplz.arpa").unlink(missing_ok=True)
    figures = measure_training(text, folder, order, given.lmplz, given.rounds)
    model = train_file(text, folder / "ours", order)
    figures.append(
        {
            "protocol": "test perplexity, Kneser-Ney",
            "perplexity": model.perplexity(test),
            "goal": GOALS.get(order),
            "num_ngrams": [len(level) for level in model.levels],
        }
    )
    figures += measure_queries(model, test, given.rounds)
    if given.peer_python is not None:
        figures += measure_scores(model, test, folder, given.peer_python)
    return [{"order": order} | figure for figure in figures]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--orders", type=int, nargs="+", default=[3, 5], help="of the models")
    described.add_argument("--lmplz", type=Path, help="kenlm's program that trains")
    described.add_argument("--peer-python", type=Path, help="of an environment with kenlm")
    described.add_argument("--rounds", type=int, default=5, help="timed rounds")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    corpus, _valid, test = split_brown(read_brown(data_folder() / "english_text" / "brown.zip"))
    progress(f"{num_tokens(corpus):,} tokens to train on, {num_tokens(test):,} to test")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_lines(corpus, folder / "train.txt")
        write_lines(test, folder / "test.txt")
        for order in given.orders:
            figures += measure(folder, order, given, test)
    common = {
        "benchmark": "ngram",
        "set": "Brown",
        "num_train_tokens": num_tokens(corpus),
        "num_test_tokens": num_tokens(test),
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
