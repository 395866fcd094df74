"""``lexloom train tagger``: tags of words, from an encoder with a new head or from word vectors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from lexloom.annotations.formats.table import IMPORTERS
from lexloom.annotations.report import ImportReport
from lexloom.annotations.split import hold_out
from lexloom.annotations.tagged import TaggedWords, read_tagged
from lexloom.cli.say import say
from lexloom.cli.train.finish import Job, finish
from lexloom.cli.train.labelled import (
    DEFAULT_INIT,
    DEV_SHARE,
    ConfigOption,
    DataOption,
    DevOption,
    JsonOption,
    OutOption,
    SetOption,
    flat_settings,
)
from lexloom.errors import UsageError
from lexloom.models.registry import resolve_model

EXAMPLE = (
    "Example: lexloom train tagger --data train.conll --vectors runs/vectors --out runs/tagger"
)

FormatOption = Annotated[
    str,
    typer.Option(
        "--format", help=f"Of the data: {', '.join(IMPORTERS)}; columns may hold any tags."
    ),
]
InitOption = Annotated[
    str | None,
    typer.Option(help=f"A BERT directory, or a model to get; {DEFAULT_INIT} if left out."),
]
VectorsOption = Annotated[
    Path | None, typer.Option(help="Word vectors (in Chinese: of characters) instead of a BERT.")
]
BigramsOption = Annotated[
    Path | None, typer.Option(help="Beside --vectors, those of pairs of characters.")
]
LexiconOption = Annotated[
    Path | None, typer.Option(help="Beside --vectors, those of words to look for in the text.")
]


def tagger(  # noqa: PLR0913 - one argument a flag
    *,
    data: DataOption,
    out: OutOption,
    dev: DevOption = None,
    format: FormatOption = "columns",
    init: InitOption = None,
    vectors: VectorsOption = None,
    bigrams: BigramsOption = None,
    lexicon: LexiconOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a tagger of words: parts of speech, or entities as BIO tags.

    It begins with a BERT; or with --vectors, and then needs no language model.
    """
    given = _Given(data, dev, format, out)
    values = flat_settings(config, settings)
    if vectors is None:
        if bigrams or lexicon:
            raise UsageError("--bigrams and --lexicon need --vectors", hint="give --vectors too")
        job = _on_encoder(given, init or DEFAULT_INIT, values)
    elif init is not None:
        raise UsageError("a tagger begins with --init or with --vectors", hint="leave one out")
    else:
        job = _on_vectors(given, (vectors, bigrams, lexicon), values)
    finish(job, out, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Given:
    """The data that was asked for."""

    data: list[Path]
    dev: list[Path] | None
    format: str
    out: Path

    def read(self) -> tuple[list[TaggedWords], list[TaggedWords]]:
        """Give train and dev, a tenth of the data if no dev set was given."""
        train = self._rows(self.data)
        if self.dev:
            return train, self._rows(self.dev)
        return hold_out(
            train, DEV_SHARE, content=lambda item: "\n".join(item.words),
            labels=lambda item: item.tags,
        )  # fmt: skip

    def _rows(self, paths: Iterable[Path]) -> list[TaggedWords]:
        report = ImportReport()
        items = [item for path in paths for item in read_tagged(path, self.format, report)]
        if lost := report.unaligned.total + report.left_out.total:
            say(f"{lost} entities cannot be written as tags")
        return items


def _on_encoder(given: _Given, init: str, values: Mapping[str, Any]) -> Job:
    from lexloom.models.head_files import save_head
    from lexloom.train.head_start import HeadFitConfig
    from lexloom.train.labelled import fit, make_tag_task, trained_files

    config = HeadFitConfig.of(values)
    train, dev = given.read()
    task = make_tag_task(train, dev, resolve_model(init), config)
    steps = fit(task, train, given.out)
    return Job(task, steps, lambda: trained_files(task), save_head, len(train), len(dev))


def _on_vectors(
    given: _Given, paths: tuple[Path, Path | None, Path | None], values: Mapping[str, Any]
) -> Job:
    from lexloom.models.vector_tagger_files import save_vector_tagger
    from lexloom.train.vector_start import VectorFitConfig, VectorSources
    from lexloom.train.vector_tagger import fit, make_vector_task, trained_files
    from lexloom.vectors.keyed import WordVectors

    config = VectorFitConfig.of(values)
    words, bigrams, lexicon = (WordVectors.load(path) if path else None for path in paths)
    assert words is not None
    train, dev = given.read()
    task = make_vector_task(train, dev, VectorSources(words, bigrams, lexicon), config)
    steps = fit(task, train, given.out)
    return Job(task, steps, lambda: trained_files(task), save_vector_tagger, len(train), len(dev))
