"""``lexloom train bert``: an encoder from raw text, new or continued."""

from pathlib import Path
from typing import Annotated

import typer

from lexloom.cli.say import print_json
from lexloom.cli.train.settings import nested_settings
from lexloom.cli.train.show import Shown
from lexloom.errors import UsageError
from lexloom.models.registry import resolve_model

EXAMPLE = (
    "Example: lexloom train bert --text books/ --out runs/bert --set size=mini --set num_epochs=3"
)


def bert(  # noqa: PLR0913 - one argument a flag
    *,
    out: Annotated[Path, typer.Option(help="The run's folder; the model comes to OUT/model.")],
    text: Annotated[
        list[Path] | None, typer.Option(help="Text files and folders to learn from.")
    ] = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="Text to score on; a fiftieth of the rest if left out."),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="Token files instead of text: what `tokens build` wrote.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A tokenizer; that of --init, or a new one, if left out.")
    ] = None,
    init: Annotated[
        str | None, typer.Option(help="A BERT to go on from; a new one if left out.")
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(help="Word vectors that a new model's embeddings start from, of any form."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set max_length=128.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a BERT on raw text by masked words and, with --set pairs=next, sentence pairs.

    The folder keeps tokenizer, tokens, state, metrics and their picture; the same command goes on
    where it was cut off. Several processes train it under torchrun.
    """
    if (text is None) == (tokens is None):
        raise UsageError("give either --text or --tokens", hint="as in --text books/")
    from lexloom.train.bert import BertRunConfig, prepare, save
    from lexloom.train.bert_files import Start, Texts
    from lexloom.train.parallel import join
    from lexloom.train.run import train

    run_config = nested_settings(BertRunConfig, config, settings or [])
    texts = Texts(train=text or (), dev=dev or (), tokens=tokens)
    model = resolve_model(init) if init else None
    start = Start(init=model, tokenizer=tokenizer, vectors=vectors)
    train_config = run_config.pretrain.train
    is_first = join(train_config).is_first
    shown = Shown(train_config, is_quiet=not is_first)
    task, words, fingerprint = prepare(texts, start, out, run_config, say=shown.say)
    for _report in shown.follow(train(task, train_config, out, fingerprint=fingerprint)):
        pass
    scores = save(task, words, out / "model")
    if is_first:
        _print(out / "model", scores, as_json=as_json)


def _print(path: Path, scores: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(path), "dev": scores})
    else:
        shown = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
        typer.echo(f"{path}\ndev: {shown}")
