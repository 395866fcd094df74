"""What ``lexloom train extractor`` does first: data read, held against the schema, parted.

From an extractor and few texts the settings are those of `extract.few`; with ``--keep-known`` the
texts get what the extractor finds of its own types.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.progress import track

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.formats.table import import_dataset, infer_schema
from lexloom.annotations.labels import in_known_words
from lexloom.annotations.report import ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import Schema
from lexloom.annotations.split import split
from lexloom.cli.say import say
from lexloom.errors import TrainingError, UsageError

if TYPE_CHECKING:
    from lexloom.extract.extractor import EncoderExtractor

T = TypeVar("T")
DEV_SHARE = 0.1
"""Share of the data that is held out when no dev set is given."""
MAX_NAMED = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingData:
    """What is trained on, what is held out, and the types."""

    train: list[AnnotatedDocument]
    dev: list[AnnotatedDocument]
    schema: Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What the command was given."""

    data: list[Path]
    dev: list[Path]
    format: str
    schema: Path | None
    init: Path
    keep_known: bool
    plain: list[Path]


def prepare(given: Given) -> tuple[TrainingData, dict[str, Any]]:
    """Read the data, part it, add what is rehearsed, and give the settings that suit it.

    Raises:
        TrainingError: If there is no text to hold out, and there are too many to do without; or if
            there is nothing to learn.
        UsageError: If an encoder is to keep what it does not know.
    """
    from lexloom.extract.few import few_shot_settings, is_extractor

    goes_on = is_extractor(given.init)
    if given.keep_known and not goes_on:
        raise UsageError(
            f"--keep-known needs an extractor to begin from, and {given.init} is a plain encoder",
            hint="give --init default, or the folder of a run",
        )
    if given.plain and not given.keep_known:
        raise UsageError("--plain names texts to rehearse on", hint="give --keep-known too")
    documents, held_out = _read(given.data, given.format), _read(given.dev, given.format)
    schema = _schema(given, documents)
    documents, held_out = _within(documents, schema), _within(held_out, schema)
    data = _parted(documents, held_out, schema, may_do_without=goes_on)
    if not given.keep_known and not any(item.entities or item.events for item in documents):
        raise TrainingError(
            "no training text has a mention of a type to learn",
            hint="mark some, and spell the types as the schema does",
        )
    if not goes_on:
        return data, {}
    data = _with_extractor(data, given)
    return data, few_shot_settings(len(data.train), has_dev=bool(data.dev))


def _read(paths: Sequence[Path], format: str) -> list[AnnotatedDocument]:
    report = ImportReport()
    documents = [d for path in paths for d in import_dataset(path, format, report=report)]
    if report.unaligned.total:
        reasons = "; ".join(f"{row['reason']}, as in {row['example']}"
                            for row in report.unaligned.to_list()[:3])  # fmt: skip
        say(f"{report.unaligned.total} facts do not fit their text and are left out: {reasons}")
    return documents


def _schema(given: Given, documents: list[AnnotatedDocument]) -> Schema:
    if given.schema is None:
        return infer_schema(documents, given.data[0].stem)
    schema = Schema.load(given.schema)
    marked = Counter(entity.type for document in documents for entity in document.entities)
    marked.update(event.type for document in documents for event in document.events)
    marked.update(relation.type for document in documents for relation in document.relations)
    names = [item.name for item in schema.entities]
    names += [item.name for item in schema.relations]
    names += [item.name for item in schema.events]
    if empty := [name for name in names if not marked[name]]:
        say(f"no example of {_named(empty)}: what has none is not learnt")
    return schema


def _within(documents: list[AnnotatedDocument], schema: Schema) -> list[AnnotatedDocument]:
    """Leave out the facts of types that the schema does not have, and say so."""
    report = ImportReport()
    kept = [restricted(document, schema, report) for document in documents]
    for row in report.unknown.to_list()[:MAX_NAMED]:
        say(f"left out, for the schema has {row['reason']}: {row['count']:,} facts"
             f" (the first in {row['example']})")  # fmt: skip
    return kept


def _parted(
    documents: list[AnnotatedDocument],
    held_out: list[AnnotatedDocument],
    schema: Schema,
    *,
    may_do_without: bool,
) -> TrainingData:
    from lexloom.extract.few import MIN_TEXTS_FOR_DEV

    if not held_out and not (may_do_without and len(documents) < MIN_TEXTS_FOR_DEV):
        parts = split(documents, {"train": 1 - DEV_SHARE, "dev": DEV_SHARE}, seed=0)
        documents, held_out = parts["train"], parts["dev"]
        if not documents or not held_out:
            raise TrainingError(
                f"training needs train and dev documents, got {len(documents)} and {len(held_out)}",
                hint="give dev documents with --dev, or more that differ from each other",
            )
    return TrainingData(train=documents, dev=held_out, schema=schema)


def _with_extractor(data: TrainingData, given: Given) -> TrainingData:
    """Call known types as the extractor does; add what it finds of the others, if it is wanted."""
    from lexloom.extract.extractor import EncoderExtractor
    from lexloom.extract.files import SCHEMA

    known = Schema.load(given.init / SCHEMA)
    if not given.keep_known:
        return replace(data, schema=in_known_words(data.schema, known))
    return _remembering(data, EncoderExtractor.load(given.init), given.plain)


def _remembering(
    data: TrainingData, extractor: "EncoderExtractor", plain: Sequence[Path]
) -> TrainingData:
    from lexloom.extract.rehearse import Memory, plain_sentences, reader_of, sentences_of

    memory = Memory(in_known_words(data.schema, extractor.schema), extractor.schema)
    texts = sentences_of(plain) if plain else plain_sentences()
    read = reader_of(extractor)
    train = _watched(memory.remember(data.train, read), "marking known types")
    rehearsed = _watched(memory.rehearse(texts, read), "marking plain texts")
    return TrainingData(
        train=[*train, *rehearsed],
        dev=list(memory.remember(data.dev, read)),
        schema=memory.merged,
    )


def _watched(documents: Iterable[T], doing: str) -> Iterator[T]:
    console = Console(stderr=True)
    if not console.is_terminal:
        return iter(documents)
    return iter(track(documents, doing, total=None, transient=True, console=console))


def _named(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(map(repr, names[:MAX_NAMED])) + rest
