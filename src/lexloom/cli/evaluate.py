"""``lexloom evaluate``: a model's scores on annotated texts, by named protocol."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

import lexloom
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import IMPORTERS, import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import Schema
from lexloom.artifacts import atomic_write
from lexloom.cli import evaluate_labelled
from lexloom.cli.say import print_json, say
from lexloom.cli.targets import check_ending, check_targets
from lexloom.cli.zero_shot import asked_schema
from lexloom.errors import LexloomError
from lexloom.extract.confidence import Kind
from lexloom.extract.reliability import PROTOCOL_OF, Judge, Reliability, reliability_table
from lexloom.extract.score import report
from lexloom.records import Document, Extraction, Failure

Pair = tuple[AnnotatedDocument, Extraction]
Sink = Callable[[AnnotatedDocument, Extraction], None]
ERROR_FORMS = (".html", ".jsonl")
app = typer.Typer(help="Score models on annotated texts.", no_args_is_help=True)


@app.command(
    "extractor",
    epilog="Example: lexloom evaluate extractor --model runs/mine/model --data test.jsonl"
    " --errors mistakes.html",
)
def extractor(  # noqa: PLR0913 - one argument a flag
    *,
    data: Annotated[list[Path], typer.Option(help="Annotated texts.")],
    model: Annotated[
        str, typer.Option(help="An extractor's directory, or the shipped 'default'.")
    ] = "default",
    schema: Annotated[
        Path | None, typer.Option(help="What to ask for; the model's own schema if left out.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", help=f"Of the data: {', '.join(IMPORTERS)}.")
    ] = "jsonl",
    per_type: Annotated[bool, typer.Option(help="Show each type by itself.")] = True,
    errors: Annotated[
        list[Path] | None,
        typer.Option(help="Write every mistake in its sentence: a page (.html) or .jsonl."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw how far confidences can be believed, as a PNG.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Read texts as ``lexloom extract`` does, and compare the facts with the annotation.

    Besides the scores, it gives the calibration error of the confidences: how far the share of
    right facts is from what their confidence promised.
    """
    for path in errors or ():
        check_ending(path, ERROR_FORMS)
    check_ending(plot, (".png",))
    check_targets(*(errors or ()), plot, inputs=data)
    asked = None if schema is None else asked_schema(schema)
    omitted = ImportReport()
    gold = [d for path in data for d in import_dataset(path, format, report=omitted)]
    engine = lexloom.load_extractor(model)
    asked = asked or engine.schema
    _say_omissions(gold, asked, omitted)
    documents = (Document(str(number), item.text) for number, item in enumerate(gold))
    found = engine.extract_many(documents, asked)
    judge = Judge()
    with _error_files(errors or ()) as add_mistakes:
        pairs = _watched(_pairs(gold, found), [judge.add, *add_mistakes])
        scores = report(pairs)
    reliability = judge.reliability()
    if plot is not None:
        _draw(plot, reliability, model)
    if as_json:
        print_json(_with_calibration(scores.to_dict(), reliability))
    else:
        Console().print(scores.table(per_type=per_type))
        Console().print(reliability_table(reliability))


def _say_omissions(gold: Sequence[AnnotatedDocument], schema: Schema, report: ImportReport) -> None:
    """Say which facts of the data are no part of the scores, and which cannot be found."""
    for document in gold:
        restricted(document, schema, report)
    for row in report.unaligned.to_list():
        say(f"not scored: {row['count']:,} x {row['reason']} ({row['example']})")
    for row in report.unknown.to_list():
        say(
            f"counted as missed, for the schema has {row['reason']}:"
            f" {row['count']:,} facts (the first in {row['example']})"
        )


@contextmanager
def _error_files(paths: Sequence[Path]) -> Iterator[list[Sink]]:
    """Give what takes in mistakes; lines are written one by one, a page at the end."""
    if not paths:
        yield []
        return
    from lexloom.serve.mistakes import ErrorAnalysis, json_lines, write_mistakes_page

    analysis = ErrorAnalysis()
    with ExitStack() as stack:
        lines = [path for path in paths if path.suffix.lower() == ".jsonl"]
        streams = [stack.enter_context(atomic_write(path)) for path in lines]

        def add(gold: AnnotatedDocument, found: Extraction) -> None:
            rows = json_lines(analysis.add(gold, found))
            for stream in streams:
                stream.write(rows)

        yield [add]
        for path in paths:
            if path not in lines:
                write_mistakes_page(path, analysis, title=f"Mistakes: {path.stem}")


def _watched(pairs: Iterable[Pair], sinks: Sequence[Sink]) -> Iterator[Pair]:
    """Hand each pair to the sinks and pass it on."""
    for pair in pairs:
        for sink in sinks:
            sink(*pair)
        yield pair


def _with_calibration(
    scores: dict[str, Any], reliability: Mapping[Kind, Reliability]
) -> dict[str, Any]:
    """Put the calibration of each kind of fact beside the score that says when one is right."""
    for kind, item in reliability.items():
        if PROTOCOL_OF[kind] in scores:
            scores[PROTOCOL_OF[kind]]["calibration"] = item.to_dict()
    return scores


def _draw(path: Path, reliability: Mapping[Kind, Reliability], model: str) -> None:
    from lexloom.serve.reliability import draw_reliability

    draw_reliability(path, reliability, title=f"Confidences of {model}")


def _pairs(gold: list[AnnotatedDocument], found: Iterator[Extraction | Failure]) -> Iterator[Pair]:
    console = Console(stderr=True)
    watched = track(
        zip(gold, found, strict=True),
        description="reading",
        total=len(gold),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    for document, extraction in watched:
        if isinstance(extraction, Failure):
            raise LexloomError(f"{document.id}: {extraction.reason}", hint=extraction.hint)
        yield document, extraction


app.command("classifier", epilog=evaluate_labelled.EXAMPLE)(evaluate_labelled.classifier)
app.command("regressor", epilog=evaluate_labelled.REGRESSOR_EXAMPLE)(evaluate_labelled.regressor)
app.command("tagger", epilog=evaluate_labelled.TAGGER_EXAMPLE)(evaluate_labelled.tagger)
