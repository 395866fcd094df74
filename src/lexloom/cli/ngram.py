"""``lexloom ngram``: train n-gram language models, score text with them, ask them, write text."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lexloom.cli.language_models import (
    MixOption,
    ModelOption,
    TuneOption,
    WeightOption,
    open_counted,
    open_model,
    tuned,
)
from lexloom.cli.say import print_json, say
from lexloom.cli.texts import FilesArgument, Texts, Watch
from lexloom.config import from_mapping, parse_overrides, read_table
from lexloom.corpus.read import check_outside
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.vectors.ngram.ask import Answer
    from lexloom.vectors.ngram.language import LanguageModel
    from lexloom.vectors.ngram.perplexity import SentenceScore

app = typer.Typer(
    help="N-gram language models: train, score, ask, generate, ARPA; neural ones are asked too.",
    no_args_is_help=True,
)

TopOption = Annotated[int, typer.Option("--top", help="Most answers.", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(
    "train",
    epilog="Example: lexloom ngram train texts/ --order 5 --set min_count=2 --out models/laws",
)
def train_command(  # noqa: PLR0913 - one argument a flag
    files: FilesArgument,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", show_default=False)],
    order: Annotated[
        int | None, typer.Option(help="Words of the longest n-gram; 5 if left out.")
    ] = None,
    smoothing: Annotated[
        str | None,
        typer.Option(
            help="kneser-ney (if left out), absolute, witten-bell, good-turing, add-k or "
            "maximum-likelihood."
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="word (if left out), token (white space, a sentence a line), character."),
    ] = None,
    arpa: Annotated[Path | None, typer.Option(help="Write an ARPA file too.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings (TOML, JSON).")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting: min_count, max_words, lowercase, k ..."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the n-grams of texts and smooth them; the same texts give the same model."""
    from lexloom.vectors.ngram import NgramConfig, save, train
    from lexloom.vectors.ngram.arpa import check_arpa, write_arpa
    from lexloom.vectors.ngram.files import check_folder
    from lexloom.vectors.ngram.units import sentences

    flags = {"order": order, "smoothing": smoothing, "unit": unit}
    values = (read_table(config) if config else {}) | parse_overrides(settings or [])
    values |= {name: value for name, value in flags.items() if value is not None}
    asked = from_mapping(NgramConfig, values, where="settings")
    for written in (out, arpa):  # before the work, not behind it
        check_outside(written or out, files)
    check_folder(out)
    if arpa is not None:
        check_arpa(asked, arpa)
    texts = Texts(files)
    with Watch("reading") as watch:
        units = (sentence for text in texts for sentence in sentences(text, asked))
        model, report = train(units, asked, on_words=watch.words, on_step=watch.step)
        watch.step("saving")
        save(model, out)
        if arpa is not None:
            write_arpa(model, arpa)
    _print({"path": str(out), "vocab_size": len(model.vocabulary), **asdict(report)}, as_json)
    texts.leave()


