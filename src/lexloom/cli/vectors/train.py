"""``lexloom vectors train``: word vectors from raw text."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

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

from lexloom.artifacts import one_writer
from lexloom.cli.say import print_json
from lexloom.cli.texts import PARTLY_DONE, print_failure
from lexloom.cli.train.settings import all_names, nested_settings
from lexloom.config import parse_overrides, read_table
from lexloom.errors import UsageError
from lexloom.records import Failure

if TYPE_CHECKING:
    from lexloom.vectors.corpus import CorpusConfig, EncodedCorpus
    from lexloom.vectors.word2vec_run import Start

T = TypeVar("T")

EXAMPLE = "Example: lexloom vectors train novels/ --method skipgram --dim 100 --out runs/vectors"

MethodOption = Annotated[
    str | None, typer.Option(help="skipgram (the default), cbow, cooccurrence, onehot.")
]
ObjectiveOption = Annotated[
    str | None, typer.Option(help="negative (sampling, the default) or hierarchical (softmax).")
]
NegativeOption = Annotated[
    int | None, typer.Option(help="Words drawn against each that is predicted.")
]
SampleOption = Annotated[
    float | None, typer.Option(help="Words above this share of the corpus are thinned out.")
]
ThreadsOption = Annotated[
    int | None, typer.Option(help="Threads; one gives the same vectors for the same seed.")
]
SplitOption = Annotated[
    str | None,
    typer.Option(help="What a word of Chinese is: characters, segmented; or spaces part all."),
]
TokenizerOption = Annotated[
    Path | None, typer.Option(help="A tokenizer; its tokens are the words.")
]
InitOption = Annotated[
    Path | None, typer.Option(help="Vectors to go on from, with the words of both.")
]
SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", help="One setting, as in --set learning_rate=0.05.")
]
PhrasesOption = Annotated[
    bool, typer.Option("--phrases", help="Make one word of words that often stand together.")
]


def train(  # noqa: PLR0913 - one argument a flag
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files and folders of text, or - for the standard input.", show_default=False
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="The run's folder; the vectors come to OUT/model.")],
    method: MethodOption = None,
    objective: ObjectiveOption = None,
    dim: Annotated[int | None, typer.Option(help="Numbers of a vector.")] = None,
    window: Annotated[int | None, typer.Option(help="Most words on each side.")] = None,
    negative: NegativeOption = None,
    min_count: Annotated[int | None, typer.Option(help="Rarer words are left out.")] = None,
    sample: SampleOption = None,
    epochs: Annotated[int | None, typer.Option(help="How often the corpus is read.")] = None,
    threads: ThreadsOption = None,
    seed: Annotated[int | None, typer.Option(help="The seed of all chances.")] = None,
    split: SplitOption = None,
    tokenizer: TokenizerOption = None,
    phrases: PhrasesOption = False,
    init: InitOption = None,
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: SettingsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Learn word vectors by word2vec, or by counting which words stand near each other.

    With --method onehot, write each sentence as the sparse sum of its words.

    The corpus is read once and kept as numbers in OUT/corpus; the same command goes on where it was
    cut off.
    """
    flags = {
        "method": method, "objective": objective, "dim": dim, "window": window,
        "negative": negative, "min_count": min_count, "sample": sample, "epochs": epochs,
        "threads": threads, "seed": seed, "split": split,
        "tokenizer": str(tokenizer) if tokenizer else None,
    }  # fmt: skip
    flags = {name: value for name, value in flags.items() if value is not None}
    given = parse_overrides(settings or []) | flags
    usual: dict[str, Any] = {"phrase_passes": 1} if phrases else {}
    usual |= {"split": "subwords"} if tokenizer else {}
    job = _Job(files, out, usual | (read_table(config) if config else {}) | given, set(flags))
    learn = _ways().get(str(job.settings.get("method", "skipgram")))
    if learn is None:
        known = ", ".join(_ways())
        raise UsageError(
            f"there is no method {job.settings['method']!r}", hint=f"there are {known}"
        )
    with one_writer(out):
        learn(job, init)
    _print(job, as_json=as_json)
    if job.failures:
        raise typer.Exit(PARTLY_DONE)


