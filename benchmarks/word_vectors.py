"""Claim: word vectors are learnt many times faster than by gensim, and are as good.

The corpus is English novels, Brown, ABC news and the State of the Union, cut into sentences and
words once; both sides read the same file. Settings are those of word2vec: window 5, 5 negatives,
words that come 5 times or more, subsampling 1e-3.

- speed: words of the corpus a second, without reading it; rounds are interleaved. Ratios are given
  by wall time and by processor time, for other work on the machine disturbs the first.
- quality: Spearman's correlation on WordSim-353, SimLex-999 and MEN, and the share of right
  analogies (3CosAdd, all words searched), both sides scored by the same code.
- load: seconds to read a text of 300 dimensions, against gensim.
- encode: words a second of counting and numbering a text, against ``collections.Counter``.

The peer runs in an environment of its own (``benchmarks/peers/word_vectors_gensim.py``); without
``--peer-python`` it is left out.
"""

import argparse
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import numpy as np

from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.corpus.sentences import split_sentences
from lexloom.nn.kernels.words import counter
from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus, encode_texts
from lexloom.vectors.evaluate import analogies, read_set, similarity
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.word2vec import Place, Rows, Trainer, Word2VecConfig
from lexloom.vectors.words import WordsConfig, character_table

EXAMPLE = (
    "example: LEXLOOM_DATA=~/data python benchmarks/word_vectors.py speed"
    " --peer-python ~/gensim/bin/python --words 3000000"
)
PEER = Path(__file__).parent / "peers" / "word_vectors_gensim.py"
SETS = ("EN-WS-353-ALL", "EN-SIMLEX-999", "EN-MEN-TR-3k", "questions-words")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
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


def texts(data: Path) -> Iterator[str]:
    """Give the texts of the corpus."""
    with tarfile.open(data / "litbank_novels" / "original_novels.tar.gz") as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            stream = tar.extractfile(member) if member.name.endswith(".txt") else None
            if stream:
                yield stream.read().decode("utf-8", "replace")
    for name in ("brown", "abc", "state_union"):
        with zipfile.ZipFile(data / "english_text" / f"{name}.zip") as archive:
            for entry in sorted(archive.namelist()):
                if re.fullmatch(r"[^.]*/(c[a-r]\d\d|[^/]*\.txt)", entry) and "README" not in entry:
                    text = archive.read(entry).decode("utf-8", "replace")
                    # Brown has the part of speech behind each word
                    yield re.sub(r"/[^\s/]+(?=\s|$)", "", text) if name == "brown" else text


def write_corpus(data: Path, path: Path, max_words: int) -> int:
    """Write sentences of lower-case words, one a line; give the number of words."""
    num_words = 0
    with io.open(path, "w", encoding="utf-8") as stream:  # noqa: UP020
        for text in texts(data):
            for start, end in split_sentences(text):
                words = WORD.findall(text[start:end].lower())
                if words:
                    stream.write(" ".join(words) + "\n")
                    num_words += len(words)
            if num_words >= max_words:
                break
    return num_words


@dataclass(frozen=True)
class Taken:
    """Seconds of a training."""

    wall_s: float
    cpu_s: float


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
    begin, begin_cpu = time.perf_counter(), time.process_time()
    for _ in trainer.rounds(Place()):
        pass
    taken = Taken(time.perf_counter() - begin, time.process_time() - begin_cpu)
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
    tasks: Sequence[Task], corpus: EncodedCorpus, path: Path, given: argparse.Namespace
) -> list[Figure]:
    """Give words a second of both sides, and the ratio of each round."""
    figures: list[Figure] = []
    for task in tasks:
        ours, peer = [], []
        for number in range(given.rounds):
            ours.append(train_ours(corpus, task)[0])
            if given.peer_python:
                peer.append(train_peer(given.peer_python, path, task))
            progress(f"{task}, round {number + 1} of {given.rounds}: {ours[-1].wall_s:.2f} s")
        words = corpus.record.num_words * task.epochs
        figure: Figure = {
            "protocol": f"speed: {task}",
            "words_per_s": words / median(taken.wall_s for taken in ours),
            "words_per_cpu_s": words / median(taken.cpu_s for taken in ours),
        }
        if peer:
            pairs = list(zip(ours, peer, strict=True))
            figure["peer_words_per_s"] = words / median(taken.wall_s for taken in peer)
            figure["peer_words_per_cpu_s"] = words / median(taken.cpu_s for taken in peer)
            figure["ratio"] = median(b.wall_s / a.wall_s for a, b in pairs)
            figure["ratio_by_cpu"] = median(b.cpu_s / a.cpu_s for a, b in pairs)
        figures.append(figure)
    return figures


def measure_quality(
    task: Task, corpus: EncodedCorpus, path: Path, given: argparse.Namespace
) -> list[Figure]:
    """Give the scores of both sides, the mean over the seeds."""
    scores: dict[str, list[Figure]] = {"ours": [], "peer": []}
    for seed in range(given.seeds):
        seeded = Task(task.method, task.objective, task.dim, given.threads, given.epochs, seed + 1)
        rows = train_ours(corpus, seeded)[1]
        vectors = WordVectors(corpus.vocabulary.words, rows.vectors_VD)
        scores["ours"].append(score(vectors, data_folder()))
        progress(f"ours, {seeded}: {scores['ours'][-1]}")
        if given.peer_python:
            out = path.with_suffix(".bin")
            train_peer(given.peer_python, path, seeded, out)
            scores["peer"].append(score(WordVectors.load(out), data_folder()))
            progress(f"peer, {seeded}: {scores['peer'][-1]}")
    return [
        {"protocol": f"quality: {side}, {task.method} {task.objective}, {task.dim} dimensions"}
        | {"num_seeds": len(found), "num_epochs": given.epochs}
        | {name: mean(one[name] for one in found) for name in found[0]}
        for side, found in scores.items()
        if found
    ]


