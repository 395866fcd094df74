import json

import pytest

from lexloom.annotations.document import AnnotatedDocument
from lexloom.annotations.report import ExportReport, ImportReport, Omissions
from lexloom.errors import AnnotationError
from lexloom.records import Argument, Entity, Event, Relation, Span

DOCUMENT = AnnotatedDocument(
    id="a",
    text="李明加入北方公司",
    entities=(Entity("T0", "人物", "李明", 0, 2), Entity("T1", "公司", "北方公司", 4, 8)),
    relations=(Relation("任职", "T0", "T1"),),
    events=(Event("入职", Span("加入", 2, 4), (Argument("人", "李明", 0, 2),)),),
)


def test_omissions_keep_the_first_example_and_the_most_frequent_reason_first():
    omissions = Omissions()
    for reason, example in [("rare", "x"), ("often", "first"), ("often", "second")]:
        omissions.add(reason, example)
    assert omissions.total == 3
    assert omissions.to_list() == [
        {"reason": "often", "count": 2, "example": "first"},
        {"reason": "rare", "count": 1, "example": "x"},
    ]


def test_the_import_report_counts_each_kind_by_type_over_documents():
    report = ImportReport()
    report.add(DOCUMENT)
    report.add(DOCUMENT)
    report.add_unaligned("reversed", "line 3: PER [5, 2)")
    values = json.loads(json.dumps(report.to_dict()))
    assert values["documents"] == 2
    assert values["entities"] == {"人物": 2, "公司": 2}
    assert values["relations"] == {"任职": 2}
    assert values["events"] == {"入职": 2}
    assert values["arguments"] == {"人": 2}
    assert values["unaligned"][0]["example"] == "line 3: PER [5, 2)"


def test_a_strict_report_raises_at_the_first_fact_that_does_not_fit():
    with pytest.raises(AnnotationError, match="line 3: PER: reversed") as caught:
        ImportReport(strict=True).add_unaligned("reversed", "line 3: PER")
    assert "not strict" in caught.value.hint


def test_the_export_report_has_a_json_form():
    report = ExportReport(documents=1, entities=2)
    report.left_out.add("nested", "x")
    assert json.loads(json.dumps(report.to_dict())) == {
        "documents": 1,
        "entities": 2,
        "relations": 0,
        "events": 0,
        "changed": [],
        "left_out": [{"reason": "nested", "count": 1, "example": "x"}],
    }
