"""Claim: a neural language model of 2003 beats n-grams on Brown, and mixed with them by 10 percent.

The split is that of ``benchmarks/ngram.py``: 800,000 words train, 200,000 choose epoch and weight
(valid), the rest is the test; words seen three times or less are one rare token; sentence borders
are kept, and ends of sentences count. All models know the same words, those of the training part.

- 3-gram, 5-gram: interpolated modified Kneser-Ney.
- neural: `lexloom train nnlm` with the settings below, the softmax over all words.
- neural and 5-gram: the weighted mean of the two, the weight chosen on valid.

``perplexity`` counts every token. Of the test about one token in seventy is a word that the
training part lacks; the neural model learns what share the unknown word has, the n-grams give it
next to nothing. So ``perplexity_known``, which leaves these tokens out, is the fairer comparison.

The run's folder (``--out``) keeps the training: the same command goes on where it was cut off.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from figures import Figure, command, data_folder, machine, print_figures, progress
from lexloom.cli.train.settings import nested_settings
from lexloom.train import nnlm_files
from lexloom.train.nnlm_run import NnlmRunConfig, finish, prepare
from lexloom.train.reports import Evaluation
from lexloom.train.run import train
from lexloom.vectors.ngram.language import LanguageModel
from lexloom.vectors.ngram.mixture import Mixture
from lexloom.vectors.ngram.perplexity import PerplexityReport, score_texts
from ngram import Sentences, num_tokens, read_brown, split_brown, train_file, write_lines

EXAMPLE = "example: LEXLOOM_DATA=~/data python benchmarks/nnlm.py --out runs/brown"
GOALS = {"neural": 236.29}
"""Test perplexity of the 3-gram."""
SETTINGS = (
    "unit=token", "context_size=6", "embedding_size=200", "hidden_size=200",
    "tie_word_embeddings=true", "embedding_dropout=0.3", "dropout=0.5", "num_negatives=1000",
    "num_epochs=4", "batch_size=512", "learning_rate=0.001", "head_learning_rate=0.001",
    "embedding_learning_rate=0.001", "precision=auto",
)  # fmt: skip


def settings(given: Sequence[str]) -> NnlmRunConfig:
    """Give the settings of the neural model; those that are given come last."""
    return nested_settings(NnlmRunConfig, None, [*SETTINGS, *given])


def train_neural(texts: dict[str, str], config: NnlmRunConfig, out: Path) -> LanguageModel:
    """Train in a folder, or go on there, and give the model that is best on valid."""
    prepared = prepare([texts["train"]], config, dev=[texts["valid"]])
    for report in train(prepared.task, config.fit.train, out, fingerprint=prepared.fingerprint):
        if isinstance(report, Evaluation):
            progress(f"epoch {report.epoch:.2f}: valid {report.scores['perplexity']:.2f}")
    finish(prepared, out)
    return nnlm_files.load(out / "model")


def figure(name: str, model: LanguageModel, texts: dict[str, str]) -> Figure:
    """Give the perplexities of a model."""
    found: dict[str, PerplexityReport] = {
        part: score_texts(model, [texts[part]]) for part in ("valid", "test")
    }
    progress(f"{name}: test {found['test'].perplexity:.2f}")
    return {
        "protocol": name,
        "perplexity": found["test"].perplexity,
        "perplexity_known": found["test"].perplexity_known,
        "num_unknown": found["test"].num_unknown,
        "valid_perplexity": found["valid"].perplexity,
        "valid_perplexity_known": found["valid"].perplexity_known,
    }


def measure(
    parts: dict[str, Sentences], config: NnlmRunConfig, out: Path, orders: Sequence[int]
) -> list[Figure]:
    """Give the figures of the n-grams, the neural model, and its mixture with the last n-gram."""
    out.mkdir(parents=True, exist_ok=True)
    files = {name: write_lines(part, out / f"{name}.txt") for name, part in parts.items()}
    texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    figures: list[Figure] = []
    for order in orders:
        counted = train_file(files["train"], out / f"{order}-gram", order)
        figures.append(figure(f"{order}-gram", counted, texts))
    neural = train_neural(texts, config, out / "neural")
    figures.append(figure("neural", neural, texts) | {"goal": GOALS["neural"]})
    mixture = Mixture(neural, counted, 0.5)
    weight = mixture.best_weight(neural.vocabulary.encode_sentences(parts["valid"]))
    mixed = figure(f"neural and {orders[-1]}-gram", mixture.with_weight(weight), texts)
    alone = figures[-2:]  # the last n-gram and the neural model
    for name in ("perplexity", "perplexity_known"):
        mixed[f"{name}_less_than_either"] = 1 - mixed[name] / min(f[name] for f in alone)
    return [*figures, mixed | {"weight": weight, "goal": "0.10 less than either"}]


def parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    described = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    described.add_argument("--out", type=Path, required=True, help="the run's folder")
    described.add_argument("--set", nargs="+", default=[], help="settings of the neural model")
    return described


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    given = parser().parse_args(arguments)
    corpus, valid, test = split_brown(read_brown(data_folder() / "english_text" / "brown.zip"))
    progress(f"{num_tokens(corpus):,} tokens to train on, {num_tokens(test):,} to test")
    parts = {"train": corpus, "valid": valid, "test": test}
    figures = measure(parts, settings(given.set), given.out, [3, 5])
    common = {
        "benchmark": "nnlm",
        "set": "Brown",
        "num_train_tokens": num_tokens(corpus),
        "num_test_tokens": num_tokens(test),
        "settings": [*SETTINGS, *given.set],
        "command": command(__file__, arguments),
        "machine": machine(),
    }
    print_figures([common | figure for figure in figures])


if __name__ == "__main__":
    main()
