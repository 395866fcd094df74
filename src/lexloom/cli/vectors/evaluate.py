"""``lexloom vectors evaluate``: similarity and analogies, each with its coverage."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from lexloom.cli.say import print_json
from lexloom.cli.vectors.ask import JsonOption, VectorsArgument, load_vectors
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.vectors.evaluate import AnalogyScore, Method, SimilarityScore

EXAMPLE = "Example: lexloom vectors evaluate runs/vectors wordsim353.txt questions-words.txt"


def evaluate(
    vectors: VectorsArgument,
    files: Annotated[
        list[Path],
        typer.Argument(help="Sets: word word score, or analogies in sections.", show_default=False),
    ],
    *,
    max_words: Annotated[
        int, typer.Option(help="Answer analogies with so many words, the most frequent.", min=1)
    ] = 300_000,
    mul: Annotated[
        bool, typer.Option("--mul", help="Answer analogies by 3CosMul, not 3CosAdd.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Score vectors: Spearman's correlation on pairs, accuracy on analogies by section.

    A word that has no vector is looked for in lower case; what is still unknown is left out, and
    the share that is known is given beside each score.
    """
    from lexloom.vectors.evaluate import analogies, similarity
    from lexloom.vectors.evaluation_sets import read_set

    sets = [(path.stem, read_set(path)) for path in files]
    loaded = load_vectors(vectors)
    console = Console(stderr=True)
    scores: list[SimilarityScore | AnalogyScore] = []
    for name, asked in track(sets, "scoring", console=console, disable=not console.is_terminal):
        if isinstance(asked, dict):
            method: Method = "3cosmul" if mul else "3cosadd"
            scores.append(analogies(loaded, asked, name, method=method, max_words=max_words))
        else:
            scores.append(similarity(loaded, asked, name))
    if as_json:
        print_json(list(map(_values, scores)), indent=2)
    else:
        _print(scores)


def _values(score: "SimilarityScore | AnalogyScore") -> dict[str, Any]:
    from lexloom.vectors.evaluate import SimilarityScore

    values = dataclasses.asdict(score)
    if isinstance(score, SimilarityScore):
        return {"kind": "similarity"} | values
    values["total"]["accuracy"] = score.total.accuracy
    for table, section in zip(values["sections"], score.sections, strict=True):
        table["accuracy"] = section.accuracy
    return {"kind": "analogy"} | values


def _print(scores: "list[SimilarityScore | AnalogyScore]") -> None:
    from lexloom.vectors.evaluate import SimilarityScore

    table = Table(box=None)
    for name in ("set", "score", "value", "known", "of", "among words"):
        table.add_column(name, justify="left" if name in ("set", "score") else "right")
    for score in scores:
        if isinstance(score, SimilarityScore):
            value = _shown(score.spearman, 4)
            table.add_row(
                Text(printable(score.name)),
                "Spearman",
                value,
                f"{score.num_known:,}",
                f"{score.num_pairs:,}",
            )
            continue
        for section in (*score.sections, score.total):
            percent = None if section.accuracy is None else 100 * section.accuracy
            table.add_row(
                Text(printable(f"{score.name}: {section.section}")),
                f"% {score.method}",
                _shown(percent, 1),
                f"{section.num_known:,}",
                f"{section.num_questions:,}",
                f"{score.num_words:,}",
            )
    Console().print(table)


def _shown(value: float | None, digits: int) -> str:
    return "none" if value is None else f"{value:.{digits}f}"
