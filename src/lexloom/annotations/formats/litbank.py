"""LitBank's columns: nested entities (Bamman et al., 2019, NAACL) and events (Sims et al., 2019).

For entities each column of BIO tags holds one layer of mentions, which may lie inside those of
another; for events each token is a trigger or not. A blank line ends a sentence, and each sentence
is a document. Flat columns are read by `formats.columns`.
"""

from collections.abc import Iterator
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.formats.columns import ENTITIES_ONLY, Sentence, read_sentences, with_joiner
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport
from lexloom.annotations.tags import check_tag
from lexloom.errors import AnnotationError

TRIGGER, NO_TRIGGER = "EVENT", "O"
EVENTS_ONLY = Scope(entity_types=(), relation_types=())


def read_litbank(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the entities of one file, or of every ``.tsv`` file of a folder in order of names."""
    for draft, sentence in _drafts(path, options, report):
        for layer in zip(*sentence.tags, strict=True):
            for line, tag in enumerate(layer, start=sentence.line):
                check_tag(tag, f"{path}, line {line}")
            draft.tagged_entities(layer)
        yield draft.finish(ENTITIES_ONLY)


def read_litbank_events(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the events of a file or folder: each trigger is one token, and has no arguments."""
    for draft, sentence in _drafts(path, options, report):
        for place, (tag, *_) in enumerate(sentence.tags):
            if tag not in {TRIGGER, NO_TRIGGER}:
                raise AnnotationError(
                    f"{path}, line {sentence.line + place}: unknown tag {tag!r}",
                    hint=f"a tag is {TRIGGER} or {NO_TRIGGER}",
                )
            if tag == TRIGGER:
                draft.event(TRIGGER, draft.token_span(TRIGGER, place, place + 1), ())
        yield draft.finish(EVENTS_ONLY)


def _drafts(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[tuple[Draft, Sentence]]:
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise AnnotationError(
            f"{path} holds no .tsv file", hint="give the folder entities_tsv or events_tsv"
        )
    for file in files:
        sentences = with_joiner(read_sentences(file), options)
        for number, (sentence, joiner) in enumerate(sentences):
            id = f"{options.id_prefix or ''}{file.name}-{number}"
            where = f"{file}, line {sentence.line}"
            yield Draft.of_tokens(id, sentence.tokens, report, where=where, joiner=joiner), sentence