@dataclass
class _Job:
    """What was asked for."""

    files: list[Path]
    out: Path
    settings: dict[str, Any]
    flags: set[str]
    """Settings that were given by flags of their own."""
    failures: list[Failure] = field(default_factory=list)

    def config(self, cls: type[T], *but: str) -> T:
        """Give the settings as a dataclass, some left out."""
        for flag in sorted(self.flags - all_names(cls) - set(but)):
            raise UsageError(
                f"--{flag.replace('_', '-')} is not for --method {self.settings['method']}",
                hint="leave it out",
            )
        values = {key: value for key, value in self.settings.items() if key not in but}
        return nested_settings(cls, None, [f"{k}={json.dumps(v)}" for k, v in values.items()])


def _ways() -> "dict[str, Callable[[_Job, Path | None], None]]":
    return {"skipgram": _learn, "cbow": _learn, "cooccurrence": _count, "onehot": _write_rows}


def _count(job: _Job, init: Path | None) -> None:
    """Count, and show how much of the corpus went by."""
    from lexloom.vectors.cooccurrence_run import CountedConfig, count

    _check_no_init(init)
    config = job.config(CountedConfig, "method")
    corpus = _corpus(job, config.corpus, None)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with _bar(*columns) as bar:
        task = bar.add_task("counting", total=sum(map(len, corpus.shards)))

        def advance(number: int) -> None:
            bar.advance(task, number)
            if bar.finished:  # how long the singular vectors take is not known before
                bar.remove_task(task)
                bar.add_task("reducing", total=None)

        count(corpus, config, job.out, on_numbers=advance)


def _write_rows(job: _Job, init: Path | None) -> None:
    from lexloom.vectors.one_hot_run import OneHotConfig, write_rows

    _check_no_init(init)
    config = job.config(OneHotConfig, "method")
    corpus = _corpus(job, config.corpus, None)
    with Console(stderr=True).status("writing rows"):
        write_rows(corpus, config, job.out)


def _check_no_init(init: Path | None) -> None:
    if init:
        raise UsageError("--init is for skipgram and cbow", hint="leave it out")


def _corpus(job: _Job, config: "CorpusConfig", start: "Start | None") -> "EncodedCorpus":
    """Read the files, and show how many characters went by."""
    from lexloom.vectors.run_folder import CORPUS
    from lexloom.vectors.sources import corpus_of_files

    def note(failure: Failure) -> None:
        job.failures.append(failure)
        print_failure(failure)

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,} characters read"),
        TimeElapsedColumn(),
    )
    with _bar(*columns) as bar:
        task = bar.add_task("reading", total=None)
        corpus = corpus_of_files(
            job.files,
            job.out / CORPUS,
            config,
            known=start.vocabulary if start else None,
            on_failure=note,
            on_characters=lambda count: bar.advance(task, count),
        )
    num_words, num_kept = corpus.record.num_words, len(corpus.vocabulary)
    typer.echo(f"{num_words:,} words, {num_kept:,} different ones are kept", err=True)
    return corpus


def _learn(job: _Job, init: Path | None) -> None:
    """Train, and show how far it is and the loss of each epoch."""
    from lexloom.vectors import word2vec_run

    config = job.config(word2vec_run.VectorsConfig)
    start = word2vec_run.load_start(init) if init else None
    corpus = _corpus(job, config.corpus, start)
    console = Console(stderr=True)
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]:,.0f} words/s"),
        TimeRemainingColumn(),
    )
    num_losses = 0
    with _bar(*columns, console=console) as bar:
        task = bar.add_task("training", total=1.0, epoch=1, speed=0.0)
        for step in word2vec_run.train(corpus, config.word2vec, job.out, start=start):
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


def _print(job: _Job, *, as_json: bool) -> None:
    path = job.out / "model"
    if not as_json:
        typer.echo(str(path))
        return
    record = json.loads((path / "config.json").read_text(encoding="utf-8"))
    values = {
        "path": str(path),
        "num_words": record["num_words"],
        "losses": record.get("losses"),
        "num_failures": len(job.failures),
    }
    print_json(values)
