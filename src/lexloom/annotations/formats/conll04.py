"""CoNLL04 in the form of multi-head selection (Bekoulis et al., 2018, arXiv:1804.07847).

Each sentence is a line ``#doc N`` and rows of: number, token, BIO tag, list of relations, list of
head numbers. A relation stands at the last token of its subject and points at the last token of
its object; ``N`` says that there is none.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ImportReport
from lexloom.annotations.tags import check_tag
from lexloom.errors import AnnotationError

NUM_COLUMNS = 5
NO_RELATION = "N"
NO_EVENTS = Scope(event_types=())


@dataclass(slots=True)
class _Sentence:
    id: str
    where: str
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    links: list[tuple[str, int, int]] = field(default_factory=list)
    """Relation, number of the subject's last token, number of the object's last token."""


def read_conll04(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the sentences with their entities and relations."""
    joiner = " " if options.joiner is None else options.joiner
    for number, sentence in enumerate(_sentences(path)):
        draft = Draft.of_tokens(
            options.document_id(path, number, sentence.id),
            sentence.tokens,
            report,
            where=sentence.where,
            joiner=joiner,
        )
        entities = draft.tagged_entities(sentence.tags)
        by_last_token = {span.end - 1: id for span, id in entities.items()}
        for relation, head, tail in sentence.links:
            draft.relation(relation, by_last_token.get(head), by_last_token.get(tail))
        yield draft.finish(NO_EVENTS)


def _sentences(path: Path) -> Iterator[_Sentence]:
    sentence: _Sentence | None = None
    for number, line in read_lines(path):
        where = f"{path}, line {number}"
        if line.startswith("#doc") and "\t" not in line:
            if sentence is not None and sentence.tokens:
                yield sentence
            sentence = _Sentence(id=line.removeprefix("#doc").strip(), where=where)
        elif line.strip():
            if sentence is None:
                raise AnnotationError(
                    f"{where}: a row before the first sentence",
                    hint="each sentence begins with a line such as #doc 12",
                )
            _add_row(sentence, line.split("\t"), where)
    if sentence is not None and sentence.tokens:
        yield sentence


def _add_row(sentence: _Sentence, columns: list[str], where: str) -> None:
    if len(columns) != NUM_COLUMNS:
        raise AnnotationError(
            f"{where}: {len(columns)} columns where there must be {NUM_COLUMNS}",
            hint="a row is: number, token, tag, list of relations, list of heads",
        )
    _, token, tag, relations, heads = columns
    check_tag(tag, where)
    position = len(sentence.tokens)
    sentence.tokens.append(token)
    sentence.tags.append(tag)
    for relation, head in _links(relations, heads, where):
        if relation != NO_RELATION:
            sentence.links.append((relation, position, head))


def _links(relations: str, heads: str, where: str) -> list[tuple[str, int]]:
    try:
        names, numbers = ast.literal_eval(relations.strip()), ast.literal_eval(heads.strip())
        if all(type(name) is str for name in names) and all(type(n) is int for n in numbers):
            return list(zip(names, numbers, strict=True))
    except (ValueError, SyntaxError, TypeError):
        pass
    raise AnnotationError(
        f"{where}: {relations} and {heads} are no lists of relations and heads of one length",
        hint="write them as in ['Kill'] and [15]",
    )
