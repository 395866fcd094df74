"""LitBank's nested entities (Bamman et al., 2019, NAACL): token and several columns of BIO tags.

Each column holds one layer of mentions, which may lie inside those of another. A blank line ends a
sentence, and each sentence is a document. Flat columns are read by `annotations.columns`.
"""

from collections.abc import Iterator
from pathlib import Path

from lexloom.annotations.columns import ENTITIES_ONLY, read_sentences, with_joiner
from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.annotations.tags import check_tag
from lexloom.errors import AnnotationError


def read_litbank(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read one file, or every ``.tsv`` file of a folder in the order of their names."""
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(f"{path} holds no .tsv file", hint="give the folder entities_tsv")
    for file in files:
        yield from _read_file(file, options, report)


def _read_file(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    sentences = with_joiner(read_sentences(path), options)
    prefix = f"{options.id_prefix or ''}{path.name}-"
    for number, (sentence, joiner) in enumerate(sentences):
        where = f"{path}, line {sentence.line}"
        draft = Draft.of_tokens(
            f"{prefix}{number}", sentence.tokens, report, where=where, joiner=joiner
        )
        for layer in zip(*sentence.tags, strict=True):
            for line, tag in enumerate(layer, start=sentence.line):
                check_tag(tag, f"{path}, line {line}")
            draft.tagged_entities(layer)
        yield draft.finish(ENTITIES_ONLY)
