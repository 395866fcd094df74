import json

import pytest

from lexloom.annotations.document import AnnotatedDocument, Scope, write_jsonl
from lexloom.annotations.formats.table import (
    IMPORTERS,
    export_dataset,
    export_pieces,
    import_dataset,
    infer_schema,
    within_schema,
)
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ExportReport, ImportReport
from lexloom.annotations.schema import EntityType, EventType, RelationType, Role, Schema
from lexloom.errors import AnnotationError, UsageError
from lexloom.records import Argument, Entity, Event, Relation, Span

DOCUMENT = AnnotatedDocument(
    id="a",
    text="李明加入北方公司",
    entities=(Entity("T0", "人物", "李明", 0, 2), Entity("T1", "公司", "北方公司", 4, 8)),
    relations=(Relation("任职", "T0", "T1"),),
    events=(Event("入职", Span("加入", 2, 4), (Argument("员工", "李明", 0, 2),)),),
)

every_format = pytest.mark.parametrize("format", IMPORTERS)


@every_format
def test_an_empty_file_is_refused_in_every_format(write, format):
    with pytest.raises(AnnotationError, match="holds no document") as caught:
        list(import_dataset(write(""), format))
    assert "empty" in caught.value.hint


@every_format
def test_a_file_that_is_not_utf8_is_refused_in_every_format(write, format):
    with pytest.raises(AnnotationError, match="not UTF-8"):
        list(import_dataset(write("李 O\n明 O\n".encode("gb18030")), format))


@every_format
def test_a_file_of_another_format_is_refused_in_every_format(write, format):
    with pytest.raises(AnnotationError) as caught:
        list(import_dataset(write("Once upon a time, there was a file.\n{]\n"), format))
    assert "\n" not in str(caught.value)


@every_format
def test_a_missing_file_is_refused_before_anything_is_read(tmp_path, format):
    with pytest.raises(AnnotationError, match="there is no file") as caught:
        import_dataset(tmp_path / "none", format)
    assert caught.value.hint == "check the path"


def test_an_unknown_format_is_refused_with_the_known_ones(write):
    with pytest.raises(UsageError, match="unknown format 'conll'") as caught:
        import_dataset(write("a"), "conll")
    assert "columns" in caught.value.hint
    with pytest.raises(UsageError, match="cannot write the format 'phee'") as caught:
        export_pieces([], "phee", ExportReport())
    assert "spert" in caught.value.hint


def test_the_native_form_is_a_format_too(tmp_path):
    path = tmp_path / "d.jsonl"
    write_jsonl([DOCUMENT], path)
    report = ImportReport()
    assert list(import_dataset(path, "jsonl", report=report)) == [DOCUMENT]
    assert report.entities == {"人物": 1, "公司": 1}
    (renamed,) = import_dataset(path, "jsonl", options=ImportOptions(id_prefix="x-"))
    assert renamed.id == "x-a"


def test_without_a_report_a_fact_that_does_not_fit_raises_rather_than_vanish(write):
    row = {"tokens": ["Ann"], "entities": [{"type": "p", "start": 0, "end": 2}], "relations": []}
    path = write(json.dumps([row]))
    with pytest.raises(AnnotationError, match=r"p tokens.*runs out of the text") as caught:
        list(import_dataset(path, "spert"))
    assert "ImportReport" in caught.value.hint
    assert len(list(import_dataset(path, "spert", report=ImportReport()))) == 1


def test_one_report_takes_several_files(write):
    report = ImportReport()
    for name in ("a", "b"):
        list(import_dataset(write("Ann B-PER\n", name), "columns", report=report))
    assert (report.documents, report.entities) == (2, {"PER": 2})


def test_documents_come_one_by_one(write):
    documents = import_dataset(write("Ann B-PER\n\n" * 300 + "broken\n"), "columns")
    assert next(documents).text == "Ann"


@pytest.mark.parametrize("format", ["columns", "spert", "doccano"])
def test_what_is_exported_is_read_back_with_the_same_mentions(tmp_path, format):
    path = tmp_path / "out"
    report = export_dataset([DOCUMENT], path, format)
    (document,) = import_dataset(path, format)
    assert document.text == DOCUMENT.text
    assert document.entities == DOCUMENT.entities
    assert report.left_out.total == {"columns": 2, "spert": 1, "doccano": 1}[format]


