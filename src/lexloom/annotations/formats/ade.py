"""ADE-Corpus-V2, drugs and what they did (Gurulingappa et al., 2012, J. Biomed. Inform.).

A relation a line: PubMed id, sentence, effect or dose, its start and end, drug, its start and end,
with bars between. Offsets count from the start of the abstract, which is not there: the start of
the sentence in it is the one that most mentions agree on.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, Scope
from lexloom.annotations.draft import Draft
from lexloom.annotations.occurrences import occurrences
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.reading import read_lines
from lexloom.annotations.report import ImportReport
from lexloom.errors import AnnotationError
from lexloom.records import Span

NUM_COLUMNS = 8
DRUG, EFFECT, DOSE = "Drug", "Adverse-Effect", "Dosage"
NEGATIVE = "NEG"


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    article: str
    sentence: str
    first: tuple[str, int]
    """The effect or dose, and its start in the abstract."""
    drug: tuple[str, int]


def read_ade(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read DRUG-AE.rel: an ``Adverse-Effect`` leads from the effect to the drug."""
    return _read(path, options, report, EFFECT, "")


def read_ade_dosage(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read DRUG-DOSE.rel: a ``Dosage`` leads from the dose to the drug."""
    return _read(path, options, report, DOSE, "dosage-")


def read_ade_negative(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read ADE-NEG.txt: sentences without an effect of a drug; drugs are not marked in them."""
    scope = Scope(entity_types=(), relation_types=(EFFECT,), event_types=())
    numbers: Counter[str] = Counter()
    for number, line in read_lines(path):
        if not line.strip():
            continue
        article, mark, sentence = ([*line.split(" ", 2), "", ""])[:3]
        if mark != NEGATIVE:
            raise AnnotationError(
                f"{path}, line {number}: not a negative sentence: {line[:60]!r}",
                hint=f"a line is a PubMed id, {NEGATIVE} and a sentence",
            )
        where = f"{path}, line {number}"
        id = options.document_id(path, number, f"{article}-neg-{numbers[article]}")
        numbers[article] += 1
        yield Draft(id, sentence, report, where=where).finish(scope)


def _read(
    path: Path, options: ImportOptions, report: ImportReport, type: str, mark: str
) -> Iterator[AnnotatedDocument]:
    numbers: Counter[str] = Counter()
    sentences = groupby(_rows(path), key=lambda row: (row.article, row.sentence))
    for number, ((article, sentence), group) in enumerate(sentences):
        rows = list(group)
        id = options.document_id(path, number, f"{article}-{mark}{numbers[article]}")
        numbers[article] += 1
        draft = Draft(id, sentence, report, where=rows[0].where)
        _add_relations(draft, rows, type)
        yield draft.finish(Scope(entity_types=(type, DRUG), relation_types=(type,), event_types=()))


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        columns = line.split("|")
        if len(columns) != NUM_COLUMNS:
            raise AnnotationError(
                f"{where}: {len(columns)} columns where there must be {NUM_COLUMNS}",
                hint="a row is: PubMed id|sentence|effect|start|end|drug|start|end",
            )
        article, sentence, first, first_start, _, drug, drug_start, _ = columns
        try:
            mentions = (first, int(first_start)), (drug, int(drug_start))
        except ValueError as error:
            raise AnnotationError(f"{where}: an offset is not a whole number") from error
        yield _Row(where, article, sentence, *mentions)


def _add_relations(draft: Draft, rows: list[_Row], type: str) -> None:
    mentions = {mention for row in rows for mention in (row.first, row.drug)}
    beginning = _beginning(draft.text, mentions)
    for row in rows:
        draft.where = row.where
        ends = [
            None if span is None else draft.entity(kind, span.start, span.end)
            for kind, span in (
                (type, _span(draft, *row.first, beginning)),
                (DRUG, _span(draft, *row.drug, beginning)),
            )
        ]
        draft.relation(type, *ends)


def _beginning(sentence: str, mentions: set[tuple[str, int]]) -> int:
    """Give the offset of the sentence in its abstract that fits most mentions."""
    votes = Counter(
        offset - start for mention, offset in mentions for start in occurrences(sentence, mention)
    )
    return max(votes, key=lambda start: (votes[start], -start), default=0)


def _span(draft: Draft, mention: str, offset: int, beginning: int) -> Span | None:
    start = offset - beginning
    if mention and start >= 0 and draft.text.startswith(mention, start):
        return Span.of(draft.text, start, start + len(mention))
    return draft.find("mention", mention, start)
