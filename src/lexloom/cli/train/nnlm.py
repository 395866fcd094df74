"""``lexloom train nnlm``: a neural language model from raw text."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lexloom.cli.say import print_json
from lexloom.cli.texts import FilesArgument, Texts
from lexloom.cli.train.settings import nested_settings
from lexloom.cli.train.show import Shown
from lexloom.corpus.read import check_outside

if TYPE_CHECKING:
    from lexloom.train.nnlm_run import Prepared

EXAMPLE = (
    "Example: lexloom train nnlm texts/ --out runs/nnlm --set context_size=5 --set dropout=0.3"
)


def nnlm(  # noqa: PLR0913 - one argument a flag
    files: FilesArgument,
    *,
    out: Annotated[Path, typer.Option(help="The run's folder; the model comes to OUT/model.")],
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="Text to score on; a twentieth of the sentences if left out."),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="word (if left out), token (white space, a sentence a line), character."),
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="Word vectors to start from: a folder or file.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings (TOML or JSON).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, as in --set hidden_size=200.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a neural probabilistic language model (Bengio et al., 2003) on words or characters.

    What it learnt is asked as an n-gram model is: lexloom ngram score|generate|next. The folder
    OUT/model holds its word vectors too. The same command goes on where it was cut off.
    """
    from lexloom.train.nnlm_run import NnlmRunConfig, finish, prepare
    from lexloom.train.parallel import join
    from lexloom.train.run import train

    unit_setting = [] if unit is None else [f"unit={json.dumps(unit)}"]
    overrides = [*(settings or []), *unit_setting]
    run_config = nested_settings(NnlmRunConfig, config, overrides)
    texts, dev_texts = Texts(files), Texts(dev) if dev else None
    check_outside(out, [*files, *(dev or [])])
    train_config = run_config.fit.train
    is_first = join(train_config).is_first
    shown = Shown(train_config, is_quiet=not is_first)
    prepared = prepare(texts, run_config, dev=dev_texts, vectors=vectors)
    shown.say(_what(prepared))
    reports = train(prepared.task, train_config, out, fingerprint=prepared.fingerprint)
    for _report in shown.follow(reports):
        pass
    if is_first:
        scores = finish(prepared, out)
        _print(out / "model", scores, as_json=as_json)
    texts.leave(dev_texts)


def _what(prepared: "Prepared") -> str:
    """Say what is about to be trained."""
    from lexloom.vectors.ngram.vocabulary import SPECIAL

    said = f"{len(prepared.vocabulary) - len(SPECIAL):,} different words"
    if prepared.num_started:
        said += f", {prepared.num_started:,} of them with a given vector"
    if prepared.num_held_out:
        said += f"; {prepared.num_held_out:,} sentences are held out to score on"
    elif not prepared.task.has_own_dev:
        said += "; too little text to hold some out, so it is scored on what it learns"
    return said


def _print(path: Path, scores: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(path), "dev": scores})
    else:
        typer.echo(f"{path}\ndev: perplexity {scores['perplexity']:.2f}")
