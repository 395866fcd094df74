"""``lexloom evaluate``: a model's scores on annotated texts, by named protocol."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

import lexloom
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import IMPORTERS, import_dataset
from lexloom.annotations.report import ImportReport
from lexloom.annotations.schema import Schema
from lexloom.cli import evaluate_labelled
from lexloom.errors import LexloomError
from lexloom.extract.score import report
from lexloom.records import Document, Extraction, Failure

app = typer.Typer(help="Score models on annotated texts.", no_args_is_help=True)


@app.command(
    "extractor",
    epilog="Example: lexloom evaluate extractor --model runs/mine/model --data test.jsonl",
)
def extractor(
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Read texts as ``lexloom extract`` does, and compare the facts with the annotation."""
    asked = None if schema is None else Schema.load(schema)
    gold = [d for path in data for d in import_dataset(path, format, report=ImportReport())]
    engine = lexloom.load_extractor(model)
    asked = asked or engine.schema
    documents = (Document(str(number), item.text) for number, item in enumerate(gold))
    found = engine.extract_many(documents, asked)
    scores = report(_pairs(gold, found, asked))
    if as_json:
        typer.echo(json.dumps(scores.to_dict(), ensure_ascii=False))
    else:
        Console().print(scores.table(per_type=per_type))


def _pairs(
    gold: list[AnnotatedDocument], found: Iterator[Extraction | Failure], schema: Schema
) -> Iterator[tuple[AnnotatedDocument, Extraction]]:
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
app.command("regressor")(evaluate_labelled.regressor)
app.command("tagger")(evaluate_labelled.tagger)
