"""Annotated data sets in every format that is read, by one function; and the schema they imply.

`IMPORTERS` is the table of formats: a new one is its own file and a line here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lexloom.annotations.document import AnnotatedDocument, read_jsonl
from lexloom.annotations.formats.ade import read_ade, read_ade_dosage, read_ade_negative
from lexloom.annotations.formats.brackets import read_brackets, write_brackets
from lexloom.annotations.formats.brat import read_brat
from lexloom.annotations.formats.brat_out import write_brat
from lexloom.annotations.formats.casie import read_casie
from lexloom.annotations.formats.cec import read_cec
from lexloom.annotations.formats.cluener import read_cluener
from lexloom.annotations.formats.columns import (
    read_columns,
    read_segmented_columns,
    write_columns,
)
from lexloom.annotations.formats.conll04 import read_conll04
from lexloom.annotations.formats.deepke import read_deepke, read_deepke_attributes
from lexloom.annotations.formats.doccano import read_doccano, write_doccano
from lexloom.annotations.formats.duee import read_duee
from lexloom.annotations.formats.fewfc import read_fewfc
from lexloom.annotations.formats.iepile import read_iepile
from lexloom.annotations.formats.iepile_out import write_iepile
from lexloom.annotations.formats.litbank import read_litbank, read_litbank_events
from lexloom.annotations.formats.oneie import read_oneie
from lexloom.annotations.formats.phee import read_phee
from lexloom.annotations.formats.scierc import read_scierc
from lexloom.annotations.formats.semeval import read_semeval
from lexloom.annotations.formats.semeval_text import read_semeval_text
from lexloom.annotations.formats.spert import read_spert, write_spert
from lexloom.annotations.formats.triples import read_duie, read_triples
from lexloom.annotations.options import ExportOptions, ImportOptions
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.annotations.restrict import restricted
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.artifacts import atomic_write
from lexloom.errors import AnnotationError, UsageError

Importer = Callable[[Path, ImportOptions, ImportReport], Iterator[AnnotatedDocument]]


def _read_native(
    path: Path, options: ImportOptions, report: ImportReport
) -> Iterator[AnnotatedDocument]:
    """Read the native form, whose documents know their ids and scopes."""
    for number, document in enumerate(read_jsonl(path)):
        yield replace(document, id=options.document_id(path, number, document.id))


IMPORTERS: Mapping[str, Importer] = {
    "jsonl": _read_native,
    "brackets": read_brackets,
    "columns": read_columns,
    "columns-segmented": read_segmented_columns,
    "conll04": read_conll04,
    "spert": read_spert,
    "deepke": read_deepke,
    "deepke-attributes": read_deepke_attributes,
    "phee": read_phee,
    "fewfc": read_fewfc,
    "semeval": read_semeval,
    "semeval-text": read_semeval_text,
    "wiki80": read_semeval,
    "litbank": read_litbank,
    "litbank-events": read_litbank_events,
    "cluener": read_cluener,
    "duie": read_duie,
    "triples": read_triples,
    "casie": read_casie,
    "duee": read_duee,
    "brat": read_brat,
    "doccano": read_doccano,
    "scierc": read_scierc,
    "oneie": read_oneie,
    "ade": read_ade,
    "ade-dosage": read_ade_dosage,
    "ade-negative": read_ade_negative,
    "cec": read_cec,
    "iepile": read_iepile,
}
"""Importers by the name of their format."""

Exporter = Callable[[Iterable[AnnotatedDocument], ExportOptions, ExportReport], Iterator[str]]
EXPORTERS: Mapping[str, Exporter] = {
    "columns": write_columns,
    "brackets": write_brackets,
    "spert": write_spert,
    "doccano": write_doccano,
    "iepile": write_iepile,
}
"""Exporters to one file; `document.write_jsonl` writes the native form."""

FolderExporter = Callable[
    [Iterable[AnnotatedDocument], ExportOptions, ExportReport], Iterator[tuple[str, str]]
]
FOLDER_EXPORTERS: Mapping[str, FolderExporter] = {"brat": write_brat}
"""Exporters to a folder of files, which give names and contents."""


def import_dataset(
    path: Path,
    format: str,
    *,
    report: ImportReport | None = None,
    options: ImportOptions | None = None,
) -> Iterator[AnnotatedDocument]:
    """Read an annotated data set, document by document.

    Args:
        path: The file, or for LitBank its folder too.
        format: A name in `IMPORTERS`.
        report: Counts what was read and every fact that does not fit the text. Without one, the
            first such fact raises, for it would be dropped silently.
        options: How to read; the defaults where None.

    Returns:
        An iterator that fills the report as it goes.

    Raises:
        UsageError: If the format is unknown.
        AnnotationError: If the file cannot be read, is not of the format or holds no document.
    """
    if format not in IMPORTERS:
        raise UsageError(
            f"unknown format {format!r}", hint=f"known formats: {', '.join(IMPORTERS)}"
        )
    if not path.exists():
        raise AnnotationError(f"there is no file {path}", hint="check the path")
    report = ImportReport(strict=True) if report is None else report
    return _counted(path, format, report, options or ImportOptions())


def _counted(
    path: Path, format: str, report: ImportReport, options: ImportOptions
) -> Iterator[AnnotatedDocument]:
    ids: Counter[str] = Counter()
    for document in _part(path, format, report, options):
        id = _unused(document.id, ids)
        if id != document.id:
            report.repaired.add("two documents have one id; the later got another", document.id)
            document = replace(document, id=id)
        if options.schema is not None:
            document = restricted(document, options.schema, report)
        report.add(document)
        yield document
    if not ids:
        raise AnnotationError(
            f"{path} holds no document in the format {format!r}",
            hint="the file is empty, or of another format"
            + (", or ends before start=" if options.start else ""),
        )


def _unused(id: str, ids: Counter[str]) -> str:
    """Give `id`, or one made from it where a document has it; `ids` counts what was asked for."""
    new = id
    while new in ids:
        ids[id] += 1
        new = f"{id}#{ids[id]}"
    ids[new] += 1
    return new


def _part(
    path: Path, format: str, report: ImportReport, options: ImportOptions
) -> Iterator[AnnotatedDocument]:
    """Give the documents from `options.start` to `options.stop` and report their faults only."""
    faults = ImportReport(strict=report.strict)
    documents = enumerate(IMPORTERS[format](path, options, faults))
    for number, document in documents:
        if number < options.start:
            ImportReport().take_faults(faults)
            continue
        report.take_faults(faults)
        yield document
        if options.stop is not None and number + 1 >= options.stop:
            return
    report.take_faults(faults)


def export_dataset(
    documents: Iterable[AnnotatedDocument],
    path: Path,
    format: str,
    *,
    report: ExportReport | None = None,
    options: ExportOptions | None = None,
) -> ExportReport:
    """Write documents in a foreign format and give the report.

    A file is written as a whole or not at all; so is each file of a folder.

    Raises:
        UsageError: If the format is unknown.
        ArtifactError: If the file cannot be written.
    """
    report = ExportReport() if report is None else report
    if format in FOLDER_EXPORTERS:
        files = FOLDER_EXPORTERS[format](
            _checked(documents, report), options or ExportOptions(), report
        )
        for name, content in files:
            with atomic_write(path / name) as stream:
                stream.write(content.encode("utf-8", "surrogatepass"))
        return report
    pieces = export_pieces(documents, format, report, options)
    with atomic_write(path) as stream:
        for piece in pieces:
            stream.write(piece.encode("utf-8", "surrogatepass"))
    return report


def export_pieces(
    documents: Iterable[AnnotatedDocument],
    format: str,
    report: ExportReport,
    options: ExportOptions | None = None,
) -> Iterator[str]:
    """Give the text of `documents` in a foreign format, piece by piece, and fill the report.

    Raises:
        UsageError: If the format is unknown, or is a folder of files.
    """
    if format in FOLDER_EXPORTERS:
        raise UsageError(f"the format {format!r} is a folder of files", hint="give --out FOLDER")
    if format not in EXPORTERS:
        known = ", ".join([*EXPORTERS, *FOLDER_EXPORTERS])
        raise UsageError(f"cannot write the format {format!r}", hint=f"known formats: {known}")
    return EXPORTERS[format](_checked(documents, report), options or ExportOptions(), report)


def _checked(
    documents: Iterable[AnnotatedDocument], report: ExportReport
) -> Iterator[AnnotatedDocument]:
    """Count the documents whose absent facts say nothing, which no foreign format can say."""
    for document in documents:
        if not document.scope.all_mentions or document.scope.known_pairs is not None:
            report.changed.add("the format cannot say what is not known", document.id)
        yield document


class SchemaObserver:
    """Sees documents go by and knows the schema of what was marked in them."""

    def __init__(self) -> None:
        self._entities: set[str] = set()
        self._ends: dict[str, tuple[set[str], set[str]]] = {}
        self._roles: dict[str, set[str]] = {}

    def add(self, document: AnnotatedDocument) -> None:
        """Take in the types, ends of relations and roles of one document."""
        types = {entity.id: entity.type for entity in document.entities}
        self._entities.update(types.values())
        for relation in document.relations:
            heads, tails = self._ends.setdefault(relation.type, (set(), set()))
            heads.add(types[relation.head])
            tails.add(types[relation.tail])
        for event in document.events:
            roles = self._roles.setdefault(event.type, set())
            roles.update(argument.role for argument in event.arguments)

    def schema(self, name: str = "schema") -> Schema:
        """Give the schema so far, everything in the order of names."""
        return Schema(
            name=name,
            entities=tuple(EntityType(name=type) for type in sorted(self._entities)),
            relations=tuple(
                RelationType(name=type, head=tuple(sorted(heads)), tail=tuple(sorted(tails)))
                for type, (heads, tails) in sorted(self._ends.items())
            ),
            events=tuple(
                EventType(name=type, roles=tuple(Role(name=role) for role in sorted(names)))
                for type, names in sorted(self._roles.items())
            ),
        )


def infer_schema(documents: Iterable[AnnotatedDocument], name: str = "schema") -> Schema:
    """Give the schema of what is marked: types, ends of relations and roles, in order of names."""
    observer = SchemaObserver()
    for document in documents:
        observer.add(document)
    return observer.schema(name)


def within_schema(document: AnnotatedDocument, schema: Schema) -> AnnotatedDocument:
    """Say that the annotators looked for the types of `schema`, where the scope says "all".

    A set's own schema must stand in its scopes before sets with different types are joined; else
    the types of the other sets would count as absent.
    """
    scope = document.scope
    if scope.entity_types is None:
        scope = replace(scope, entity_types=tuple(item.name for item in schema.entities))
    if scope.relation_types is None:
        scope = replace(scope, relation_types=tuple(item.name for item in schema.relations))
    if scope.event_types is None:
        scope = replace(scope, event_types=tuple(item.name for item in schema.events))
    return replace(document, scope=scope)
