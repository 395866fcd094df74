"""Claim: word vectors are learnt many times faster than by gensim, and are as good.

The corpus is English novels, Brown, ABC news and the State of the Union, cut into sentences and
words once; with ``--language zh`` it is Chinese laws, cut into words by rjieba. Both sides read the
same file. Settings are those of word2vec: window 5, 5 negatives, words that come 5 times or more,
subsampling 1e-3. Rounds are interleaved, and ratios are given by wall time and by processor time,
for other work on the machine disturbs the first. The parts:

- rows: speed and quality of the same trainings, one row for each kind and number of dimensions:
  words a second without reading the corpus; Spearman's correlation on WordSim-353, SimLex-999 and
  MEN, or on the Chinese 240 and 297 pairs; right analogies (3CosAdd, all words searched). Both
  sides are scored by the same code.
- speed: the first half alone, one epoch a round.
- threads: words a second of ours with ``--threads``, 2 if it is 1, against one thread.
- encode: words a second of counting and numbering, against ``collections.Counter``.
- load: seconds to read a text of 300 dimensions, against gensim.
- ppmi: PPMI with an SVD against counting with scipy and scikit-learn's TruncatedSVD, and the scores
  of both beside those of skip-gram; with ``--threads``, ours against one thread too.

The peer runs in an environment of its own (``benchmarks/peers/word_vectors_gensim.py``); without
``--peer-python`` it is left out, and that is said. ``--kernels numba`` and ``--kernels numpy``
measure what machines without a compiler do.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median

from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.nn.kernels import word2vec
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus, encode_texts
from lexloom.vectors.evaluate import analogies, similarity
from lexloom.vectors.evaluation_sets import read_set
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.word2vec import Place, Rows, Trainer, Word2VecConfig
from lexloom.vectors.words import WordsConfig
from word_vectors_corpus import SETS, write_corpus
from word_vectors_parts import (
    PEER,
    Taken,
    measure_counted_vectors,
    measure_encoding,
    measure_loading,
    ratios,
    timed,
)

EXAMPLE = """example: LEXLOOM_DATA=~/data python benchmarks/word_vectors.py speed encode \\
           --peer-python ~/gensim/bin/python --words 3000000

on two idle cores, about, with the peer and all 13 million words:
  rows     25 min a kind with 100 and 300 dimensions (3 seeds, 5 epochs); all four: 2 h
  speed    3 min a kind with 100 and 300 dimensions and 3 rounds
  threads  1 min a kind
  encode   1 min
  load     4 min (400,000 words)
  ppmi     10 min with 100 dimensions and 3 rounds
writing the corpus takes 1 min before the first."""
PARTS = ("rows", "speed", "threads", "encode", "load", "ppmi")
KINDS = (
    ("skipgram", "negative"), ("skipgram", "hierarchical"), ("cbow", "negative"),
    ("cbow", "hierarchical"),
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One training that both sides do."""

    method: str
    objective: str
    dim: int
    threads: int = 1
    epochs: int = 1
    seed: int = 1

    def __str__(self) -> str:
        return f"{self.method} {self.objective}, {self.dim} dimensions, {self.threads} threads"


def train_ours(corpus: EncodedCorpus, task: Task) -> tuple[Taken, Rows]:
    """Train; give what it took, and the vectors."""
    config = Word2VecConfig(
        method=task.method,  # type: ignore[arg-type]
        objective=task.objective,  # type: ignore[arg-type]
        dim=task.dim,
        threads=task.threads,
        epochs=task.epochs,
        seed=task.seed,
    )
    trainer = Trainer(corpus, Rows.new(corpus.vocabulary, config), config)
    taken, _ = timed(lambda: [*trainer.rounds(Place())])
    return taken, trainer.rows


def train_peer(python: Path, corpus: Path, task: Task, out: Path | None = None) -> Taken:
    """Train by gensim; give what its training alone took."""
    negative = 5 if task.objective == "negative" else 0
    options = {
        "corpus": corpus, "sg": int(task.method == "skipgram"), "hs": int(not negative),
        "negative": negative, "dim": task.dim, "epochs": task.epochs, "threads": task.threads,
        "seed": task.seed,
    }  # fmt: skip
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    given += ["--out", str(out)] if out else []
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, PEER, *given], check=True, capture_output=True, text=True, env=environment
    )
    values = json.loads(done.stdout)
    return Taken(values["train_s"], values["train_cpu_s"])