def score(vectors: WordVectors, data: Path) -> Figure:
    """Score vectors on every set."""
    figure: Figure = {}
    for name in SETS:
        asked = read_set(data / "word_eval_en" / f"{name}.txt")
        if isinstance(asked, dict):
            total = analogies(vectors, asked, name).total
            figure["analogies_percent"] = 100 * (total.accuracy or 0.0)
            figure["analogies_known"] = total.num_known
        else:
            result = similarity(vectors, asked, name)
            figure[name] = result.spearman or 0.0
            figure[f"{name}_known"] = result.num_known
    return figure


def measure_encoding(path: Path, num_rounds: int) -> list[Figure]:
    """Give words a second of one thread, by processor time, of both ways to count."""
    text = path.read_bytes()
    step = 1 << 20
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    table = character_table(WordsConfig())
    ours_s, counter_s, num_words = [], [], 0
    for _ in range(num_rounds):
        begin = time.process_time()
        made = counter(table, 10_000)
        for piece in pieces:
            made.encode(piece)
        num_words = int(made.words()[1].sum())
        ours_s.append(time.process_time() - begin)
        begin = time.process_time()
        counts: Counter[bytes] = Counter()
        for piece in pieces:
            counts.update(piece.split())
        counter_s.append(time.process_time() - begin)
    return [
        {
            "protocol": "encode: count and number, against collections.Counter of split words",
            "words_per_cpu_s": num_words / median(ours_s),
            "ratio": median(b / a for a, b in zip(ours_s, counter_s, strict=True)),
        }
    ]


def measure_loading(path: Path, given: argparse.Namespace) -> list[Figure]:
    """Give the seconds of loading random vectors from text, of both sides."""
    rows = np.random.default_rng(0).normal(size=(given.load_words, 300)).astype(np.float32)
    WordVectors([f"word{number}" for number in range(len(rows))], rows).save(path, "word2vec")
    ours, peer = [], []
    for number in range(given.rounds):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        WordVectors.load(path)
        ours.append(Taken(time.perf_counter() - begin, time.process_time() - begin_cpu))
        if given.peer_python:
            call = [given.peer_python, PEER, "--load", path]
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            values = json.loads(done.stdout)
            peer.append(Taken(values["load_s"], values["load_cpu_s"]))
        progress(f"loading, round {number + 1} of {given.rounds}: {ours[-1].wall_s:.2f} s")
    figure: Figure = {
        "protocol": f"load: word2vec text, {given.load_words:,} words of 300 dimensions",
        "cpu_s": median(taken.cpu_s for taken in ours),
    }
    if peer:
        pairs = list(zip(ours, peer, strict=True))
        figure["peer_cpu_s"] = median(taken.cpu_s for taken in peer)
        figure["ratio"] = median(b.wall_s / a.wall_s for a, b in pairs)
        figure["ratio_by_cpu"] = median(b.cpu_s / a.cpu_s for a, b in pairs)
    return [figure]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("what", nargs="+", choices=("speed", "quality", "encode", "load"))
    described.add_argument("--peer-python", type=Path, help="of an environment with gensim")
    described.add_argument("--words", type=int, default=100_000_000, help="most of the corpus")
    described.add_argument("--load-words", type=int, default=400_000, help="words to load")
    described.add_argument("--dims", type=int, nargs="+", default=[100, 300], help="of vectors")
    described.add_argument("--threads", type=int, default=1, help="of both sides")
    described.add_argument("--rounds", type=int, default=3, help="timed rounds")
    described.add_argument("--epochs", type=int, default=5, help="of the measured quality")
    described.add_argument("--seeds", type=int, default=3, help="of the measured quality")
    described.add_argument(
        "--kinds", nargs="+", default=["-".join(kind) for kind in KINDS], help="to be trained"
    )
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    data = data_folder()
    kinds = [tuple(kind.split("-")) for kind in given.kinds]
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "corpus.txt"
        num_words = write_corpus(data, path, given.words)
        progress(f"{num_words:,} words")
        config = CorpusConfig(words=WordsConfig(split="spaces", lowercase=False))
        lines = path.read_text(encoding="utf-8")
        corpus = encode_texts([lines], Path(name) / "corpus", config)
        tasks = [Task(*kind, dim, given.threads) for kind in kinds for dim in given.dims]
        if "encode" in given.what:
            figures += measure_encoding(path, given.rounds)
        if "load" in given.what:
            figures += measure_loading(Path(name) / "vectors.txt", given)
        if "speed" in given.what:
            figures += measure_speed(tasks, corpus, path, given)
        if "quality" in given.what:
            for task in tasks:
                figures += measure_quality(task, corpus, path, given)
    common = {
        "benchmark": "word_vectors",
        "num_words": num_words,
        "vocabulary": len(corpus.vocabulary),
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
