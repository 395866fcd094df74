"""The peer of ``benchmarks/word_vectors.py``: the same vectors by gensim, its fastest way in.

Runs in an environment of its own with ``gensim``; it imports nothing of Lexloom. The corpus is a
file of sentences (``corpus_file``), one a line. Prints what it took as JSON.
"""

import argparse
import json
import time

from gensim.models import KeyedVectors
from gensim.models.word2vec import Word2Vec


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(description=__doc__)
    described.add_argument("--corpus")
    described.add_argument("--load", help="time loading this text of vectors instead")
    described.add_argument("--out", help="where the vectors are written")
    for name in ("sg", "hs", "negative", "dim", "epochs", "threads", "seed"):
        described.add_argument(f"--{name}", type=int)
    return described


def main() -> None:
    """Train, and print seconds and words."""
    given = parser().parse_args()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    if given.load:
        KeyedVectors.load_word2vec_format(given.load)
        wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
        print(json.dumps({"load_s": wall_s, "load_cpu_s": cpu_s}))
        return
    model = Word2Vec(
        vector_size=given.dim, window=5, sg=given.sg, hs=given.hs, negative=given.negative,
        min_count=5, sample=1e-3, workers=given.threads, seed=given.seed, epochs=given.epochs,
    )  # fmt: skip
    model.build_vocab(corpus_file=given.corpus)
    built, built_cpu = time.perf_counter(), time.process_time()
    model.train(
        corpus_file=given.corpus, total_words=model.corpus_total_words,
        total_examples=model.corpus_count, epochs=given.epochs,
    )  # fmt: skip
    trained, trained_cpu = time.perf_counter(), time.process_time()
    if given.out:
        model.wv.save_word2vec_format(given.out, binary=True)
    values = {
        "vocabulary_s": built - begin,
        "train_s": trained - built,
        "train_cpu_s": trained_cpu - built_cpu,
        "num_words": model.corpus_total_words,
    }
    print(json.dumps(values))


if __name__ == "__main__":
    main()