def measure_speed(
    task: Task, corpus: EncodedCorpus, path: Path, given: argparse.Namespace
) -> Figure:
    """Give words a second of both sides, and how many times as fast ours are."""
    ours, peer = [], []
    for number in range(given.rounds):
        ours.append(train_ours(corpus, task)[0])
        if given.peer_python:
            peer.append(train_peer(given.peer_python, path, task))
        progress(f"{task}, round {number + 1} of {given.rounds}: {ours[-1].wall_s:.2f} s")
    return {"protocol": f"speed: {task}"} | speeds(corpus.record.num_words, ours, peer)


def speeds(num_words: int, ours: Sequence[Taken], peer: Sequence[Taken]) -> Figure:
    """Give words a second, medians over the rounds."""
    figure: Figure = {}
    for name, found in (("", ours), ("peer_", peer)):
        if found:
            figure[f"{name}words_per_s"] = num_words / median(taken.wall_s for taken in found)
            figure[f"{name}words_per_cpu_s"] = num_words / median(taken.cpu_s for taken in found)
    return figure | (ratios(ours, peer) if peer else {})


def measure_threads(task: Task, corpus: EncodedCorpus, given: argparse.Namespace) -> Figure:
    """Give how many times as fast several threads are as one, by wall time."""
    one, many = replace(task, threads=1), replace(task, threads=max(2, given.threads))
    times: dict[Task, list[Taken]] = {one: [], many: []}
    for number in range(given.rounds):
        for which, found in times.items():
            found.append(train_ours(corpus, which)[0])
        progress(f"{many}, round {number + 1} of {given.rounds}: {times[many][-1].wall_s:.2f} s")
    return {
        "protocol": f"threads: {many}, against one",
        "words_per_s": corpus.record.num_words / median(taken.wall_s for taken in times[many]),
        "threads_speedup": ratios(times[many], times[one])["ratio"],
    }


def measure_row(task: Task, corpus: EncodedCorpus, path: Path, given: argparse.Namespace) -> Figure:
    """Give the speed and the scores of the same trainings, means over the seeds."""
    times: dict[str, list[Taken]] = {"ours": [], "peer": []}
    scores: dict[str, list[Figure]] = {"ours": [], "peer": []}
    for seed in range(1, given.seeds + 1):
        seeded = replace(task, epochs=given.epochs, seed=seed)
        taken, rows = train_ours(corpus, seeded)
        times["ours"].append(taken)
        scores["ours"].append(score(WordVectors(corpus.vocabulary.words, rows.vectors_VD), given))
        progress(f"ours, {seeded}, seed {seed}: {scores['ours'][-1]}")
        if given.peer_python:
            out = path.with_suffix(".bin")
            times["peer"].append(train_peer(given.peer_python, path, seeded, out))
            scores["peer"].append(score(WordVectors.load(out), given))
            progress(f"peer, {seeded}, seed {seed}: {scores['peer'][-1]}")
    figure: Figure = {
        "protocol": f"row: {task}",
        "num_seeds": given.seeds,
        "num_epochs": given.epochs,
    }
    figure |= speeds(corpus.record.num_words * given.epochs, times["ours"], times["peer"])
    for side, found in scores.items():
        if found:
            figure[side] = {name: mean(one[name] for one in found) for name in found[0]}
    return figure


def measure_ppmi(corpus: EncodedCorpus, dim: int, given: argparse.Namespace) -> Figure:
    """Give what counted vectors took and how good they are, beside skip-gram's."""
    figure, vectors = measure_counted_vectors(corpus, dim, given)
    task = Task("skipgram", "negative", dim, epochs=given.epochs)
    vectors["skipgram"] = train_ours(corpus, task)[1].vectors_VD
    words = corpus.vocabulary.words
    return figure | {name: score(WordVectors(words, rows), given) for name, rows in vectors.items()}


