"""The parts of ``benchmarks/word_vectors.py`` that learn nothing: counting, loading, PPMI."""

import argparse
import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from sklearn.decomposition import TruncatedSVD

from figures import Figure, progress
from lexloom.nn.kernels.word2vec_job import SENTENCE_END
from lexloom.nn.kernels.words import counter
from lexloom.vectors.cooccurrence import (
    CooccurrenceConfig,
    cooccurrence_vectors,
    pointwise_information,
)
from lexloom.vectors.corpus import EncodedCorpus
from lexloom.vectors.keyed import WordVectors
from lexloom.vectors.words import WordsConfig, character_table

PEER = Path(__file__).parent / "peers" / "word_vectors_gensim.py"
PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Taken:
    """Seconds of a training."""

    wall_s: float
    cpu_s: float


def timed(function: Callable[[], Any]) -> tuple[Taken, Any]:
    """Call a function; give what it took and what it gave."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    value = function()
    return Taken(time.perf_counter() - begin, time.process_time() - begin_cpu), value


def ratios(ours: Sequence[Taken], peer: Sequence[Taken]) -> Figure:
    """Give how many times as fast ours are: the medians over the rounds."""
    pairs = list(zip(ours, peer, strict=True))
    if not pairs:
        return {}
    return {
        "ratio": median(b.wall_s / a.wall_s for a, b in pairs),
        "ratio_by_cpu": median(b.cpu_s / a.cpu_s for a, b in pairs),
    }


def measure_encoding(path: Path, given: argparse.Namespace) -> list[Figure]:
    """Give words a second of counting and numbering, against a peer and of so many threads."""
    text = path.read_bytes()
    pieces: list[bytes] = []
    while text:  # whole lines
        stop = text.rfind(b"\n", 0, PIECE_BYTES) + 1 or len(text)
        pieces.append(text[:stop])
        text = text[stop:]
    ours, peer, many, num_words = [], [], [], 0
    for number in range(given.rounds):
        taken, num_words = timed(lambda: count_words(pieces))
        ours.append(taken)
        peer.append(timed(lambda: count_by_counter(pieces))[0])
        if given.threads > 1:
            parts = [pieces[first :: given.threads] for first in range(given.threads)]
            with ThreadPoolExecutor(given.threads) as pool:
                many.append(timed(lambda p=parts, e=pool: [*e.map(count_words, p)])[0])  # type: ignore[misc]
        progress(f"counting, round {number + 1} of {given.rounds}: {ours[-1].cpu_s:.2f} s")
    figure: Figure = {
        "protocol": "encode: count and number, against collections.Counter of split words",
        "words_per_s": num_words / median(taken.wall_s for taken in ours),
        "words_per_cpu_s": num_words / median(taken.cpu_s for taken in ours),
        "peer_words_per_cpu_s": num_words / median(taken.cpu_s for taken in peer),
    }
    if many:
        pairs = zip(ours, many, strict=True)
        figure["threads"] = given.threads
        figure["threads_speedup"] = median(a.wall_s / b.wall_s for a, b in pairs)
    return [figure | ratios(ours, peer)]


def count_words(pieces: Sequence[bytes]) -> int:
    """Count and number words by ours; give how many there are."""
    made = counter(character_table(WordsConfig()), 10_000)
    for piece in pieces:
        made.encode(piece)
    return int(made.words()[1].sum())


def count_by_counter(pieces: Sequence[bytes]) -> Counter[bytes]:
    """Count words by Python's own."""
    counts: Counter[bytes] = Counter()
    for piece in pieces:
        counts.update(piece.split())
    return counts


def measure_loading(path: Path, given: argparse.Namespace) -> list[Figure]:
    """Give the seconds of loading random vectors from text, of both sides."""
    rows = np.random.default_rng(0).normal(size=(given.load_words, 300)).astype(np.float32)
    WordVectors([f"word{number}" for number in range(len(rows))], rows).save(path, "word2vec")
    ours, peer = [], []
    for number in range(given.rounds):
        ours.append(timed(lambda: WordVectors.load(path))[0])
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
        figure["peer_cpu_s"] = median(taken.cpu_s for taken in peer)
    return [figure | ratios(ours, peer)]


def measure_counted_vectors(
    corpus: EncodedCorpus, dim: int, given: argparse.Namespace
) -> tuple[Figure, dict[str, NDArray[np.float32]]]:
    """Give what PPMI with an SVD took on both sides, and the vectors of both."""
    ours, peer, one = [], [], []
    config = CooccurrenceConfig(dim=dim, threads=given.threads)
    vectors: dict[str, NDArray[np.float32]] = {}
    for number in range(given.rounds):
        taken, vectors["ours"] = timed(lambda: cooccurrence_vectors(corpus, config))
        ours.append(taken)
        taken, vectors["peer"] = timed(lambda: counted_by_peers(corpus, config))
        peer.append(taken)
        if given.threads > 1:
            single = replace(config, threads=1)
            one.append(timed(lambda s=single: cooccurrence_vectors(corpus, s))[0])  # type: ignore[misc]
        progress(f"PPMI, round {number + 1} of {given.rounds}: {ours[-1].cpu_s:.1f} s")
    figure = {
        "protocol": f"PPMI and SVD, {dim} dimensions, against scipy and scikit-learn",
        "threads": given.threads,
        "cpu_s": median(taken.cpu_s for taken in ours),
        "peer_cpu_s": median(taken.cpu_s for taken in peer),
    }
    if one:
        figure["threads_speedup"] = ratios(ours, one)["ratio"]
    return figure | ratios(ours, peer), vectors


def counted_by_peers(corpus: EncodedCorpus, config: CooccurrenceConfig) -> NDArray[np.float32]:
    """Count with scipy, distance by distance over the whole corpus; reduce by scikit-learn."""
    size = len(corpus.vocabulary)
    counts = csr_array((size, size), dtype=np.float32)
    ids = np.concatenate(corpus.shards)
    sentence = np.cumsum(ids == SENTENCE_END)
    for distance in range(1, config.window + 1):
        first, second = ids[:-distance], ids[distance:]
        near = (sentence[:-distance] == sentence[distance:]) & (first != SENTENCE_END)
        weights = np.full(int(near.sum()), 1 / distance, np.float32)
        places = first[near].astype(np.int32), second[near].astype(np.int32)
        counts = counts + coo_array((weights, places), shape=(size, size)).tocsr()
    matrix = pointwise_information(counts + counts.T, config)
    search = TruncatedSVD(config.dim, n_iter=config.power_iterations, random_state=config.seed)
    left = search.fit_transform(matrix)
    # its rows are times the singular values; ours are times their root
    vectors: NDArray[np.float32] = left / np.sqrt(search.singular_values_)
    return vectors.astype(np.float32)
