"""``lexloom data sample``: which texts to annotate next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from lexloom.annotations.document import AnnotatedDocument, read_jsonl, write_jsonl
from lexloom.annotations.overlaps import has_doubles, has_overlaps
from lexloom.annotations.pick import pick_at_random, pick_doubtful
from lexloom.annotations.schema import Schema
from lexloom.cli.say import print_json
from lexloom.cli.targets import check_targets, outputs_among
from lexloom.cli.texts import PARTLY_DONE, print_failure
from lexloom.cli.zero_shot import asked_schema
from lexloom.corpus.formats.source import ReadOptions
from lexloom.corpus.read import read_documents
from lexloom.corpus.sentences import split_sentences
from lexloom.errors import InputError, UsageError
from lexloom.records import Document, Failure

if TYPE_CHECKING:
    from lexloom.extract.extractor import EncoderExtractor

EXAMPLE = "Example: lexloom data sample notes/ --model runs/mine --done mine.jsonl --out next.jsonl"
MEASURES = ("entropy", "margin")
DONE = (
    "Annotated texts (JSON lines), not to choose again; where no mention in them lies over another,"
    " none does in what is suggested."
)


def sample_command(  # noqa: PLR0913 - one argument a flag
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files and folders of texts, as for lexloom extract.", show_default=False
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option(help="JSON lines to write, ready to annotate.", show_default=False)
    ],
    count: Annotated[int, typer.Option(min=1, help="How many texts to choose.")] = 50,
    model: Annotated[
        str | None,
        typer.Option(help="Choose what this extractor is in doubt about; if left out, at random."),
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="What it is asked for; the model's own schema if left out.")
    ] = None,
    by: Annotated[str, typer.Option(help=f"Measure of doubt: {', '.join(MEASURES)}.")] = "entropy",
    done: Annotated[list[Path] | None, typer.Option(help=DONE)] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Write what the model finds, for people to correct.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Choose whole texts; else they are cut into sentences.")
    ] = False,
    text_field: Annotated[
        str | None,
        typer.Option(help="Field of JSON lines or column of a table that holds the text."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other texts at random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Choose what to annotate next: texts that a model is in doubt about and that differ.

    The same texts, model and seed give the same choice. What cannot be read is named on stderr and
    the exit code is 3. Hand the file to an annotation tool with
    ``lexloom data export``.
    """
    _check(by, model, schema, suggest=suggest)
    check_targets(out, inputs=[*files, *(done or ())])
    source = _Source(files, ReadOptions(text_field=text_field), outputs_among(files, out))
    marked = [document for path in done or () for document in read_jsonl(path)]
    texts, num_failed = _texts(source, marked, whole=whole)
    asked = None if schema is None else asked_schema(schema)
    if model is None:
        chosen = [
            texts[place] for place in pick_at_random([t.text for t in texts], count, seed=seed)
        ]
        written, num_unread = [_plain(text) for text in chosen], 0
    else:
        chooser = _Chooser(model, asked, by, _is_flat(marked))
        written, num_unread = _by_model(texts, chooser, count, suggest=suggest)
    write_jsonl(written, out)
    report = {"texts": len(texts), "too_long": num_unread, "chosen": len(written), "out": str(out)}
    _show(report | {"failed": num_failed}, as_json=as_json)
    raise typer.Exit(PARTLY_DONE if num_failed else 0)