def score(vectors: WordVectors, given: argparse.Namespace) -> Figure:
    """Score vectors on every set of the language."""
    figure: Figure = {}
    for path in map(Path, SETS[given.language]):
        name, asked = path.stem, read_set(data_folder() / path)
        if isinstance(asked, dict):
            total = analogies(vectors, asked, name).total
            figure[f"{name}_percent"] = 100 * (total.accuracy or 0.0)
            figure[f"{name}_known"] = total.num_known
        else:
            result = similarity(vectors, asked, name)
            figure[name] = result.spearman or 0.0
            figure[f"{name}_known"] = result.num_known
    return figure


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("what", nargs="+", choices=PARTS, help="the parts")
    described.add_argument("--peer-python", type=Path, help="of an environment with gensim")
    described.add_argument("--language", choices=tuple(SETS), default="en", help="of the corpus")
    described.add_argument("--words", type=int, default=100_000_000, help="most of the corpus")
    described.add_argument("--load-words", type=int, default=400_000, help="words to load")
    described.add_argument("--dims", type=int, nargs="+", default=[100, 300], help="of vectors")
    described.add_argument("--threads", type=int, default=1, help="of both sides")
    described.add_argument("--rounds", type=int, default=3, help="timed rounds")
    described.add_argument("--epochs", type=int, default=5, help="of rows and ppmi")
    described.add_argument("--seeds", type=int, default=3, help="of rows")
    described.add_argument(
        "--kinds", nargs="+", default=["-".join(kind) for kind in KINDS], help="to be trained"
    )
    described.add_argument(
        "--kernels", choices=("compiled", "numba", "numpy"), default="compiled", help="of ours"
    )
    return described


def choose_kernels(name: str) -> None:
    """Learn as a machine would that has no better kernels than these.

    Raises:
        SystemExit: If they are not here.
    """
    if name == "compiled" and word2vec.kernels() is None:
        sys.exit("the kernels are not compiled here: python setup.py build_ext --inplace")
    if name == "numba" and importlib.util.find_spec("numba") is None:
        sys.exit("numba is not installed: pip install 'lexloom[numba]'")
    if name != "compiled":
        word2vec.kernels = lambda: None  # type: ignore[assignment]
        word2vec.has_numba = lambda: name == "numba"  # type: ignore[assignment]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    data = data_folder()
    choose_kernels(given.kernels)
    if not given.peer_python:
        progress("gensim is left out: name its interpreter with --peer-python")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "corpus.txt"
        num_words = write_corpus(data, path, given.words, given.language)
        progress(f"{num_words:,} words")
        config = CorpusConfig(words=WordsConfig(split="spaces", lowercase=False))
        lines = path.read_text(encoding="utf-8")
        corpus = encode_texts([lines], Path(name) / "corpus", config)
        common = {
            "benchmark": "word_vectors",
            "language": given.language,
            "num_words": num_words,
            "vocabulary": len(corpus.vocabulary),
            "kernels": given.kernels,
            "command": command(__file__, arguments),
            "machine": machine(),
        }
        print_figures(common | figure for figure in measure(corpus, path, given))


def measure(corpus: EncodedCorpus, path: Path, given: argparse.Namespace) -> Iterator[Figure]:
    """Give the figures of the parts that were asked for, one after the other."""
    kinds = [kind.split("-") for kind in given.kinds]
    tasks = [Task(*kind, dim, given.threads) for kind in kinds for dim in given.dims]
    if given.kernels == "numba":
        train_ours(corpus, replace(tasks[0], epochs=1))  # it compiles once in a process
    if "encode" in given.what:
        yield from measure_encoding(path, given)
    if "load" in given.what:
        yield from measure_loading(path.with_name("vectors.txt"), given)
    if "speed" in given.what:
        yield from (measure_speed(task, corpus, path, given) for task in tasks)
    if "threads" in given.what:
        yield from (measure_threads(task, corpus, given) for task in tasks)
    if "ppmi" in given.what:
        yield from (measure_ppmi(corpus, dim, given) for dim in given.dims)
    if "rows" in given.what:
        yield from (measure_row(task, corpus, path, given) for task in tasks)


if __name__ == "__main__":
    main()