def test_a_format_of_several_files_needs_a_folder(tmp_path):
    with pytest.raises(UsageError, match="'brat' is a folder of files") as caught:
        export_pieces([DOCUMENT], "brat", ExportReport())
    assert "--out" in caught.value.hint
    report = export_dataset([DOCUMENT], tmp_path / "out", "brat")
    (document,) = import_dataset(tmp_path / "out", "brat")
    assert (document.text, document.entities) == (DOCUMENT.text, DOCUMENT.entities)
    assert (report.documents, report.left_out.total) == (1, 0)


def test_the_later_of_two_documents_with_one_id_gets_another(tmp_path):
    path = tmp_path / "d.jsonl"
    write_jsonl([DOCUMENT, DOCUMENT, DOCUMENT], path)
    report = ImportReport()
    documents = import_dataset(path, "jsonl", report=report)
    assert [document.id for document in documents] == ["a", "a#2", "a#3"]
    assert report.repaired.counts == {"two documents have one id; the later got another": 2}


@pytest.mark.parametrize(
    ("own", "given"),
    [
        (["a", "a", "a#2"], ["a", "a#2", "a#2#2"]),
        (["a#2", "a", "a", "a"], ["a#2", "a", "a#3", "a#4"]),
    ],
)
def test_an_id_that_was_made_is_no_document_s_own(tmp_path, own, given):
    path = tmp_path / "d.jsonl"
    write_jsonl([AnnotatedDocument(id=id, text="x") for id in own], path)
    documents = import_dataset(path, "jsonl", report=ImportReport())
    assert [document.id for document in documents] == given


def test_what_is_not_known_cannot_be_exported_and_is_counted(tmp_path):
    report = ExportReport()
    scopes = [Scope(), Scope(event_types=()), Scope(all_mentions=False), Scope(known_pairs=())]
    documents = [AnnotatedDocument(id=str(n), text="x", scope=s) for n, s in enumerate(scopes)]
    export_dataset(documents, tmp_path / "out", "doccano", report=report)
    assert report.changed.counts == {"the format cannot say what is not known": 2}


def test_the_schema_holds_every_type_with_the_ends_and_roles_that_occur():
    assert infer_schema([DOCUMENT], "公司") == Schema(
        name="公司",
        entities=(EntityType(name="人物"), EntityType(name="公司")),
        relations=(RelationType(name="任职", head=("人物",), tail=("公司",)),),
        events=(EventType(name="入职", roles=(Role(name="员工"),)),),
    )


def test_the_schema_does_not_depend_on_the_order_of_documents():
    other = AnnotatedDocument(
        id="b",
        text="Ann",
        entities=(Entity("T0", "A", "Ann", 0, 3),),
        relations=(Relation("任职", "T0", "T0"),),
    )
    schema = infer_schema([DOCUMENT, other])
    assert infer_schema([other, DOCUMENT]) == schema
    assert schema.relations[0].head == ("A", "人物")


def test_no_documents_have_an_empty_schema():
    assert infer_schema([]) == Schema()


def test_a_schema_fills_in_what_a_scope_leaves_open():
    schema = infer_schema([DOCUMENT])
    open_scope = within_schema(DOCUMENT, schema).scope
    assert open_scope.entity_types == ("人物", "公司")
    assert open_scope.relation_types == ("任职",)
    assert open_scope.event_types == ("入职",)
    narrow = AnnotatedDocument(id="b", text="x", scope=Scope(entity_types=(), event_types=("火",)))
    scope = within_schema(narrow, schema).scope
    assert (scope.entity_types, scope.event_types) == ((), ("火",))


@pytest.mark.parametrize(
    ("start", "stop", "found"),
    [(0, None, "abcd"), (1, 3, "bc"), (0, 1, "a"), (3, 99, "d")],
)
def test_a_part_of_a_file_is_read_and_its_faults_alone_are_reported(write, start, stop, found):
    content = "".join(f"{name} I-PER\n\n" for name in "abcd")
    report = ImportReport()
    options = ImportOptions(start=start, stop=stop)
    documents = list(import_dataset(write(content), "columns", report=report, options=options))
    assert "".join(document.text for document in documents) == found
    assert documents[0].id == f"sample.txt-{start}"
    assert report.documents == report.entities.total() == report.repaired.total == len(found)


def test_a_part_beyond_the_end_is_empty_and_said(write):
    with pytest.raises(AnnotationError, match="holds no document") as caught:
        list(import_dataset(write("a O\n"), "columns", options=ImportOptions(start=5)))
    assert "start=" in caught.value.hint