@app.command(
    "score",
    epilog="Example: lexloom ngram score test.txt --model models/laws --sentences --json",
)
def score_command(  # noqa: PLR0913 - one argument a flag
    files: FilesArgument,
    *,
    model: ModelOption,
    mix: MixOption = None,
    weight: WeightOption = None,
    tune: TuneOption = None,
    by_sentence: Annotated[
        bool, typer.Option("--sentences", help="Print each sentence's log10 probability.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give the perplexity of texts, with the ends of sentences counted as tokens.

    With --mix, that of two models together, such as a neural one and an n-gram model.
    """
    from lexloom.vectors.ngram.perplexity import score_texts

    loaded, texts = open_model(model, mix, weight), Texts(files)
    tuning = Texts(tune) if tune else None
    with Watch("scoring") as watch:
        if tuning is not None:
            loaded = tuned(loaded, tuning, weight)
        report = score_texts(
            loaded,
            texts,
            on_words=watch.words,
            on_sentence=_print_sentence(as_json) if by_sentence else None,
        )
    values = report.to_dict()
    if (used := getattr(loaded, "weight", None)) is not None:
        values["weight"] = used
    # the sentences are the data then, and the sum of them is said beside it
    _print(values, as_json, err=by_sentence)
    texts.leave(tuning)


def _print_sentence(as_json: bool) -> "Callable[[SentenceScore], None]":
    def show(score: "SentenceScore") -> None:
        if as_json:
            print_json(asdict(score))
        else:
            log10_prob = "impossible" if score.log10_prob is None else f"{score.log10_prob:.6f}"
            line = f"{log10_prob}\t{score.num_unknown}\t{printable(score.text)}\n"
            typer.echo(line.encode("utf-8"), nl=False)

    return show


@app.command(
    "generate", epilog="Example: lexloom ngram generate --model models/laws --prompt 'The court'"
)
def generate_command(  # noqa: PLR0913 - one argument a flag
    *,
    model: ModelOption,
    mix: MixOption = None,
    weight: WeightOption = None,
    prompt: Annotated[str, typer.Option(help="How each text begins.")] = "",
    num: Annotated[int, typer.Option("--num", help="Texts to write.", min=1)] = 1,
    max_words: Annotated[int, typer.Option(help="Longest text.")] = 50,
    temperature: Annotated[float, typer.Option(help="Below 1: likelier words.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw among so many words.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same texts.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Write sentences as the model draws them."""
    from lexloom.vectors.ngram.ask import GenerateConfig, generate
    from lexloom.vectors.ngram.units import join_units

    config = GenerateConfig(max_words=max_words, temperature=temperature, top_k=top_k, seed=seed)
    loaded = open_model(model, mix, weight)
    begun = _units(loaded, prompt)
    for number in range(num):
        units = [*begun, *generate(loaded, begun, config, number)]
        text = join_units(units, loaded.config.unit)
        if as_json:
            print_json({"text": text, "prompt": prompt, "seed": seed, "number": number})
        else:
            typer.echo((printable(text) + "\n").encode("utf-8"), nl=False)


@app.command("next", epilog="Example: lexloom ngram next 'The court' --model models/laws --top 5")
def next_command(
    text: Annotated[str, typer.Argument(help="The beginning of a sentence; may be empty.")],
    *,
    model: ModelOption,
    mix: MixOption = None,
    weight: WeightOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Give the likeliest next words behind the beginning of a sentence."""
    from lexloom.vectors.ngram.ask import next_words

    loaded = open_model(model, mix, weight)
    _print_answers(next_words(loaded, _units(loaded, text), top), as_json)


@app.command(
    "fill", epilog="Example: lexloom ngram fill 'The ___ decides.' --model models/laws --top 5"
)
def fill_command(
    text: Annotated[str, typer.Argument(help="A sentence with one ___ in it.")],
    *,
    model: ModelOption,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Give the words that fit best into the blank of a sentence."""
    from lexloom.vectors.ngram.ask import BLANK, fill_blank

    # to a neural model every word in the blank is a softmax or several
    loaded = open_counted(model, "a blank is filled")
    before, *behind = text.split(BLANK)
    units = _units(loaded, before)
    for part in behind:
        units += [BLANK, *_units(loaded, part)]
    _print_answers(fill_blank(loaded, units, top), as_json)


@app.command("convert", epilog="Example: lexloom ngram convert models/laws laws.arpa")
def convert_command(
    source: Annotated[Path, typer.Argument(help="A model's folder, or an ARPA file.")],
    target: Annotated[Path, typer.Argument(help="An ARPA file (ends in .arpa), or a folder.")],
) -> None:
    """Write a model as an ARPA file, or an ARPA file as a model's folder."""
    from lexloom.vectors.ngram import save
    from lexloom.vectors.ngram.arpa import write_arpa

    loaded = open_counted(source, "n-grams are held")
    if target.suffix == ".arpa":
        write_arpa(loaded, target)
    else:
        save(loaded, target)
    typer.echo(f"{target}: {sum(map(len, loaded.levels)):,} n-grams up to order {loaded.order}")


def _units(model: "LanguageModel", text: str) -> list[str]:
    """Cut a text into units, and say on stderr which of them the model does not know."""
    from lexloom.vectors.ngram.units import split_units

    units = split_units(text, model.config)
    for unit in dict.fromkeys(unit for unit in units if unit not in model.vocabulary):
        hint = model.vocabulary.nearest(unit)
        say(f"{unit!r} is not known ({hint})")
    return units


def _print_answers(answers: "list[Answer]", as_json: bool) -> None:
    if as_json:
        print_json([asdict(answer) for answer in answers])
        return
    table = Table("probability", "word", box=None)
    for answer in answers:
        table.add_row(f"{answer.probability:.4f}", Text(printable(answer.word)))
    Console().print(table)


def _print(values: dict[str, Any], as_json: bool, *, err: bool = False) -> None:
    if as_json:
        print_json(values, err=err)
        return
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(Text(name.replace("_", " ")), Text(printable(_shown(value))))
    Console(stderr=err).print(table)


def _shown(value: Any) -> str:
    if value is None or value in ([], ()):
        return "none"
    if isinstance(value, dict):
        return "  ".join(f"{name}: {_shown(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "  ".join(map(_shown, value))
    if isinstance(value, tuple):
        return f"({' '.join(map(_shown, value))})"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
