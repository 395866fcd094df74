"""``lexloom predict``: what a classifier, a regressor or a tagger says of texts."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from lexloom.annotations.labelled import READERS, Columns, read_labelled
from lexloom.annotations.reading import not_utf8, read_lines
from lexloom.cli.say import json_text, say
from lexloom.errors import InputError, UsageError
from lexloom.models.registry import resolve_model
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.batches.labelled import Text
    from lexloom.models.labellers import Labeller

EXAMPLE = 'Example: lexloom predict --model runs/reviews/model "I would go there again."'
AT_ONCE = 256
"""Texts that are read together."""
FILE_ENDINGS = (".txt", *READERS)


def predict(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Texts; files with a text a line (.txt) or named columns (.tsv .csv .jsonl); "
            "- for lines of the standard input."
        ),
    ],
    *,
    model: Annotated[str, typer.Option(help="The model's directory.")],
    text: Annotated[str, typer.Option(help="Column with the text, in a table.")] = "text",
    pair: Annotated[
        str | None, typer.Option(help="The second text; in a table, the column with it.")
    ] = None,
    uncertainty: Annotated[
        int | None,
        typer.Option(min=2, help="Average so many passes with dropout, and show their spread."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a text and line.")
    ] = False,
) -> None:
    """Give the label and its probability, the score, or the tags of each text."""
    source = _Source(pair, text)
    items = [item for given in inputs for item in source.read(given)]
    if not items:
        raise InputError(
            f"{', '.join(inputs)} holds no text to read",
            hint="give a text, or a file with a text a line",
        )
    from lexloom.models.labellers import load_labeller

    files = load_labeller(resolve_model(model))
    if files.config.task == "tagger" and pair is not None:
        raise UsageError("a tagger reads no pairs", hint="leave --pair out")
    show = _tags if files.config.task == "tagger" else _labels
    num_cut = 0
    for chosen in _chunks(items):
        for line, is_cut in show(files, chosen, uncertainty, as_json):
            typer.echo(line)
            num_cut += is_cut
    if source.blank:
        _warn(len(source.blank), f"blank texts were left out (the first: {source.blank[0]})")
    _warn(num_cut, f"texts are longer than {files.max_tokens} tokens; their ends were not read")


def _warn(count: int, what: str) -> None:
    if count:
        say(f"{count} {what}")


@dataclass
class _Source:
    """Where texts come from."""

    pair: str | None
    column: str
    blank: list[str] = field(default_factory=list)
    """Where texts were blank."""

    def read(self, given: str) -> Iterator["Text"]:
        """Give the texts of one argument."""
        path = Path(given)
        if given == "-":
            yield from self._lines(_stdin_lines(), "standard input")
        elif _names_file(given):
            yield from self._file(path)
        else:
            yield from self._lines([(1, given)])

    def _file(self, path: Path) -> Iterator["Text"]:
        if path.suffix.lower() not in READERS:
            yield from self._lines(read_lines(path), str(path))
            return
        for item in read_labelled(path, Columns(text=self.column, pair=self.pair, label=None)):
            if not item.text.strip() or (item.pair is not None and not item.pair.strip()):
                self.blank.append(item.where)
            else:
                yield item.text if item.pair is None else (item.text, item.pair)

    def _lines(self, lines: Iterable[tuple[int, str]], where: str = "") -> Iterator["Text"]:
        for number, line in lines:
            if not line.strip():
                self.blank.append(f"{where}, line {number}" if where else "an argument")
            else:
                yield line if self.pair is None else (line, self.pair)


def _stdin_lines() -> Iterator[tuple[int, str]]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield number, line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise not_utf8(error, f"standard input, line {number}") from error


def _names_file(given: str) -> bool:
    """Say whether an argument is a file's name, of a missing file too, and not a text."""
    path = Path(given)
    if path.suffix.lower() in FILE_ENDINGS and not any(map(str.isspace, given)):
        return True
    try:
        return bool(given.strip()) and path.exists()  # the empty path is the folder that one is in
    except (OSError, ValueError):  # a text may be too long for a name, or hold a NUL
        return False


def _chunks(items: list["Text"]) -> Iterator[list["Text"]]:
    console = Console(stderr=True)
    rest = iter(items)
    starts = range(0, len(items), AT_ONCE)
    for _ in track(
        starts, "reading", console=console, transient=True,
        disable=not console.is_terminal or len(items) <= AT_ONCE,
    ):  # fmt: skip
        yield list(islice(rest, AT_ONCE))


Lines = Iterator[tuple[str, bool]]
"""What is printed, and whether the text's end was not read."""


def _labels(files: "Labeller", texts: list["Text"], num_passes: int | None, as_json: bool) -> Lines:
    from lexloom.models.head_files import HeadFiles
    from lexloom.train.predict import label_texts

    assert isinstance(files, HeadFiles)
    for text, found in zip(texts, label_texts(files, texts, num_passes=num_passes), strict=True):
        values: dict[str, Any] = _named(text)
        if found.label is None:
            values |= {"score": found.value}
        else:
            values |= {"label": found.label, "probability": found.value}
            values |= {"probabilities": found.probabilities}
        values |= {"std": found.std, "is_cut": found.is_cut}
        name = [] if found.label is None else [_shown(found.label)]
        plain = "\t".join([*name, _number(found.value, found.std), *_parts(text)])
        yield (json_text(values) if as_json else plain), found.is_cut


def _tags(files: "Labeller", texts: list["Text"], num_passes: int | None, as_json: bool) -> Lines:
    from lexloom.train.predict import tag_texts

    plain = [text for text in texts if isinstance(text, str)]
    if len(plain) != len(texts):
        raise UsageError("a tagger reads no pairs", hint="leave --pair out")
    for text, words in zip(plain, tag_texts(files, plain, num_passes=num_passes), strict=True):
        if as_json:
            rows = [
                {
                    "text": word.text, "start": word.start, "end": word.end, "tag": word.tag,
                    "probability": word.probability, "std": word.std,
                }
                for word in words
            ]  # fmt: skip
            yield json_text({"text": text, "words": rows}), False
        else:
            lines = [
                f"{printable(w.text)}\t{printable(w.tag)}\t{_number(w.probability, w.std)}\n"
                for w in words
            ]
            yield "".join(lines), False


def _named(text: "Text") -> dict[str, Any]:
    return {"text": text} if isinstance(text, str) else {"text": text[0], "pair": text[1]}


def _parts(text: "Text") -> list[str]:
    parts = [text] if isinstance(text, str) else list(text)
    return [_shown(part) for part in parts]


def _number(value: float, std: float | None) -> str:
    return f"{value:.4f}" if std is None else f"{value:.4f} ± {std:.4f}"


def _shown(text: str) -> str:
    return printable(" ".join(text.split()))
