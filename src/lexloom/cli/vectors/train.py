"""``lexloom vectors train``: word vectors from raw text."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from lexloom.cli.tokenizer import PARTLY_DONE, print_failure
from lexloom.cli.train.settings import nested_settings
from lexloom.records import Failure

if TYPE_CHECKING:
    from lexloom.vectors.corpus import EncodedCorpus
    from lexloom.vectors.word2vec_run import Start, VectorsConfig

EXAMPLE = "Example: lexloom vectors train novels/ --method skipgram --dim 100 --out runs/vectors"


def train(  # noqa: PLR0913 - one argument a flag
    files: Annotated[
        list[Path], typer.Argument(help="Files and folders of text.", show_default=False)
    ],
    *,
    out: Annotated[Path, typer.Option(help="The run's folder; the vectors come to OUT/model.")],
    method: Annotated[str | None, typer.Option(help="skipgram (the default) or cbow.")] = None,
    objective: Annotated[
        str | None, typer.Option(help="negative (sampling, the default) or hierarchical (softmax).")
    ] = None,
    dim: Annotated[int | None, typer.Option(help="Numbers of a vector.")] = None,
    window: Annotated[int | None, typer.Option(help="Most words on each side.")] = None,
    negative: Annotated[
        int | None, typer.Option(help="Words drawn against each that is predicted.")
    ] = None,
    min_count: Annotated[int | None, typer.Option(help="Rarer words are left out.")] = None,
    sample: Annotated[
        float | None, typer.Option(help="Words above this share of the corpus are thinned out.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="How often the corpus is read.")] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one gives the same vectors for the same seed.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of all chances.")] = None,
    split: Annotated[
        str | None,
        typer.Option(help="What a word of Chinese is: characters, segmented; or spaces part all."),
    ] = None,
    init: Annotated[
        Path | None, typer.Option(help="Vectors to go on from, with the words of both.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set lr=0.05.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn word vectors by word2vec.

    The corpus is read once and kept as numbers in OUT/corpus; the same command goes on where it was
    cut off.
    """
    from lexloom.vectors.word2vec_run import VectorsConfig, load_start

    flags = {
        "method": method, "objective": objective, "dim": dim, "window": window,
        "negative": negative, "min_count": min_count, "sample": sample, "epochs": epochs,
        "threads": threads, "seed": seed, "split": split,
    }  # fmt: skip
    given = [f"{key}={json.dumps(value)}" for key, value in flags.items() if value is not None]
    chosen = nested_settings(VectorsConfig, config, [*(settings or []), *given])
    start = load_start(init) if init else None
    failures: list[Failure] = []
    corpus = _corpus(files, out, chosen, start, failures)
    _learn(corpus, chosen, out, start)
    _print(out, as_json=as_json, num_failures=len(failures))
    if failures:
        raise typer.Exit(PARTLY_DONE)


def _corpus(
    files: list[Path],
    out: Path,
    config: "VectorsConfig",
    start: "Start | None",
    failures: list[Failure],
) -> "EncodedCorpus":
    """Read the files, and show how many characters went by."""
    from lexloom.vectors.sources import corpus_of_files
    from lexloom.vectors.word2vec_run import CORPUS

    def note(failure: Failure) -> None:
        failures.append(failure)
        print_failure(failure)

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,} characters read"),
        TimeElapsedColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("reading", total=None)
        return corpus_of_files(
            files,
            out / CORPUS,
            config.corpus,
            known=start.vocabulary if start else None,
            on_failure=note,
            on_characters=lambda count: bar.advance(task, count),
        )


def _learn(
    corpus: "EncodedCorpus", config: "VectorsConfig", out: Path, start: "Start | None"
) -> None:
    """Train, and show how far it is and the loss of each epoch."""
    from lexloom.vectors import word2vec_run

    console = Console(stderr=True)
    console.print(
        f"{corpus.record.num_words:,} words, {len(corpus.vocabulary):,} different ones are kept",
        highlight=False,
    )
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]:,.0f} words/s"),
        TimeRemainingColumn(),
    )
    num_losses = 0
    with _bar(*columns, console=console) as bar:
        task = bar.add_task("training", total=1.0, epoch=1, speed=0.0)
        for step in word2vec_run.train(corpus, config.word2vec, out, start=start):
            epoch = min(step.place.epoch + 1, config.word2vec.epochs)
            bar.update(task, completed=step.done, epoch=epoch, speed=step.num_words_per_s)
            if len(step.place.losses) > num_losses:
                num_losses = len(step.place.losses)
                console.print(
                    f"epoch {num_losses}: loss {step.place.losses[-1]:.4f} nats a prediction",
                    highlight=False,
                )


@contextmanager
def _bar(*columns: Any, console: Console | None = None) -> Iterator[Progress]:
    console = console or Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        yield bar


def _print(out: Path, *, as_json: bool, num_failures: int) -> None:
    from lexloom.vectors.word2vec_run import MODEL, trained_record

    record = trained_record(out)
    values = {
        "path": str(out / MODEL),
        "num_words": record.num_words,
        "losses": list(record.losses),
        "num_failures": num_failures,
    }
    if as_json:
        typer.echo((json.dumps(values, ensure_ascii=False) + "\n").encode("utf-8"), nl=False)
    else:
        typer.echo(values["path"])