def _show(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    left = f", {report['too_long']:,} too long for the model" if report["too_long"] else ""
    chosen = f"{report['chosen']:,} of {report['texts']:,} texts chosen"
    typer.echo(f"{report['out']}: {chosen}{left}", err=True)


def _check(by: str, model: str | None, schema: Path | None, *, suggest: bool) -> None:
    if by not in MEASURES:
        raise UsageError(f"there is no measure {by!r}", hint=f"one of {', '.join(MEASURES)}")
    if model is None and (suggest or schema is not None):
        flag = "--suggest" if suggest else "--schema"
        raise UsageError(
            f"{flag} needs a model", hint="give --model default, or the folder of a run"
        )


@dataclass(frozen=True, slots=True)
class _Source:
    """What is chosen from."""

    files: Sequence[Path]
    options: ReadOptions
    left_out: Sequence[Path]
    """Files in the folders among `files` that are not read."""

    def __str__(self) -> str:
        return ", ".join(map(str, self.files))

    def read(self) -> Iterator[Document | Failure]:
        return read_documents(self.files, self.options, leave_out=self.left_out)


def _texts(
    source: _Source, marked: Sequence[AnnotatedDocument], *, whole: bool
) -> tuple[list[Document], int]:
    """Read every different text that was not annotated before; count what cannot be read.

    Raises:
        InputError: If nothing is left to choose from.
    """
    seen = {document.text.strip() for document in marked}
    found: dict[str, Document] = {}
    num_failed = 0
    for item in source.read():
        if isinstance(item, Failure):
            num_failed += 1
            print_failure(item)
            continue
        for piece in [item] if whole else _sentences(item):
            if piece.text.strip() and piece.text.strip() not in seen:
                found.setdefault(piece.text, piece)
    if not found and num_failed:
        raise InputError(
            f"nothing to choose from: of {source} nothing could be read",
            hint="give other files",
        )
    if not found:
        raise InputError(
            f"{source} holds no text that is not annotated yet",
            hint="give other files, or fewer with --done",
        )
    return list(found.values()), num_failed


def _sentences(document: Document) -> Iterator[Document]:
    for start, end in split_sentences(document.text):
        yield Document(f"{document.id}:{start}", document.text[start:end])


def _plain(text: Document) -> AnnotatedDocument:
    return AnnotatedDocument(id=text.id, text=text.text)


@dataclass(frozen=True, slots=True)
class _Chooser:
    """The model that chooses, and how."""

    model: str
    schema: Schema | None
    by: str
    is_flat: bool
    """Whether it says one thing of a stretch, as people did."""

    def load(self) -> "EncoderExtractor":
        import lexloom

        extractor = lexloom.load_extractor(self.model)
        if self.is_flat:
            extractor.decode = replace(extractor.decode, nested=False, several_types=False)
        return extractor


def _is_flat(documents: Sequence[AnnotatedDocument]) -> bool:
    """Say whether people marked something, and no mention over another."""
    is_marked = any(document.entities for document in documents)
    return is_marked and not (has_overlaps(documents) or has_doubles(documents))


def _by_model(
    texts: Sequence[Document], chooser: _Chooser, count: int, *, suggest: bool
) -> tuple[list[AnnotatedDocument], int]:
    """Choose by a model's doubt; give how many texts it could not read, too."""
    from lexloom.extract.doubt import read_doubts

    extractor, schema = chooser.load(), chooser.schema
    doubts = list(
        _watched(read_doubts(extractor, [t.text for t in texts], schema, by=chooser.by), len(texts))
    )
    if not doubts:
        raise InputError("the model can read none of the texts", hint="leave out --whole")
    doubts.sort(key=lambda item: item.place)
    picked = pick_doubtful(
        np.array([item.doubt for item in doubts], dtype=np.float32),
        np.stack([item.vector for item in doubts]),
        count,
    )
    chosen = [texts[doubts[number].place] for number in picked]
    if not suggest:
        return [_plain(text) for text in chosen], len(texts) - len(doubts)
    found = (extractor.extract(text, schema) for text in chosen)
    marked = [
        AnnotatedDocument(
            id=text.id, text=text.text, entities=facts.entities, relations=facts.relations,
            events=facts.events,
        )
        for text, facts in zip(chosen, found, strict=True)
    ]  # fmt: skip
    return marked, len(texts) - len(doubts)


def _watched(doubts: Iterator[Any], total: int) -> Iterator[Any]:
    """Show the time that is left, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return doubts
    return iter(track(doubts, "reading", total=total, transient=True, console=console))
